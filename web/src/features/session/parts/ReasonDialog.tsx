import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/primitives/Button";
import { Dialog } from "@/primitives/Dialog";
import { Field } from "@/primitives/Field";
import { Notice } from "@/primitives/Notice";
import type { Command } from "@/protocol/command";
import { useAct } from "./useAct";

interface Props {
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
export function ReasonDialog({ title, hint, label, confirm, danger = false, isOpen, onClose, command }: Props) {
  const { t } = useTranslation("session");
  const [reason, setReason] = useState("");
  const act = useAct();
  const close = () => {
    act.clear();
    setReason("");
    onClose();
  };
  const send = async () => {
    if (await act.run(command(reason.trim()))) close();
  };
  const inField = act.refused !== undefined && (act.field === "reason" || act.field === "text");
  return (
    <Dialog
      title={title}
      isOpen={isOpen}
      onClose={close}
      actions={
        <>
          <Button onPress={close}>{t("dialog.back")}</Button>
          <Button kind={danger ? "danger" : "primary"} isPending={act.pending} onPress={() => void send()}>
            {confirm}
          </Button>
        </>
      }
    >
      {hint && <p>{hint}</p>}
      <Field label={label} rows={3} value={reason} onChange={setReason} autoFocus error={inField ? act.refused : undefined} />
      {act.refused && !inField && <Notice tone="bad">{act.refused}</Notice>}
    </Dialog>
  );
}
