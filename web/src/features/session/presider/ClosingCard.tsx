import { useRef, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Restored } from "@/app/Restored";
import { useKeptForm } from "@/app/useKeptForm";
import { directoryQuery } from "@/api/queries";
import { Button } from "@/primitives/Button";
import { Radios } from "@/primitives/Choice";
import { DateField } from "@/primitives/DateTime";
import { Dialog } from "@/primitives/Dialog";
import { Field } from "@/primitives/Field";
import { Notice } from "@/primitives/Notice";
import { Select } from "@/primitives/Select";
import { useSession } from "../hooks/roomContext";
import type { CardDraft, CardField } from "../model/closing";
import { cardFrom, draftOf, emptyCard, fieldOf } from "../model/closing";
import { useAct } from "../parts/useAct";
import { useFocusInvalid } from "../parts/useFocusInvalid";
import css from "./presider.module.css";

/** The closing card of a visit (D154 Điều 25): presider or note-taker fills it, nothing is sent by half. */
export function ClosingCard({ visit, onClose }: { visit: string; onClose: () => void }) {
  const { t } = useTranslation("session");
  const room = useSession();
  const { data: directory } = useQuery(directoryQuery);
  const filled = room.visits[visit]?.card;
  const kept = useKeptForm<CardDraft>(`${room.seat.session}/closing/${visit}`, () => (filled ? draftOf(filled) : emptyCard("", "")));
  const draft = kept.value;
  const [missing, setMissing] = useState<CardField>();
  const act = useAct();
  const form = useRef<HTMLDivElement>(null);
  useFocusInvalid(form, missing ?? act.refused);
  const refusedField = fieldOf(act.field);
  const change = (next: Partial<CardDraft>) => {
    kept.change(next);
    setMissing(undefined);
  };
  const error = (field: CardField): string | undefined => {
    if (missing === field) return t("closing.missing");
    return refusedField === field ? act.refused : undefined;
  };
  const send = async () => {
    const built = cardFrom(draft);
    if ("missing" in built) setMissing(built.missing);
    else if (await act.run({ do: "close_hearing", visit, card: built.card })) {
      kept.forget();
      onClose();
    }
  };
  const units = directory?.units.filter((unit) => unit.valid_to === null) ?? [];
  return (
    <Dialog
      title={t("closing.title", { number: room.visits[visit]?.number ?? "" })}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{t("closing.back")}</Button>
          <Button kind="primary" isPending={act.pending} onPress={() => void send()}>
            {t("closing.send")}
          </Button>
        </>
      }
    >
      <div ref={form} className={css.form}>
        <Restored form={kept} />
        <Radios
          label={t("closing.answer")}
          value={draft.answer}
          onChange={(answer) => change({ answer })}
          options={[
            { value: "now", label: t("closing.answer_now") },
            { value: "later", label: t("closing.answer_later") },
          ]}
        />
        {draft.answer === "later" && (
          <div className={css.pair}>
            <DateField label={t("closing.due")} value={draft.due} onChange={(due) => change({ due })} error={error("answer.due")} />
            <Field label={t("closing.contact")} hint={t("closing.contact_hint")} value={draft.contact} onChange={(contact) => change({ contact })} error={error("answer.contact")} />
          </div>
        )}
        <Field
          label={t(draft.answer === "now" ? "closing.text_now" : "closing.text_later")}
          rows={2}
          value={draft.text}
          onChange={(text) => change({ text })}
          error={error("answer.text")}
        />
        <Select
          label={t("closing.unit")}
          placeholder={t("closing.unit_pick")}
          value={draft.unit === "" ? null : draft.unit}
          onChange={(unit) => change({ unit, unitName: units.find((one) => one.id === unit)?.name ?? "" })}
          options={units.map((unit) => ({ value: unit.id, label: unit.name }))}
          error={error("unit_name")}
        />
        <Field label={t("closing.conclusion")} rows={2} value={draft.conclusion} onChange={(conclusion) => change({ conclusion })} error={error("conclusion")} />
        <Field
          label={t("closing.citizen_opinion")}
          rows={2}
          value={draft.citizenOpinion}
          onChange={(citizenOpinion) => change({ citizenOpinion })}
          error={error("citizen_opinion")}
        />
        {act.refused && refusedField === null && <Notice tone="bad">{act.refused}</Notice>}
      </div>
    </Dialog>
  );
}
