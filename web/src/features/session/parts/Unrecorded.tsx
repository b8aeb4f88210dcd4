import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/primitives/Button";
import { useSession } from "../hooks/roomContext";
import { ReasonDialog } from "./ReasonDialog";

/** The recorder has failed and the session paused: presider and note-taker, each here, may agree to go on without it. */
export function Unrecorded() {
  const { t } = useTranslation("session");
  const room = useSession();
  const [asking, setAsking] = useState(false);
  if (room.public?.recording !== "failed") return null;
  return (
    <>
      <Button kind="danger" wide onPress={() => setAsking(true)}>
        {t("tools.unrecorded")}
      </Button>
      <ReasonDialog
        name="unrecorded"
        title={t("tools.unrecorded_title")}
        hint={t("tools.unrecorded_hint")}
        label={t("dialog.reason")}
        confirm={t("tools.unrecorded")}
        danger
        isOpen={asking}
        onClose={() => setAsking(false)}
        command={(reason) => ({ do: "allow_unrecorded", reason })}
      />
    </>
  );
}
