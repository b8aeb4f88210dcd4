import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/primitives/Button";
import { Checkbox } from "@/primitives/Choice";
import { Dialog } from "@/primitives/Dialog";
import { Notice } from "@/primitives/Notice";
import { useSession } from "../hooks/roomContext";
import { entries } from "../model/sections";
import { useAct } from "../parts/useAct";

/** A private consultation among chosen points: the others neither see nor hear it, and it is not recorded. */
export function Consultation({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("session");
  const room = useSession();
  const own = room.seat.point;
  const [points, setPoints] = useState<readonly string[]>(own === null ? [] : [own]);
  const act = useAct();
  const toggle = (point: string, on: boolean) => setPoints(on ? [...points, point] : points.filter((one) => one !== point));
  const begin = async () => {
    if (await act.run({ do: "begin_consultation", points: [...points] })) onClose();
  };
  return (
    <Dialog
      title={t("consultation.title")}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{t("dialog.back")}</Button>
          <Button kind="primary" isPending={act.pending} onPress={() => void begin()}>
            {t("consultation.begin")}
          </Button>
        </>
      }
    >
      <p>{t("consultation.explain")}</p>
      {entries(room.public?.points).map(([point, view]) => (
        <Checkbox key={point} label={view.name} isSelected={points.includes(point)} onChange={(on) => toggle(point, on)} />
      ))}
      {act.refused && <Notice tone="bad">{act.refused}</Notice>}
    </Dialog>
  );
}
