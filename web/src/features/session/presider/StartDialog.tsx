import { useTranslation } from "react-i18next";
import { Restored } from "@/app/Restored";
import { useKeptForm } from "@/app/useKeptForm";
import { Button } from "@/primitives/Button";
import { Dialog } from "@/primitives/Dialog";
import { Field } from "@/primitives/Field";
import { Notice } from "@/primitives/Notice";
import { startCommand } from "../model/presider";
import { dutyKey, dutyPoint, dutyStep } from "../model/duties";
import { useSession } from "../hooks/roomContext";
import { at } from "../model/sections";
import { ActButton } from "../parts/ActButton";
import { useAct } from "../parts/useAct";
import css from "./presider.module.css";

interface Props {
  duties: readonly string[];
  isOpen: boolean;
  onClose: () => void;
}

/** Duties still open before the start: those that can be done now, and a reason to start all the same. */
export function StartDialog({ duties, isOpen, onClose }: Props) {
  const { t } = useTranslation("session");
  const room = useSession();
  const form = useKeptForm(`${room.seat.session}/start`, () => ({ reason: "" }));
  const { reason } = form.value;
  const act = useAct();
  const close = () => {
    act.clear();
    onClose();
  };
  const start = async () => {
    if (!(await act.run(startCommand(reason)))) return;
    form.forget();
    close();
  };
  return (
    <Dialog
      title={t("start.title")}
      isOpen={isOpen}
      onClose={close}
      actions={
        <>
          <Button onPress={close}>{t("dialog.back")}</Button>
          <Button kind="primary" isPending={act.pending} onPress={() => void start()}>
            {t(duties.length > 0 ? "start.all_the_same" : "main.start")}
          </Button>
        </>
      }
    >
      {duties.length === 0 ? (
        <Notice tone="good">{t("start.nothing_open")}</Notice>
      ) : (
        <>
          <p>{t("start.open")}</p>
          <ul className={css.duties}>
            {duties.map((duty) => {
              const step = dutyStep(duty);
              return (
                <li key={duty} className={css.duty}>
                  <span>
                    {t(dutyKey(duty), { defaultValue: t("duty.other", { code: duty }), point: at(room.public?.points, dutyPoint(duty))?.name ?? "" })}
                  </span>
                  {step?.now && (
                    <ActButton command={{ do: "record_step", step: step.step, point: step.point, outcome: { result: "done", note: "" } }}>
                      {t("start.done_now")}
                    </ActButton>
                  )}
                </li>
              );
            })}
          </ul>
          <Restored form={form} />
          <Field label={t("start.reason")} hint={t("start.reason_hint")} rows={2} value={reason} onChange={(next) => form.change({ reason: next })} />
        </>
      )}
      {act.refused && <Notice tone="bad">{act.refused}</Notice>}
    </Dialog>
  );
}
