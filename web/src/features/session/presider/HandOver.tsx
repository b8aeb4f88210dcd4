import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/primitives/Button";
import { Radios } from "@/primitives/Choice";
import { Dialog } from "@/primitives/Dialog";
import { Notice } from "@/primitives/Notice";
import { useSession } from "../hooks/roomContext";
import { entries } from "../model/sections";
import { useAct } from "../parts/useAct";

/** Hands the presiding to somebody else of the session. */
export function HandOver({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("session");
  const room = useSession();
  const [to, setTo] = useState<string | null>(null);
  const act = useAct();
  const others = entries(room.staff?.functions).filter(([user, row]) => user !== room.seat.user && !row.functions.includes("presider"));
  const send = async () => {
    if (to !== null && (await act.run({ do: "hand_over_presiding", to }))) onClose();
  };
  return (
    <Dialog
      title={t("hand_over.title")}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{t("dialog.back")}</Button>
          <Button kind="danger" isDisabled={to === null} isPending={act.pending} onPress={() => void send()}>
            {t("hand_over.confirm")}
          </Button>
        </>
      }
    >
      <p>{t("hand_over.explain")}</p>
      <Radios
        label={t("hand_over.to")}
        value={to}
        onChange={setTo}
        options={others.map(([user, row]) => ({
          value: user,
          label: row.connected ? `${row.name}, ${row.title}` : t("hand_over.away", { name: row.name, title: row.title }),
        }))}
      />
      {act.refused && <Notice tone="bad">{act.refused}</Notice>}
    </Dialog>
  );
}
