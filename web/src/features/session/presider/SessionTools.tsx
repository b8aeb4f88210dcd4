import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/primitives/Button";
import { useSession } from "../hooks/roomContext";
import { pauseCommand } from "../model/presider";
import { ActButton } from "../parts/ActButton";
import { ReasonDialog } from "../parts/ReasonDialog";
import { Consultation } from "./Consultation";
import { EndSession } from "./EndSession";
import { HandOver } from "./HandOver";
import css from "./presider.module.css";

type Asked = "pause" | "consultation" | "hand_over";

/** What the presider needs seldom: pause, consultation, hand-over, the end. */
export function SessionTools() {
  const { t } = useTranslation("session");
  const room = useSession();
  const [asked, setAsked] = useState<Asked>();
  const shared = room.public;
  if (shared?.status !== "in_progress") return null;
  // The countdown and its undo stand in the banner.
  if (shared.ends_at !== null) return null;
  const close = () => setAsked(undefined);
  return (
    <div className={css.tools}>
      <Button onPress={() => setAsked("pause")}>{t("tools.pause")}</Button>
      {shared.consultation ? (
        <ActButton command={{ do: "end_consultation" }}>{t("tools.end_consultation")}</ActButton>
      ) : (
        <Button onPress={() => setAsked("consultation")}>{t("tools.consultation")}</Button>
      )}
      <Button onPress={() => setAsked("hand_over")}>{t("tools.hand_over")}</Button>
      <EndSession />
      <ReasonDialog
        title={t("tools.pause_title")}
        hint={t("tools.pause_hint")}
        label={t("tools.pause_text")}
        confirm={t("tools.pause")}
        isOpen={asked === "pause"}
        onClose={close}
        command={pauseCommand}
      />
      {asked === "consultation" && <Consultation onClose={close} />}
      {asked === "hand_over" && <HandOver onClose={close} />}
    </div>
  );
}
