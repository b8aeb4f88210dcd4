import { useTranslation } from "react-i18next";
import { Radios } from "../../primitives/Choice";
import { DateField, TimeField } from "../../primitives/DateTime";
import { Field } from "../../primitives/Field";
import { CheckList, Fields, Section, Wide } from "../../primitives/Form";
import { Select } from "../../primitives/Select";
import type { EligibilityGround, ReceptionKind } from "../../protocol/session";
import type { Unit } from "../../protocol/units";
import type { SessionDraft } from "./draft";

const KINDS: ReceptionKind[] = ["regular", "periodic", "ad_hoc"];
const GROUNDS: EligibilityGround[] = ["complex", "remote_or_weak", "emergency", "complex_denunciation", "other_need"];

interface Props {
  draft: SessionDraft;
  units: readonly Unit[];
  onChange: (part: Partial<SessionDraft>) => void;
}

export function SessionFields({ draft, units, onChange }: Props) {
  const { t } = useTranslation("office");
  const alive = units.filter(({ valid_to }) => valid_to === null || valid_to >= draft.day);
  return (
    <Section title={t("create.what")}>
      <Fields>
        <Select
          label={t("create.unit")}
          placeholder={t("create.unit_choose")}
          options={alive.map(({ id, name }) => ({ value: id, label: name }))}
          value={draft.unit}
          onChange={(unit) => onChange({ unit })}
        />
        <Field label={t("create.name")} hint={t("create.name_hint")} value={draft.title} onChange={(title) => onChange({ title })} />
        <DateField label={t("create.day")} value={draft.day} onChange={(day) => onChange({ day })} />
        <TimeField label={t("create.time")} value={draft.time} onChange={(time) => onChange({ time })} />
        <Wide>
          <Radios
            label={t("create.kind")}
            options={KINDS.map((value) => ({ value, label: t(`terms:reception_kind.${value}`) }))}
            value={draft.kind}
            onChange={(kind) => onChange({ kind })}
          />
        </Wide>
        <Wide>
          <CheckList
            label={t("create.grounds")}
            options={GROUNDS.map((value) => ({
              value,
              label: `${t(`terms:ground.${value}`)} (${t(`terms:article.${value}`)})`,
            }))}
            chosen={draft.grounds}
            onChange={(grounds) => onChange({ grounds })}
          />
        </Wide>
      </Fields>
    </Section>
  );
}
