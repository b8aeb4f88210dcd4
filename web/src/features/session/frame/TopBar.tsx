import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { LanguageSwitch } from "@/app/LanguageSwitch";
import { useTimes } from "@/i18n/time";
import { useNow } from "../hooks/useNow";
import { useSession } from "../hooks/roomContext";
import { recordingLine } from "../model/banner";
import type { ScreenKind } from "../model/screen";
import { at } from "../model/sections";
import { Icon } from "../parts/Icon";
import css from "./frame.module.css";

interface Props {
  screens: readonly ScreenKind[];
  screen: ScreenKind;
  onPick: (screen: ScreenKind) => void;
}

/** Session, own place, recorder and clock: always on screen. */
export function TopBar({ screens, screen, onPick }: Props) {
  const { t } = useTranslation("session");
  const room = useSession();
  const place = at(room.public?.points, room.seat.point);
  const forCitizens = screen === "citizen";
  return (
    <header className={css.bar}>
      <div className={css.where}>
        {!forCitizens && (
          <Link to="/" className={css.leave} aria-label={t("bar.leave")}>
            <img src="/icon.svg" alt="" width="32" height="32" />
          </Link>
        )}
        <div className={css.titles}>
          <h1 className={css.title}>{room.public?.title ?? t("bar.joining")}</h1>
          {place && (
            <p className={css.place}>
              {t(place.role === "central" ? "bar.central" : "bar.component")}: {place.name}
            </p>
          )}
        </div>
      </div>
      {screens.length > 1 && (
        <div role="group" aria-label={t("bar.screens")} className={css.screens}>
          {screens.map((kind) => (
            <button key={kind} type="button" className={css.pick} aria-pressed={kind === screen} onClick={() => onPick(kind)}>
              {t(`screen.${kind}`)}
            </button>
          ))}
        </div>
      )}
      <div className={css.facts}>
        {room.public && <span className={css.status}>{t(`terms:session_status.${room.public.status}`)}</span>}
        {room.public && <Recording />}
        <Clock />
        {!forCitizens && <LanguageSwitch />}
      </div>
    </header>
  );
}

function Recording() {
  const { t } = useTranslation("session");
  const room = useSession();
  if (!room.public) return null;
  const line = recordingLine(room.public);
  return (
    <span className={[css.recording, css[line.tone]].join(" ")} role="status" data-testid="recording">
      <Icon name={line.icon} /> {t(line.key)}
    </span>
  );
}

function Clock() {
  const { t } = useTranslation("session");
  const { clock } = useTimes();
  const now = useNow(1000);
  return (
    <time className={css.clock} aria-label={t("bar.clock", { time: clock(now) })} dateTime={new Date(now).toISOString()}>
      {clock(now)}
    </time>
  );
}
