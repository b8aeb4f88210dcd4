import { useTranslation } from "react-i18next";
import { Button } from "../../primitives/Button";
import { Radios } from "../../primitives/Choice";
import { Field } from "../../primitives/Field";
import { CheckList, Fields, Note, Wide } from "../../primitives/Form";
import { Select } from "../../primitives/Select";
import type { PetitionKind } from "../../protocol/cases";
import type { Class, IdentityKind } from "../../protocol/people";
import type { Point } from "../../protocol/units";
import css from "./CreatePage.module.css";
import { pointsOf, type SessionDraft, type VisitDraft } from "./draft";

const KINDS: PetitionKind[] = ["feedback_petition", "complaint", "denunciation"];
const CLASSES: Class[] = ["normal", "restricted"];
const SECRECY: ("unasked" | "no" | "yes")[] = ["unasked", "no", "yes"];
const PAPERS: (IdentityKind | "none")[] = [
  "none",
  "citizen_identity",
  "identity_certificate",
  "personal_number",
  "passport",
  "other",
];

interface Props {
  visit: VisitDraft;
  number: number;
  draft: Pick<SessionDraft, "central" | "components">;
  points: readonly Pick<Point, "id" | "name">[];
  onChange: (visit: VisitDraft) => void;
  onRemove?: () => void;
}

export function VisitFields({ visit, number, draft, points, onChange, onRemove }: Props) {
  const { t } = useTranslation("office");
  const set = (part: Partial<VisitDraft>) => onChange({ ...visit, ...part });
  const places = pointsOf(draft).map((id) => ({
    value: id,
    label: points.find((point) => point.id === id)?.name ?? id,
  }));
  const others = places.filter(({ value }) => value !== draft.central && value !== visit.citizenPoint);
  return (
    <article className={css.visit}>
      <div className={css.visitHead}>
        <h3>{t("create.visit", { number })}</h3>
        {onRemove && (
          <Button kind="quiet" onPress={onRemove}>
            {t("create.remove_visit")}
          </Button>
        )}
      </div>
      <Fields>
        <Field label={t("create.citizen")} value={visit.name} onChange={(name) => set({ name })} />
        <Field label={t("create.title_field")} hint={t("create.title_hint")} value={visit.title} onChange={(title) => set({ title })} />
        <Field label={t("create.address")} value={visit.address} onChange={(address) => set({ address })} />
        <Field label={t("create.phone")} type="tel" value={visit.phone} onChange={(phone) => set({ phone })} />
        <Select
          label={t("create.identity_kind")}
          options={PAPERS.map((value) => ({
            value,
            label: value === "none" ? t("create.identity_none") : t(`terms:identity_kind.${value}`),
          }))}
          value={visit.identityKind}
          onChange={(identityKind) => set({ identityKind })}
        />
        {visit.identityKind !== "none" && (
          <Field
            label={t("create.identity_number")}
            value={visit.identityNumber}
            onChange={(identityNumber) => set({ identityNumber })}
          />
        )}
        <Field
          label={t("create.group_size")}
          type="number"
          value={visit.groupSize}
          onChange={(groupSize) => set({ groupSize })}
        />
        <Wide>
          <Radios
            label={t("create.presented_as")}
            options={KINDS.map((value) => ({ value, label: t(`terms:petition.${value}`) }))}
            value={visit.presentedAs}
            onChange={(presentedAs) => set({ presentedAs })}
          />
        </Wide>
        {visit.presentedAs === "denunciation" && (
          <Wide>
            <Radios
              label={t("create.secrecy")}
              options={SECRECY.map((value) => ({ value, label: t(`create.secrecy_${value}`) }))}
              value={visit.secrecyRequested === null ? "unasked" : visit.secrecyRequested ? "yes" : "no"}
              onChange={(answer) => set({ secrecyRequested: answer === "unasked" ? null : answer === "yes" })}
            />
          </Wide>
        )}
        <Wide>
          <Field label={t("create.summary")} rows={2} value={visit.summary} onChange={(summary) => set({ summary })} />
        </Wide>
        <Select
          label={t("create.citizen_point")}
          placeholder={t("create.choose_point")}
          options={places}
          value={places.some(({ value }) => value === visit.citizenPoint) ? visit.citizenPoint : null}
          onChange={(citizenPoint) => set({ citizenPoint })}
        />
        <div>
          <Radios
            label={t("create.class")}
            options={CLASSES.map((value) => ({ value, label: t(`terms:class.${value}`) }))}
            value={visit.class}
            onChange={(level) => set({ class: level })}
          />
          <Note>{t("create.class_hint")}</Note>
        </div>
        <CheckList
          label={t("create.agency_points")}
          options={others}
          chosen={visit.agencyPoints}
          onChange={(agencyPoints) => set({ agencyPoints })}
          note={t("create.always")}
        />
      </Fields>
    </article>
  );
}
