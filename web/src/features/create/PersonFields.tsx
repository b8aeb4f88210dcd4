import { useTranslation } from "react-i18next";
import { Field } from "../../primitives/Field";
import { Select } from "../../primitives/Select";
import type { IdentityKind, PersonRole } from "../../protocol/people";
import type { PersonDraft } from "./draft";

const PAPERS: (IdentityKind | "none")[] = ["none", "citizen_identity", "identity_certificate", "personal_number", "passport", "other"];

interface Props {
  person: PersonDraft;
  /** What they may be. One that was chosen before it was ruled out stays, so that it is seen and answered for. */
  roles: readonly PersonRole[];
  /** Of the field of the name. */
  label: string;
  onChange: (person: PersonDraft) => void;
}

export function PersonFields({ person, roles, label, onChange }: Props) {
  const { t } = useTranslation("office");
  const set = (part: Partial<PersonDraft>) => onChange({ ...person, ...part });
  const offered = roles.includes(person.role) ? roles : [...roles, person.role];
  return (
    <>
      <Field label={label} value={person.name} onChange={(name) => set({ name })} />
      <Select
        label={t("create.role")}
        options={offered.map((value) => ({ value, label: t(`terms:person_role.${value}`) }))}
        value={person.role}
        onChange={(role) => set({ role })}
        error={roles.includes(person.role) ? undefined : t("create.no_proxy")}
      />
      <Field label={t("create.title_field")} hint={t("create.title_hint")} value={person.title} onChange={(title) => set({ title })} />
      <Field label={t("create.address")} value={person.address} onChange={(address) => set({ address })} />
      <Field label={t("create.phone")} type="tel" value={person.phone} onChange={(phone) => set({ phone })} />
      <Select
        label={t("create.identity_kind")}
        options={PAPERS.map((value) => ({
          value,
          label: value === "none" ? t("create.identity_none") : t(`terms:identity_kind.${value}`),
        }))}
        value={person.identityKind}
        onChange={(identityKind) => set({ identityKind })}
      />
      {person.identityKind !== "none" && (
        <Field label={t("create.identity_number")} value={person.identityNumber} onChange={(identityNumber) => set({ identityNumber })} />
      )}
    </>
  );
}
