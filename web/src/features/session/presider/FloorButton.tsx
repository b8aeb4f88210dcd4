import { useTranslation } from "react-i18next";
import type { PersonId, PointId } from "@/protocol/ids";
import { ActButton } from "../parts/ActButton";
import { Icon } from "../parts/Icon";

interface Props {
  point: PointId;
  person?: PersonId;
  hasFloor: boolean;
  raised?: boolean;
  name?: string;
}

/** Gives a point (or a person at it) the floor, or takes it back. */
export function FloorButton({ point, person, hasFloor, raised = false, name }: Props) {
  const { t } = useTranslation("session");
  if (hasFloor) {
    return (
      <ActButton command={{ do: "take_floor", point }} data-testid="take-floor">
        <Icon name="muted" /> {t("floor.take")}
      </ActButton>
    );
  }
  return (
    <ActButton kind={raised ? "primary" : "secondary"} command={{ do: "give_floor", point, person: person ?? null }} data-testid="give-floor">
      <Icon name="speech" /> {name === undefined ? t("floor.give") : t("floor.give_to", { name })}
    </ActButton>
  );
}
