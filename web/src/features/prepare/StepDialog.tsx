import { useTranslation } from "react-i18next";
import { Restored } from "../../app/Restored";
import { useKeptForm } from "../../app/useKeptForm";
import { Button } from "../../primitives/Button";
import { Radios } from "../../primitives/Choice";
import { Dialog } from "../../primitives/Dialog";
import { Field } from "../../primitives/Field";
import { Select } from "../../primitives/Select";
import type { PublicSection } from "../../protocol/section";
import type { SessionStep, StepOutcome } from "../../protocol/session";
import { useCommand, useRoomContext } from "../../room/context";
import { RefusalNotice } from "./RefusalNotice";

const WHOLE = "whole";

interface Evidence {
  result: StepOutcome["result"];
  point: string;
  text: string;
  decidedBy: string;
}

export function StepDialog({ step, shared, onClose }: { step: SessionStep; shared: PublicSection; onClose: () => void }) {
  const { t } = useTranslation("office");
  const { run, pending, refusal } = useCommand();
  const { session } = useRoomContext();
  const form = useKeptForm<Evidence>(`${session}/step/${step}`, () => ({ result: "done", point: WHOLE, text: "", decidedBy: "" }));
  const { result, point, text, decidedBy } = form.value;
  const outcome: StepOutcome =
    result === "done" ? { result, note: text } : { result, reason: text, decided_by: decidedBy };
  const incomplete = result === "not_possible" && (text.trim() === "" || decidedBy.trim() === "");
  const record = async () => {
    const answer = await run({ do: "record_step", step, point: point === WHOLE ? null : point, outcome });
    if (!answer.done) return;
    form.forget();
    onClose();
  };
  return (
    <Dialog
      title={t(`terms:step.${step}`)}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{t("common:act.cancel")}</Button>
          <Button kind="primary" isDisabled={incomplete} isPending={pending} onPress={() => void record()}>
            {t("prepare.record")}
          </Button>
        </>
      }
    >
      <Restored form={form} />
      <Radios
        label={t(`terms:step.${step}`)}
        options={[
          { value: "done", label: t("prepare.step_done") },
          { value: "not_possible", label: t("prepare.step_not") },
        ]}
        value={result}
        onChange={(next) => form.change({ result: next })}
      />
      <Select
        label={t("prepare.step_point")}
        options={[
          { value: WHOLE, label: t("prepare.whole") },
          ...Object.entries(shared.points).map(([value, { name }]) => ({ value, label: name })),
        ]}
        value={point}
        onChange={(next) => form.change({ point: next })}
      />
      <Field
        label={result === "done" ? t("prepare.step_note") : t("prepare.step_reason")}
        rows={2}
        value={text}
        onChange={(next) => form.change({ text: next })}
      />
      {result === "not_possible" && <Field label={t("prepare.step_by")} value={decidedBy} onChange={(next) => form.change({ decidedBy: next })} />}
      <RefusalNotice refusal={refusal} />
    </Dialog>
  );
}
