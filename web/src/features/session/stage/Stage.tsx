import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../hooks/roomContext";
import { secondMain } from "../model/secondMain";
import type { Tile } from "../model/stage";
import { stageOf } from "../model/stage";
import { OwnPicture } from "./OwnPicture";
import css from "./Stage.module.css";
import { TileView } from "./TileView";
import { WaitingPicture } from "./WaitingPicture";

interface Props {
  actions?: (tile: Tile) => ReactNode;
  /** Points without a picture keep a small place, for those who lead. */
  showWaiting?: boolean;
  own?: boolean;
}

/** The large picture, the small ones and the papers, as the server feeds them. */
export function Stage({ actions, showWaiting = false, own = true }: Props) {
  const { t } = useTranslation("session");
  const room = useSession();
  const stage = stageOf(room);
  const waiting = showWaiting ? stage.waiting.filter((tile) => !tile.own) : [];
  const small = [...stage.papers, ...stage.small, ...waiting].filter((tile) => tile.key !== stage.large?.key);
  return (
    <section className={css.stage} aria-label={t("stage.label")}>
      <div className={css.main}>
        {stage.large ? <TileView tile={stage.large} large actions={actions?.(stage.large)} /> : <WaitingPicture />}
        {own && room.seat.device === "main" && secondMain(room) === undefined && <OwnPicture />}
      </div>
      {small.length > 0 && (
        <ul className={css.small}>
          {small.map((tile) => (
            <li key={tile.key}>
              <TileView tile={tile} actions={actions?.(tile)} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
