import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useAnnounce } from "@/primitives/Announcer";
import { Button } from "@/primitives/Button";
import type { Command } from "@/protocol/command";
import type { VisitId } from "@/protocol/ids";
import type { StaffSection } from "@/protocol/section";
import { moved, toCome } from "../model/agenda";
import { Icon } from "./Icon";
import css from "./parts.module.css";

interface Props {
  staff: StaffSection;
  visit: VisitId;
  number: number;
  run: (command: Command) => Promise<boolean>;
}

/** Moves a visit one turn earlier or later. The button that was pressed keeps the focus wherever its row goes. */
export function Turns({ staff, visit, number, run }: Props) {
  const { t } = useTranslation("session");
  const announce = useAnnounce();
  const group = useRef<HTMLSpanElement>(null);
  const pressed = useRef<-1 | 1>(undefined);
  const place = toCome(staff).indexOf(visit);
  useEffect(() => {
    const by = pressed.current;
    pressed.current = undefined;
    if (by === undefined) return;
    announce(t("agenda.moved", { number, place: place + 1 }));
    const [earlier, later] = group.current?.querySelectorAll("button") ?? [];
    const [wanted, other] = by < 0 ? [earlier, later] : [later, earlier];
    (wanted?.disabled ? other : wanted)?.focus();
  }, [place, number, announce, t]);
  if (place < 0) return null;
  const button = (by: -1 | 1, label: string) => {
    const order = moved(staff, visit, by);
    const press = async () => {
      pressed.current = by;
      if (order && !(await run({ do: "order_agenda", visits: order }))) pressed.current = undefined;
    };
    return (
      <Button kind="quiet" aria-label={label} isDisabled={!order} onPress={() => void press()}>
        <Icon name={by < 0 ? "up" : "down"} />
      </Button>
    );
  };
  return (
    <span ref={group} className={css.turns}>
      {button(-1, t("agenda.earlier", { number }))}
      {button(1, t("agenda.later", { number }))}
    </span>
  );
}
