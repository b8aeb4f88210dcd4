import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../primitives/Button";
import { Radios } from "../../primitives/Choice";
import { Dialog } from "../../primitives/Dialog";
import { Field } from "../../primitives/Field";
import { Select } from "../../primitives/Select";
import type { PublicSection } from "../../protocol/section";
import type { SessionStep, StepOutcome } from "../../protocol/session";
import { useCommand } from "../../room/context";
import { RefusalNotice } from "./RefusalNotice";

const WHOLE = "whole";

export function StepDialog({ step, shared, onClose }: { step: SessionStep; shared: PublicSection; onClose: () => void }) {
  const { t } = useTranslation("office");
  const { run, pending, refusal } = useCommand();
  const [result, setResult] = useState<StepOutcome["result"]>("done");
  const [point, setPoint] = useState(WHOLE);
  const [text, setText] = useState("");
  const [decidedBy, setDecidedBy] = useState("");
  const outcome: StepOutcome =
    result === "done" ? { result, note: text } : { result, reason: text, decided_by: decidedBy };
  const incomplete = result === "not_possible" && (text.trim() === "" || decidedBy.trim() === "");
  const record = async () => {
    const answer = await run({ do: "record_step", step, point: point === WHOLE ? null : point, outcome });
    if (answer.done) onClose();
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
      <Radios
        label={t(`terms:step.${step}`)}
        options={[
          { value: "done", label: t("prepare.step_done") },
          { value: "not_possible", label: t("prepare.step_not") },
        ]}
        value={result}
        onChange={setResult}
      />
      <Select
        label={t("prepare.step_point")}
        options={[
          { value: WHOLE, label: t("prepare.whole") },
          ...Object.entries(shared.points).map(([value, { name }]) => ({ value, label: name })),
        ]}
        value={point}
        onChange={setPoint}
      />
      <Field
        label={result === "done" ? t("prepare.step_note") : t("prepare.step_reason")}
        rows={2}
        value={text}
        onChange={setText}
      />
      {result === "not_possible" && <Field label={t("prepare.step_by")} value={decidedBy} onChange={setDecidedBy} />}
      <RefusalNotice refusal={refusal} />
    </Dialog>
  );
}
