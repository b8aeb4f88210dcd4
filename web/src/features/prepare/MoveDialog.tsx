import { useState } from "react";
import { useTranslation } from "react-i18next";
import { atZone } from "../../i18n/time";
import { Button } from "../../primitives/Button";
import { DateField, TimeField } from "../../primitives/DateTime";
import { Dialog } from "../../primitives/Dialog";
import { Field } from "../../primitives/Field";
import type { SessionAct } from "../../protocol/session";
import { useCommand } from "../../room/context";
import { needsNewStart, needsReason } from "./moves";
import css from "./PreparePage.module.css";
import { RefusalNotice } from "./RefusalNotice";

/** Asks for the reason, and for the new time where the law wants one. */
export function MoveDialog({ act, onClose }: { act: SessionAct; onClose: () => void }) {
  const { t } = useTranslation("office");
  const { run, pending, refusal } = useCommand();
  const [reason, setReason] = useState("");
  const [day, setDay] = useState("");
  const [time, setTime] = useState("08:00");
  const timed = needsNewStart(act);
  const incomplete = (needsReason(act) && reason.trim() === "") || (timed && (day === "" || time === ""));
  const go = async () => {
    const new_start = timed ? atZone(day, time) : null;
    const result = await run({ do: "move_session", act, reason, new_start });
    if (result.done) onClose();
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
      <Field label={t("prepare.reason")} rows={3} value={reason} onChange={setReason} autoFocus />
      {timed && (
        <div className={css.fields}>
          <DateField label={t("prepare.new_start")} value={day} onChange={setDay} />
          <TimeField label={t("create.time")} value={time} onChange={setTime} />
        </div>
      )}
      <RefusalNotice refusal={refusal} />
    </Dialog>
  );
}
