import { useTranslation } from "react-i18next";
import { useSession } from "../hooks/roomContext";
import { mayTakeOver, secondMain } from "../model/secondMain";
import { ActButton } from "../parts/ActButton";
import { Icon } from "../parts/Icon";
import css from "./frame.module.css";

/** Another machine is this point's main one: what this one is good for, and the way to make it the main one. */
export function SecondMain() {
  const { t } = useTranslation("session");
  const room = useSession();
  const connection = secondMain(room);
  if (connection === undefined) return null;
  return (
    <div className={[css.line, css.asks, css.warn].join(" ")} role="status" data-testid="line-second">
      <Icon name="warning" />
      {mayTakeOver(room) ? (
        <>
          <span>{t("second_main.told")}</span>
          <ActButton kind="primary" command={{ do: "take_over", connection }}>
            {t("second_main.take_over")}
          </ActButton>
        </>
      ) : (
        <span>
          {t("second_main.told")} {t("second_main.ask")}
        </span>
      )}
    </div>
  );
}
