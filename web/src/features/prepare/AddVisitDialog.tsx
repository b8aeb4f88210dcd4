import { useTranslation } from "react-i18next";
import { Restored } from "../../app/Restored";
import { useKeptForm } from "../../app/useKeptForm";
import { Button } from "../../primitives/Button";
import { Dialog } from "../../primitives/Dialog";
import type { PublicSection } from "../../protocol/section";
import { useCommand, useRoomContext } from "../../room/context";
import { isComplete, newVisit, toRegistration } from "../create/draft";
import { VisitFields } from "../create/VisitFields";
import { RefusalNotice } from "./RefusalNotice";

export function AddVisitDialog({ number, shared, onClose }: { number: number; shared: PublicSection; onClose: () => void }) {
  const { t } = useTranslation("office");
  const { run, pending, refusal } = useCommand();
  const { session } = useRoomContext();
  const form = useKeptForm(`${session}/add_visit/persons`, () => newVisit(null));
  const visit = form.value;
  const points = Object.entries(shared.points).map(([id, { name, role }]) => ({ id, name, role }));
  const central = points.find(({ role }) => role === "central")?.id ?? null;
  const components = points.filter(({ role }) => role === "component").map(({ id }) => id);
  const add = async () => {
    const result = await run({ do: "register_visit", registration: toRegistration(visit, number) });
    if (!result.done) return;
    form.forget();
    onClose();
  };
  return (
    <Dialog
      title={t("prepare.add_visit")}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{t("common:act.cancel")}</Button>
          <Button
            kind="primary"
            isPending={pending}
            isDisabled={
              !isComplete(
                visit,
                points.map(({ id }) => id),
              )
            }
            onPress={() => void add()}
          >
            {t("common:act.add")}
          </Button>
        </>
      }
    >
      <Restored form={form} />
      <VisitFields visit={visit} number={number} draft={{ central, components }} points={points} onChange={form.change} />
      <RefusalNotice refusal={refusal} />
    </Dialog>
  );
}
