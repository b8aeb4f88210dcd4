import { useTranslation } from "react-i18next";
import { useSession } from "../hooks/roomContext";
import { closingList, type OpenItem } from "../model/minutes";
import { minuteCommand } from "../model/presider";
import { ActButton } from "../parts/ActButton";
import { Panel } from "../parts/Panel";
import css from "./minutes.module.css";

/** What is still open in the session, so that nothing is forgotten at its end. */
export function ClosingList({ onPick }: { onPick: (visit: string) => void }) {
  const { t } = useTranslation("session");
  const room = useSession();
  const list = closingList(room);
  const said = ({ number, key }: OpenItem) => `${t("card.number", { number })}: ${t(key)}`;
  return (
    <Panel title={t("open.title")}>
      {list.length === 0 ? (
        <p className={css.empty}>{t("open.nothing")}</p>
      ) : (
        <ul className={css.openList}>
          {list.map((item) => (
            <li key={item.visit}>
              {item.writable ? (
                <button type="button" className={css.openItem} onClick={() => onPick(item.visit)}>
                  {said(item)}
                </button>
              ) : (
                <p className={css.openItem}>{said(item)}</p>
              )}
            </li>
          ))}
        </ul>
      )}
      {room.public?.status === "closed" && list.length === 0 && (
        <ActButton kind="primary" size="large" wide command={minuteCommand()} data-testid="minuted">
          {t("open.minuted")}
        </ActButton>
      )}
    </Panel>
  );
}
