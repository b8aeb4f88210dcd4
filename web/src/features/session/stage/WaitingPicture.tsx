import { useTranslation } from "react-i18next";
import { useSession } from "../hooks/roomContext";
import { waitingFor } from "../model/waiting";
import { Icon } from "../parts/Icon";
import css from "./Stage.module.css";

/** What a point sees while the running visit is not its own: calm, without sound, without a name. */
export function WaitingPicture() {
  const { t } = useTranslation("session");
  const { key, number, apart } = waitingFor(useSession());
  return (
    <div className={css.waiting} data-testid="waiting-picture">
      <Icon name="clock" size="3rem" />
      <p className={css.waitingTitle}>{t(key)}</p>
      {number !== null && <p className={css.waitingNote}>{t("waiting.running_number", { number })}</p>}
      {apart && <p className={css.waitingNote}>{t("waiting.not_heard")}</p>}
    </div>
  );
}
