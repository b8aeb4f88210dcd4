import { useTranslation } from "react-i18next";
import { Restored } from "@/app/Restored";
import { useKeptForm } from "@/app/useKeptForm";
import { Button } from "@/primitives/Button";
import { Dialog } from "@/primitives/Dialog";
import { Field } from "@/primitives/Field";
import { Notice } from "@/primitives/Notice";
import type { Command } from "@/protocol/command";
import { useRoomContext } from "@/room/context";
import { useAct } from "./useAct";

interface Props {
  /** Which act of what, so that the words are found again after a reload. */
  name: string;
  title: string;
  /** Why the reason is asked. */
  hint?: string | undefined;
  label: string;
  confirm: string;
  danger?: boolean;
  isOpen: boolean;
  onClose: () => void;
  command: (reason: string) => Command;
}

/** An act with its reason in words. Whether a reason is a duty is answered by the server. */
export function ReasonDialog({ isOpen, ...props }: Props) {
  return isOpen ? <Asked {...props} /> : null;
}

function Asked({ name, title, hint, label, confirm, danger = false, onClose, command }: Omit<Props, "isOpen">) {
  const { t } = useTranslation("session");
  const form = useKeptForm(`${useRoomContext().session}/${name}`, () => ({ reason: "" }));
  const act = useAct();
  const send = async () => {
    if (!(await act.run(command(form.value.reason.trim())))) return;
    form.forget();
    onClose();
  };
  const inField = act.refused !== undefined && (act.field === "reason" || act.field === "text");
  return (
    <Dialog
      title={title}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{t("dialog.back")}</Button>
          <Button kind={danger ? "danger" : "primary"} isPending={act.pending} onPress={() => void send()}>
            {confirm}
          </Button>
        </>
      }
    >
      {hint && <p>{hint}</p>}
      <Restored form={form} />
      <Field label={label} rows={3} value={form.value.reason} onChange={(reason) => form.change({ reason })} autoFocus error={inField ? act.refused : undefined} />
      {act.refused && !inField && <Notice tone="bad">{act.refused}</Notice>}
    </Dialog>
  );
}
