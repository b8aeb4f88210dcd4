import { useTranslation } from "react-i18next";
import { Button } from "../../primitives/Button";
import { Radios } from "../../primitives/Choice";
import { Field } from "../../primitives/Field";
import { CheckList, Fields, Note, Wide } from "../../primitives/Form";
import { Select } from "../../primitives/Select";
import type { PetitionKind } from "../../protocol/cases";
import type { Class, PersonRole } from "../../protocol/people";
import type { Point } from "../../protocol/units";
import css from "./CreatePage.module.css";
import { newPerson, pointsOf, RECEIVED, ROLES, type PersonDraft, type SessionDraft, type VisitDraft } from "./draft";
import { PersonFields } from "./PersonFields";

const KINDS: PetitionKind[] = ["feedback_petition", "complaint", "denunciation"];
const CLASSES: Class[] = ["normal", "restricted"];
const SECRECY: ("unasked" | "no" | "yes")[] = ["unasked", "no", "yes"];
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
  const allowed = (roles: readonly PersonRole[]) => roles.filter((role) => role !== "authorised_person" || visit.presentedAs !== "denunciation");
  const received = allowed(RECEIVED);
  const setOther = (next: PersonDraft) => set({ others: visit.others.map((one) => (one.id === next.id ? next : one)) });
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
        <PersonFields person={visit.main} roles={received} label={t("create.citizen")} onChange={(main) => set({ main })} />
        <Field
          label={t("create.group_size")}
          type="number"
          value={visit.groupSize}
          onChange={(groupSize) => set({ groupSize })}
        />
        <Wide>
          <Note>{t("create.group_hint")}</Note>
        </Wide>
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
      {visit.others.map((person, index) => (
        <section key={person.id} className={css.other} aria-label={t("create.other", { number: index + 2 })}>
          <div className={css.visitHead}>
            <h4>{t("create.other", { number: index + 2 })}</h4>
            <Button kind="quiet" onPress={() => set({ others: visit.others.filter(({ id }) => id !== person.id) })}>
              {t("create.remove_other")}
            </Button>
          </div>
          <Fields>
            <PersonFields person={person} roles={allowed(ROLES)} label={t("create.other_name")} onChange={setOther} />
          </Fields>
        </section>
      ))}
      <div>
        <Button onPress={() => set({ others: [...visit.others, newPerson("representative")] })}>{t("create.add_other")}</Button>
      </div>
    </article>
  );
}
