import { useTranslation } from "react-i18next";
import { useSession } from "../hooks/roomContext";
import { at } from "../model/sections";
import { ActButton } from "./ActButton";
import { Icon } from "./Icon";

/** Asks for the floor, or takes the request back. */
export function Hand() {
  const { t } = useTranslation("session");
  const room = useSession();
  const raised = at(room.public?.points, room.seat.point)?.hand_raised ?? false;
  return (
    <ActButton wide aria-pressed={raised} command={raised ? { do: "lower_hand" } : { do: "raise_hand", person: null }}>
      <Icon name="hand" /> {t(raised ? "hand.lower" : "hand.raise")}
    </ActButton>
  );
}
