import { useTranslation } from "react-i18next";
import { Restored } from "../../app/Restored";
import { useKeptForm } from "../../app/useKeptForm";
import { atZone } from "../../i18n/time";
import { Button } from "../../primitives/Button";
import { DateField, TimeField } from "../../primitives/DateTime";
import { Dialog } from "../../primitives/Dialog";
import { Field } from "../../primitives/Field";
import { Fields, Note } from "../../primitives/Form";
import type { SessionAct } from "../../protocol/session";
import { useCommand, useRoomContext } from "../../room/context";
import { needsNewStart, needsReason } from "./moves";
import { RefusalNotice } from "./RefusalNotice";

/** Asks for the reason, and for the new time where the law wants one. */
export function MoveDialog({ act, hint, onClose }: { act: SessionAct; hint?: string; onClose: () => void }) {
  const { t } = useTranslation("office");
  const { run, pending, refusal } = useCommand();
  const { session } = useRoomContext();
  const form = useKeptForm(`${session}/${act}`, () => ({ reason: "", day: "", time: "08:00" }));
  const { reason, day, time } = form.value;
  const timed = needsNewStart(act);
  const incomplete = (needsReason(act) && reason.trim() === "") || (timed && (day === "" || time === ""));
  const go = async () => {
    const new_start = timed ? atZone(day, time) : null;
    const result = await run({ do: "move_session", act, reason, new_start });
    if (!result.done) return;
    form.forget();
    onClose();
  };
  return (
    <Dialog
      title={t(`prepare.act.${act}`)}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{t("common:act.cancel")}</Button>
          <Button
            kind={act === "cancel" ? "danger" : "primary"}
            isDisabled={incomplete}
            isPending={pending}
            onPress={() => void go()}
          >
            {t(`prepare.act.${act}`)}
          </Button>
        </>
      }
    >
      {hint && <p>{hint}</p>}
      <Restored form={form} />
      <Field label={t("prepare.reason")} rows={3} value={reason} onChange={(next) => form.change({ reason: next })} autoFocus />
      {timed && (
        <Fields>
          <DateField label={t("prepare.new_start")} value={day} onChange={(next) => form.change({ day: next })} />
          <TimeField label={t("create.time")} value={time} onChange={(next) => form.change({ time: next })} />
        </Fields>
      )}
      {incomplete && <Note>{t(timed ? "prepare.needs_new_start" : "prepare.needs_reason")}</Note>}
      <RefusalNotice refusal={refusal} />
    </Dialog>
  );
}
