import { useTranslation } from "react-i18next";
import { useSession } from "../hooks/roomContext";
import type { PointHistory } from "../model/devices";
import { histories, percent } from "../model/devices";
import { Panel } from "../parts/Panel";
import css from "./devices.module.css";

/** As many samples as are kept, one each 5 s. */
const SAMPLES = 180;
/** Loss at the top of a drawing, per mille: everything above is as bad. */
const TOP = 200;
const THRESHOLDS = [30, 80, 150];

/** Loss of every line over the last quarter of an hour, the newest at the right; the figures are said in words too. */
export function LineHistories() {
  const { t } = useTranslation("session");
  const room = useSession();
  const rows = histories(room.devices, room.public);
  return (
    <Panel title={t("devices.history")}>
      {rows.length === 0 ? (
        <p className={css.soft}>{t("devices.no_history")}</p>
      ) : (
        <div className={css.histories}>
          {rows.map((row) => (
            <History key={row.point} row={row} />
          ))}
        </div>
      )}
    </Panel>
  );
}

function History({ row }: { row: PointHistory }) {
  const { t } = useTranslation("session");
  const newest = row.loss.at(-1) ?? 0;
  const facts = t("devices.history_of", {
    loss: percent(newest),
    worst: percent(Math.max(0, ...row.loss)),
    rtt: row.rtt.at(-1) ?? 0,
  });
  const from = SAMPLES - row.loss.length;
  const height = (loss: number) => TOP - Math.min(TOP, loss);
  const points = row.loss.map((loss, number) => `${from + number},${height(loss)}`).join(" ");
  return (
    <figure className={css.history}>
      <svg viewBox={`0 0 ${SAMPLES} ${TOP}`} preserveAspectRatio="none" aria-hidden="true" className={css.graph}>
        {THRESHOLDS.map((loss) => (
          <line key={loss} x1="0" x2={SAMPLES} y1={height(loss)} y2={height(loss)} className={css.threshold} />
        ))}
        <polyline points={points} className={css.loss} />
      </svg>
      <figcaption>
        <strong>{row.name}</strong>: {facts}
      </figcaption>
    </figure>
  );
}
