import { useTranslation } from "react-i18next";
import { Restored } from "@/app/Restored";
import { useKeptForm } from "@/app/useKeptForm";
import { Button } from "@/primitives/Button";
import { Dialog } from "@/primitives/Dialog";
import { Field } from "@/primitives/Field";
import { Notice } from "@/primitives/Notice";
import { Select } from "@/primitives/Select";
import type { PersonRole } from "@/protocol/people";
import type { PointSection } from "@/protocol/section";
import { useSession } from "../hooks/roomContext";
import { nameOf } from "../model/names";
import { freeSeat, namedRow, personFrom, seatNew } from "../model/roster";
import { at } from "../model/sections";
import { useAct } from "../parts/useAct";

const ROLES: readonly PersonRole[] = ["officer", "citizen", "representative", "authorised_person", "interpreter", "lawyer", "legal_aid_officer", "witness"];

interface Props {
  point: PointSection;
  substituteFor: string | null;
  onClose: () => void;
}

/** Somebody who was not on the list: seated at once, or expected later; or a substitute for one who does not come. */
export function AddPerson({ point, substituteFor, onClose }: Props) {
  const { t } = useTranslation("session");
  const kept = useKeptForm<{ name: string; title: string; role: PersonRole }>(
    `${useSession().seat.session}/add_person/${point.point}/${substituteFor ?? ""}`,
    () => ({ name: "", title: "", role: substituteFor === null ? "citizen" : "officer" }),
  );
  const act = useAct();
  const form = { ...kept.value, substituteFor };
  const done = () => {
    kept.forget();
    onClose();
  };
  const absent = substituteFor === null ? undefined : nameOf(t, namedRow(at(point.roster, substituteFor)));
  const seat = async () => {
    if (await act.run(seatNew(point.point, form, crypto.randomUUID(), freeSeat(point)))) done();
  };
  const expect = async () => {
    if (await act.run({ do: "expect_person", point: point.point, person: personFrom(form, crypto.randomUUID()) })) done();
  };
  return (
    <Dialog
      title={absent === undefined ? t("roster.add_title") : t("roster.substitute_title", { name: absent })}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{t("dialog.back")}</Button>
          {substituteFor === null && (
            <Button isPending={act.pending} onPress={() => void expect()}>
              {t("roster.expect")}
            </Button>
          )}
          <Button kind="primary" isPending={act.pending} onPress={() => void seat()}>
            {t("roster.seat")}
          </Button>
        </>
      }
    >
      <Restored form={kept} />
      <Field label={t("roster.name")} value={form.name} onChange={(name) => kept.change({ name })} autoFocus autoComplete="off" />
      <Select label={t("roster.role")} value={form.role} onChange={(role) => kept.change({ role })} options={ROLES.map((value) => ({ value, label: t(`terms:person_role.${value}`) }))} />
      <Field label={t("roster.person_title")} value={form.title} onChange={(title) => kept.change({ title })} autoComplete="off" />
      {act.refused && <Notice tone="bad">{act.refused}</Notice>}
    </Dialog>
  );
}
