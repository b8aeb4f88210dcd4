import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Notice } from "@/primitives/Notice";
import { useSession } from "../hooks/roomContext";
import { BLOCKS, textIsOpen, visitsToWrite } from "../model/minutes";
import { FileList } from "../parts/FileList";
import { Panel } from "../parts/Panel";
import { Unrecorded } from "../parts/Unrecorded";
import { Agenda } from "../presider/Agenda";
import { Roster } from "../point/Roster";
import { Stage } from "../stage/Stage";
import { BlockField } from "./BlockField";
import { ClosingList } from "./ClosingList";
import css from "./minutes.module.css";
import { PaperPanel } from "./PaperPanel";
import { Timeline } from "./Timeline";
import { useBlockWriters } from "./useBlockWriters";
import { VisitPicker } from "./VisitPicker";

/** Small picture, large text, and beside it what happened when. */
export function NoteTakerScreen() {
  const { t } = useTranslation("session");
  const room = useSession();
  const writerOf = useBlockWriters();
  const visits = visitsToWrite(room);
  const [picked, setPicked] = useState<string>();
  const [visit, row] = visits.find(([id]) => id === picked) ?? visits[0] ?? [];
  const closed = row !== undefined && !textIsOpen(row.status);
  const section = visit === undefined ? undefined : room.visits[visit];
  return (
    <div className={css.screen}>
      <div className={css.side}>
        {room.slots.some((slot) => slot.picture !== null) && (
          <div className={css.picture}>
            <Stage own={false} />
          </div>
        )}
        <Unrecorded />
        {visit !== undefined && <PaperPanel key={visit} visit={visit} />}
        {section && section.files.length > 0 && (
          <Panel title={t("documents.title")}>
            <FileList files={section.files} />
          </Panel>
        )}
        {visit !== undefined && <Timeline visit={visit} />}
        {room.point && <Roster />}
        <ClosingList onPick={setPicked} />
        <Agenda />
      </div>
      <section className={css.paper} aria-label={t("minutes.title")}>
        <VisitPicker visits={visits} visit={visit} onPick={setPicked} />
        {visit === undefined ? (
          <p className={css.empty}>{t("minutes.none")}</p>
        ) : (
          <>
            {closed && <Notice>{t("block.closed")}</Notice>}
            {BLOCKS.map((kind) => (
              <BlockField
                key={`${visit}/${kind}`}
                visit={visit}
                kind={kind}
                writerOf={writerOf}
                closed={closed}
                // The page turns to another visit by an act of its writer alone, not because the next one is called.
                onWrite={() => setPicked(visit)}
              />
            ))}
          </>
        )}
      </section>
    </div>
  );
}
