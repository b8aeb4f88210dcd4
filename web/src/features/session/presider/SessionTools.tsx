import { useState } from "react";
import { useTranslation } from "react-i18next";
import { MoveDialog } from "@/features/prepare/MoveDialog";
import { Button } from "@/primitives/Button";
import { useSession } from "../hooks/roomContext";
import type { Tool } from "../model/presider";
import { interruptCommand, pauseCommand, sessionTools } from "../model/presider";
import { ActButton } from "../parts/ActButton";
import { ReasonDialog } from "../parts/ReasonDialog";
import { Consultation } from "./Consultation";
import { EndSession } from "./EndSession";
import { HandOver } from "./HandOver";
import css from "./presider.module.css";
import { RoomWide } from "./RoomWide";

/** What the presider needs seldom: stopping, consultation, who takes part, hand-over, another day, the end. */
export function SessionTools() {
  const { t } = useTranslation("session");
  const room = useSession();
  const [asked, setAsked] = useState<Tool>();
  const tools = sessionTools(room);
  const close = () => setAsked(undefined);
  return (
    <>
      {tools.length > 0 && (
        <div className={css.tools}>
          {tools.map((tool) => {
            if (tool === "room_wide") return <RoomWide key={tool} />;
            if (tool === "end") return <EndSession key={tool} />;
            if (tool === "end_consultation") {
              return (
                <ActButton key={tool} wide command={{ do: "end_consultation" }}>
                  {t("tools.end_consultation")}
                </ActButton>
              );
            }
            return (
              <Button key={tool} onPress={() => setAsked(tool)}>
                {t(`tools.${tool}`)}
              </Button>
            );
          })}
        </div>
      )}
      <ReasonDialog
        name="pause"
        title={t("tools.pause_title")}
        hint={t("tools.pause_hint")}
        label={t("tools.pause_text")}
        confirm={t("tools.pause")}
        isOpen={asked === "pause"}
        onClose={close}
        command={pauseCommand}
      />
      <ReasonDialog
        name="interrupt"
        title={t("tools.interrupt_title")}
        hint={t("tools.interrupt_hint")}
        label={t("dialog.reason")}
        confirm={t("tools.interrupt_title")}
        isOpen={asked === "interrupt"}
        onClose={close}
        command={interruptCommand}
      />
      {asked === "consultation" && <Consultation onClose={close} />}
      {asked === "hand_over" && <HandOver onClose={close} />}
      {asked === "postpone" && <MoveDialog act="postpone" hint={t("tools.postpone_hint")} onClose={close} />}
    </>
  );
}
