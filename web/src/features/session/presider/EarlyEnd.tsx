import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Restored } from "@/app/Restored";
import { useKeptForm } from "@/app/useKeptForm";
import { Button } from "@/primitives/Button";
import { Radios } from "@/primitives/Choice";
import { Dialog } from "@/primitives/Dialog";
import { Field } from "@/primitives/Field";
import { Notice } from "@/primitives/Notice";
import { useSession } from "../hooks/roomContext";
import { EARLY_ENDS, moveVisit } from "../model/presider";
import { useAct } from "../parts/useAct";

type End = (typeof EARLY_ENDS)[number];

/** Ends a visit before it was heard, by a named reason; each has its own paper. */
export function EarlyEnd({ visit, number, quiet = false }: { visit: string; number: number; quiet?: boolean }) {
  const { t } = useTranslation("session");
  const [open, setOpen] = useState(false);
  const form = useKeptForm<{ end: End; reason: string }>(`${useSession().seat.session}/early_end/${visit}`, () => ({ end: "postpone", reason: "" }));
  const { end, reason } = form.value;
  const act = useAct();
  const close = () => {
    act.clear();
    setOpen(false);
  };
  const send = async () => {
    if (!(await act.run(moveVisit(visit, end, reason.trim())))) return;
    form.forget();
    close();
  };
  return (
    <>
      <Button kind={quiet ? "quiet" : "secondary"} aria-label={t("visit.end_early_title", { number })} onPress={() => setOpen(true)}>
        {t("visit.end_early")}
      </Button>
      <Dialog
        title={t("visit.end_early_title", { number })}
        isOpen={open}
        onClose={close}
        actions={
          <>
            <Button onPress={close}>{t("dialog.back")}</Button>
            <Button kind="danger" isPending={act.pending} onPress={() => void send()}>
              {t("visit.end_early_confirm")}
            </Button>
          </>
        }
      >
        <Restored form={form} />
        <Radios
          label={t("visit.end_early_how")}
          value={end}
          onChange={(next) => form.change({ end: next })}
          options={EARLY_ENDS.map((value) => ({ value, label: t(`early_end.${value}`) }))}
        />
        <Field label={t("dialog.reason")} rows={3} value={reason} onChange={(next) => form.change({ reason: next })} />
        {act.refused && <Notice tone="bad">{act.refused}</Notice>}
      </Dialog>
    </>
  );
}
