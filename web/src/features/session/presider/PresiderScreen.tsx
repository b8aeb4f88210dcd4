import { useState } from "react";
import { useLocalSources } from "@/room/useLocalSources";
import { Columns } from "../frame/Columns";
import { Microphone } from "../parts/Microphone";
import { Trouble } from "../parts/Trouble";
import { Unrecorded } from "../parts/Unrecorded";
import { Stage } from "../stage/Stage";
import { Agenda } from "./Agenda";
import { ClosingCard } from "./ClosingCard";
import { FloorButton } from "./FloorButton";
import { MainButton } from "./MainButton";
import { SessionTools } from "./SessionTools";
import { VisitCard } from "./VisitCard";
import css from "./presider.module.css";

/** Who leads sees the people, one card and one button. */
export function PresiderScreen() {
  const sources = useLocalSources();
  const [concluding, setConcluding] = useState<string>();
  return (
    <>
      <Columns
        stage={
          <Stage
            showWaiting
            actions={(tile) => !tile.paper && !tile.own && <FloorButton point={tile.point} hasFloor={tile.floor} raised={tile.hand} />}
          />
        }
      >
        <Trouble sources={sources} />
        <VisitCard />
        <div className={css.main}>
          <MainButton onConclude={setConcluding} />
        </div>
        <Microphone />
        <Unrecorded />
        <SessionTools />
        <Agenda leads />
      </Columns>
      {concluding !== undefined && <ClosingCard visit={concluding} onClose={() => setConcluding(undefined)} />}
    </>
  );
}
