import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/primitives/Button";
import { Dialog } from "@/primitives/Dialog";
import { Notice } from "@/primitives/Notice";
import { useSession } from "../hooks/roomContext";
import { at, entries } from "../model/sections";
import { ActButton } from "../parts/ActButton";
import { useAct } from "../parts/useAct";
import css from "./presider.module.css";

/** Opens the visits to every point of the session, asked once, and takes it back at one press. */
export function RoomWide() {
  const { t } = useTranslation("session");
  const room = useSession();
  const [asking, setAsking] = useState(false);
  const act = useAct();
  const close = () => {
    act.clear();
    setAsking(false);
  };
  const open = async () => {
    if (await act.run({ do: "set_room_wide", on: true })) close();
  };
  if (room.staff?.room_wide) return <ActButton wide command={{ do: "set_room_wide", on: false }}>{t("room_wide.off")}</ActButton>;
  const restricted = at(room.staff?.visits, room.staff?.running)?.class === "restricted";
  return (
    <>
      <Button wide onPress={() => setAsking(true)}>
        {t("room_wide.on")}
      </Button>
      <Dialog
        title={t("room_wide.title")}
        isOpen={asking}
        onClose={close}
        actions={
          <>
            <Button onPress={close}>{t("dialog.back")}</Button>
            <Button kind="primary" isPending={act.pending} onPress={() => void open()}>
              {t("room_wide.confirm")}
            </Button>
          </>
        }
      >
        <p>{t("room_wide.explain")}</p>
        <ul className={css.bullets}>
          {entries(room.public?.points).map(([point, { name }]) => (
            <li key={point}>{name}</li>
          ))}
        </ul>
        <p>{t("room_wide.told")}</p>
        {restricted && <Notice tone="warn">{t("room_wide.restricted")}</Notice>}
        {act.refused && <Notice tone="bad">{act.refused}</Notice>}
      </Dialog>
    </>
  );
}
