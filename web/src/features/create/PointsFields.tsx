import { useTranslation } from "react-i18next";
import { CheckList, Section } from "../../primitives/Form";
import { Select } from "../../primitives/Select";
import type { Point } from "../../protocol/units";
import type { SessionDraft } from "./draft";

interface Props {
  draft: SessionDraft;
  points: readonly Point[];
  onChange: (part: Partial<SessionDraft>) => void;
}

export function PointsFields({ draft, points, onChange }: Props) {
  const { t } = useTranslation("office");
  const options = points
    .filter(({ valid_to }) => valid_to === null || valid_to >= draft.day)
    .map(({ id, name, address }) => ({ value: id, label: address === "" ? name : `${name}, ${address}` }));
  return (
    <Section title={t("create.points")}>
      <Select
        label={t("create.central")}
        placeholder={t("create.choose_point")}
        options={options}
        value={draft.central}
        onChange={(central) => onChange({ central, components: draft.components.filter((one) => one !== central) })}
      />
      <CheckList
        label={t("create.components")}
        options={options.filter(({ value }) => value !== draft.central)}
        chosen={draft.components}
        onChange={(components) => onChange({ components })}
      />
    </Section>
  );
}
