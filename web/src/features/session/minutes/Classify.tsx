import { useTranslation } from "react-i18next";
import { Restored } from "@/app/Restored";
import { useKeptForm } from "@/app/useKeptForm";
import { Button } from "@/primitives/Button";
import { Dialog } from "@/primitives/Dialog";
import { Field } from "@/primitives/Field";
import { Notice } from "@/primitives/Notice";
import { Select } from "@/primitives/Select";
import type { Petition } from "@/protocol/cases";
import type { VisitSection } from "@/protocol/section";
import { useSession } from "../hooks/roomContext";
import { edited, hasAddressee, newPetition, OUTCOMES, PETITION_KINDS } from "../model/petitions";
import { useAct } from "../parts/useAct";
import css from "./minutes.module.css";

/** Classification by content: one petition for each content, each with its outcome. */
export function Classify({ section, onClose }: { section: VisitSection; onClose: () => void }) {
  const { t } = useTranslation("session");
  const form = useKeptForm<{ list: readonly Petition[] }>(`${useSession().seat.session}/classify/${section.visit}`, () => ({
    list: section.petitions.length > 0 ? section.petitions : [newPetition(crypto.randomUUID(), section)],
  }));
  const { list } = form.value;
  const setList = (next: readonly Petition[]) => form.change({ list: next });
  const act = useAct();
  const send = async () => {
    if (!(await act.run({ do: "classify", visit: section.visit, petitions: [...list] }))) return;
    form.forget();
    onClose();
  };
  return (
    <Dialog
      title={t("classify.title", { number: section.number })}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{t("dialog.back")}</Button>
          <Button kind="primary" isPending={act.pending} onPress={() => void send()}>
            {t("classify.send")}
          </Button>
        </>
      }
    >
      <p>{t("classify.explain")}</p>
      <Restored form={form} />
      {list.map((petition, index) => (
        <fieldset key={petition.id} className={css.petition}>
          <legend>{t("classify.petition", { number: index + 1 })}</legend>
          <OnePetition petition={petition} onChange={(change) => setList(edited(list, petition.id, change))} />
          {list.length > 1 && <Button onPress={() => setList(list.filter((one) => one.id !== petition.id))}>{t("classify.remove")}</Button>}
        </fieldset>
      ))}
      <Button onPress={() => setList([...list, { ...newPetition(crypto.randomUUID(), section), content: "" }])}>{t("classify.add")}</Button>
      {act.refused && <Notice tone="bad">{act.refused}</Notice>}
    </Dialog>
  );
}

function OnePetition({ petition, onChange }: { petition: Petition; onChange: (change: Partial<Petition>) => void }) {
  const { t } = useTranslation("session");
  return (
    <>
      <Select
        label={t("classify.kind")}
        value={petition.kind}
        onChange={(kind) => onChange({ kind })}
        options={PETITION_KINDS.map((value) => ({ value, label: t(`terms:petition.${value}`) }))}
      />
      <Field label={t("classify.content")} rows={2} value={petition.content} onChange={(content) => onChange({ content })} />
      <Field label={t("classify.request")} rows={2} value={petition.request} onChange={(request) => onChange({ request })} />
      <Select
        label={t("classify.outcome")}
        value={petition.outcome}
        onChange={(outcome) => onChange({ outcome })}
        options={OUTCOMES.map((value) => ({ value, label: t(`terms:outcome.${value}`) }))}
      />
      {hasAddressee(petition.outcome) && (
        <Field label={t("classify.addressee")} value={petition.addressee} onChange={(addressee) => onChange({ addressee })} />
      )}
    </>
  );
}
