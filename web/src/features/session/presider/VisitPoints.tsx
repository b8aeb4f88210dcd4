import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/primitives/Button";
import { Dialog } from "@/primitives/Dialog";
import { CheckList } from "@/primitives/Form";
import { Notice } from "@/primitives/Notice";
import type { VisitSection } from "@/protocol/section";
import { useSession } from "../hooks/roomContext";
import { visitPoints } from "../model/agenda";
import { useAct } from "../parts/useAct";

/** Which points see and hear a visit, also while it runs. */
export function VisitPoints({ visit }: { visit: VisitSection }) {
  const { t } = useTranslation("session");
  const room = useSession();
  const [chosen, setChosen] = useState<readonly string[]>();
  const act = useAct();
  const points = visitPoints(room, visit.citizen_point);
  const always = points.filter((one) => one.always).map(({ point }) => point);
  const close = () => {
    act.clear();
    setChosen(undefined);
  };
  const save = async () => {
    const agency_points = (chosen ?? []).filter((point) => !always.includes(point));
    if (await act.run({ do: "set_visit_points", visit: visit.visit, agency_points })) close();
  };
  return (
    <>
      <Button wide onPress={() => setChosen([...always, ...visit.agency_points])}>{t("visit_points.open")}</Button>
      <Dialog
        title={t("visit_points.title", { number: visit.number })}
        isOpen={chosen !== undefined}
        onClose={close}
        actions={
          <>
            <Button onPress={close}>{t("dialog.back")}</Button>
            <Button kind="primary" isPending={act.pending} onPress={() => void save()}>
              {t("visit_points.save")}
            </Button>
          </>
        }
      >
        <p>{t("visit_points.explain")}</p>
        <CheckList
          label={t("visit_points.points")}
          options={points.map(({ point, name, always: disabled }) => ({ value: point, label: name, disabled }))}
          chosen={chosen ?? []}
          onChange={setChosen}
          note={t("visit_points.always")}
        />
        {room.public?.room_wide && <Notice>{t("visit_points.room_wide")}</Notice>}
        {act.refused && <Notice tone="bad">{act.refused}</Notice>}
      </Dialog>
    </>
  );
}
