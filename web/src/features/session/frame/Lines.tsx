import { useTranslation } from "react-i18next";
import { useTimes } from "@/i18n/time";
import type { RoomStatus } from "@/live/room";
import { useNow } from "../hooks/useNow";
import { useSession } from "../hooks/roomContext";
import type { Line, WireState } from "../model/banner";
import type { ScreenKind } from "../model/screen";
import { alarmLines, bannerLines, ownLine, shownAlarms } from "../model/banner";
import { Icon } from "../parts/Icon";
import css from "./frame.module.css";

const WIRE: Record<RoomStatus, WireState> = { joining: "connecting", live: "open", reconnecting: "lost", ended: "open" };

/** What concerns the whole session now. Read out when a line appears, not at every second of a countdown. */
export function Lines({ status, screen }: { status: RoomStatus; screen: ScreenKind }) {
  const { t } = useTranslation("session");
  const { clock, longDay } = useTimes();
  const room = useSession();
  const forCitizens = screen === "citizen";
  const now = useNow(1000, room.public?.ends_at != null);
  const alarms = shownAlarms(alarmLines(room.staff?.alarms ?? room.devices?.alarms, room.public), screen === "technician");
  const line = forCitizens ? [] : ownLine(room.public, room.seat.point);
  const lines = [...alarms, ...bannerLines(room.public, WIRE[status], now), ...line];
  const said = (line: Line) => {
    const key = forCitizens && line.id === "room_wide" ? "citizen.room_wide" : line.key;
    const at = line.at === undefined ? {} : { clock: clock(line.at), day: longDay(line.at) };
    const terms = Object.fromEntries(Object.entries(line.terms ?? {}).map(([name, term]) => [name, t(term)]));
    return t(key, { ...line.params, ...terms, ...at });
  };
  return (
    <>
      {lines.map((line) => (
        <p key={line.id} className={[css.line, css[line.tone]].join(" ")} data-testid={`line-${line.id}`}>
          <Icon name={line.icon} />
          <span>
            {said(line)}
            {line.text !== undefined && <strong className={css.words}> {line.text}</strong>}
          </span>
        </p>
      ))}
      <div className="visually-hidden" role="status" aria-live="polite">
        {lines.filter((line) => line.id !== "end").map((line) => `${said(line)} ${line.text ?? ""}`).join(". ")}
        {lines.some((line) => line.id === "end") ? t("banner.ending_said") : ""}
      </div>
    </>
  );
}
