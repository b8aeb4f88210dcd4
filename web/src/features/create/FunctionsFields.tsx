import { useTranslation } from "react-i18next";
import { Button } from "../../primitives/Button";
import { Section } from "../../primitives/Form";
import { Select } from "../../primitives/Select";
import type { Directory } from "../../protocol/rest";
import css from "./CreatePage.module.css";
import { FUNCTIONS, newFunction, pointsOf, type FunctionDraft, type SessionDraft } from "./draft";

interface Props {
  draft: SessionDraft;
  directory: Directory;
  onChange: (part: Partial<SessionDraft>) => void;
}

export function FunctionsFields({ draft, directory, onChange }: Props) {
  const { t } = useTranslation("office");
  const set = (next: FunctionDraft) =>
    onChange({ functions: draft.functions.map((one) => (one.key === next.key ? next : one)) });
  const users = directory.users
    .filter(({ disabled }) => !disabled)
    .map(({ id, name, title }) => ({ value: id, label: title === "" ? name : `${name}, ${title}` }));
  const points = pointsOf(draft).map((id) => ({
    value: id,
    label: directory.points.find((point) => point.id === id)?.name ?? id,
  }));
  return (
    <Section title={t("create.people")}>
      {draft.functions.map((one) => (
        <div key={one.key} className={css.row}>
          <Select
            label={t("create.function")}
            options={FUNCTIONS.map((value) => ({ value, label: t(`terms:function.${value}`) }))}
            value={one.function}
            onChange={(of) => set({ ...one, function: of })}
          />
          <Select
            label={t("create.user")}
            placeholder={t("create.choose_user")}
            options={users}
            value={one.user}
            onChange={(user) => set({ ...one, user })}
          />
          <Select
            label={t("create.at")}
            placeholder={t("create.choose_point")}
            options={points}
            value={points.some(({ value }) => value === one.point) ? one.point : null}
            onChange={(point) => set({ ...one, point })}
          />
          <Button
            kind="quiet"
            onPress={() => onChange({ functions: draft.functions.filter(({ key }) => key !== one.key) })}
          >
            {t("create.remove_person")}
          </Button>
        </div>
      ))}
      <div>
        <Button onPress={() => onChange({ functions: [...draft.functions, newFunction("point_officer")] })}>
          {t("create.add_person")}
        </Button>
      </div>
    </Section>
  );
}
