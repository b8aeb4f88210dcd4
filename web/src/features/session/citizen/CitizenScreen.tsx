import { useTranslation } from "react-i18next";
import { useTimes } from "@/i18n/time";
import { SlotVideo } from "@/room/SlotVideo";
import { useSession } from "../hooks/roomContext";
import { useNow } from "../hooks/useNow";
import type { CitizenView } from "../model/citizen";
import { citizenView } from "../model/citizen";
import { at } from "../model/sections";
import { citizenPictures } from "../model/stage";
import { Icon } from "../parts/Icon";
import css from "./citizen.module.css";

/** The second screen before the citizen: the one who receives, large; oneself, small; one sentence. Nothing to press. */
export function CitizenScreen() {
  const { t } = useTranslation("session");
  const room = useSession();
  const view = citizenView(room);
  const pictures = citizenPictures(room);
  if (view.kind === "heard_now" && pictures.large === null) return <Unseen number={view.number} />;
  const withPicture = view.kind === "heard_now" || view.kind === "watching" || view.kind === "connected";
  if (pictures.large === null || !withPicture) return <Waiting view={view} />;
  const lost = at(room.public?.points, room.slots[pictures.large]?.point)?.link === "lost";
  return (
    <div className={css.screen}>
      <div className={css.large}>
        <SlotVideo slot={pictures.large} label={t("citizen.presider")} className={css.video} />
        {lost && (
          <p className={css.lost}>
            <Icon name="link" size="2.5rem" /> {t("link.lost")}
          </p>
        )}
        {pictures.own !== null && (
          <figure className={css.own}>
            <SlotVideo slot={pictures.own} label={t("citizen.own")} className={css.video} />
          </figure>
        )}
      </div>
      <footer className={css.sentence}>
        <p role="status" className={css.said}>
          <Icon name="speech" size="1.4em" />
          {t(`citizen.${view.kind}`)}
        </p>
        {view.kind === "heard_now" && view.number !== null && <p className={css.running}>{t("card.number", { number: view.number })}</p>}
        {view.kind === "watching" && (
          <p className={css.running}>
            {t("waiting.running_number", { number: view.number })}
            {view.numbers.length > 0 && `. ${t("citizen.waiting_here")}: ${view.numbers.join(", ")}`}
          </p>
        )}
      </footer>
    </div>
  );
}

/** Being heard while no picture comes: the same sentence, and nothing that looks like waiting. */
function Unseen({ number }: { number: number | null }) {
  const { t } = useTranslation("session");
  return (
    <div className={css.waiting} data-testid="heard-unseen">
      <Icon name="speech" size="5rem" />
      <p className={css.title} role="status">
        {t("citizen.heard_now")}
      </p>
      {number !== null && <p className={css.note}>{t("card.number", { number })}</p>}
      <p className={css.note}>{t("citizen.no_picture")}</p>
    </div>
  );
}

/** Before and between: a large clock, the numbers waiting here, the number inside. */
function Waiting({ view }: { view: CitizenView }) {
  const { t } = useTranslation("session");
  const { clock, longDay } = useTimes();
  const now = useNow(1000);
  return (
    <div className={css.waiting}>
      <p className={css.clock}>{clock(now)}</p>
      <p className={css.title} role="status">
        {t(`citizen.${view.kind}`, view.kind === "postponed" ? { clock: clock(view.to), day: longDay(view.to) } : {})}
      </p>
      {view.kind === "postponed" && <p className={css.note}>{t("citizen.ask")}</p>}
      {view.kind === "waiting" && (
        <>
          <div className={css.numbers}>
            <p className={css.number}>
              <span className={css.numberLabel}>{t("citizen.waiting_here")}</span>
              <span className={css.numberValue}>{view.numbers.join(", ")}</span>
            </p>
            {view.runningNumber !== null && (
              <p className={css.number}>
                <span className={css.numberLabel}>{t("citizen.running_number")}</span>
                <span className={css.numberValue}>{view.runningNumber}</span>
              </p>
            )}
          </div>
          <p className={css.note}>{t("citizen.stay")}</p>
        </>
      )}
    </div>
  );
}
