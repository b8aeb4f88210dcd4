import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { SlotVideo } from "@/room/SlotVideo";
import type { Tile } from "../model/stage";
import { linkKey } from "../model/stage";
import { Icon } from "../parts/Icon";
import css from "./Stage.module.css";

interface Props {
  tile: Tile;
  large?: boolean;
  /** Buttons of this tile, for those who lead. */
  actions?: ReactNode;
}

/** One point: its picture or why there is none, and in words what its microphone and hand do. */
export function TileView({ tile, large = false, actions }: Props) {
  const { t } = useTranslation("session");
  const name = tile.paper ? t("stage.papers_of", { name: tile.name }) : tile.name;
  const classes = [css.tile, large ? css.large : "", tile.floor && !tile.paper ? css.floor : "", tile.hand && !tile.paper ? css.raised : ""].join(" ");
  return (
    <article className={classes} aria-label={name} data-testid="tile" data-point={tile.point} data-slot={tile.slot ?? ""}>
      <div className={css.picture}>
        {tile.slot !== null && tile.link !== "lost" ? (
          <SlotVideo slot={tile.slot} label={name} className={tile.paper ? css.papers : css.video} />
        ) : null}
        {(tile.slot === null || tile.link === "lost") && (
          <p className={css.blank}>
            <Icon name={tile.link === "connected" ? "pause" : "link"} size={large ? "2.5rem" : "1.5rem"} />
            {t(tile.link === "connected" ? "stage.no_picture" : linkKey(tile.link))}
          </p>
        )}
      </div>
      <footer className={css.caption}>
        <span className={css.name}>{name}</span>
        {!tile.paper && (
          <span className={css.signs}>
            {tile.line && (
              <span className={css.hand}>
                <Icon name="link" /> {t(`stage.line_${tile.line}`)}
              </span>
            )}
            {tile.hand && (
              <span className={css.hand}>
                <Icon name="hand" /> {t("stage.hand")}
              </span>
            )}
            {tile.floor && (
              <span className={css.speaks}>
                <Icon name="speech" /> {t("stage.floor")}
              </span>
            )}
            <span className={tile.microphone ? css.open : css.shut}>
              <Icon name={tile.microphone ? "microphone" : "muted"} />
              <span className={large ? "" : css.brief}>{t(tile.microphone ? "stage.microphone_open" : "stage.microphone_shut")}</span>
            </span>
          </span>
        )}
        {actions && <span className={css.actions}>{actions}</span>}
      </footer>
    </article>
  );
}
