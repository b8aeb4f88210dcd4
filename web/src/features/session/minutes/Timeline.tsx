import { useTranslation } from "react-i18next";
import { useTimes } from "@/i18n/time";
import { Pages, usePages } from "@/primitives/Pages";
import type { TimelineRow, VisitSection } from "@/protocol/section";
import { useSession } from "../hooks/roomContext";
import { named, nameOf } from "../model/names";
import { at } from "../model/sections";
import { Panel } from "../parts/Panel";
import css from "./minutes.module.css";

/** What happened in the visit, newest first, written by the record itself. */
export function Timeline({ visit }: { visit: string }) {
  const { t } = useTranslation("session");
  const room = useSession();
  const section = room.visits[visit];
  const rows = [...(section?.timeline ?? [])].reverse();
  const pages = usePages(rows);
  return (
    <Panel title={t("timeline.title")}>
      {rows.length === 0 && <p className={css.empty}>{t("timeline.empty")}</p>}
      <ol className={css.timeline}>
        {pages.shown.map((row) => (
          <Row key={`${row.seq}/${row.code}`} row={row} section={section} />
        ))}
      </ol>
      <Pages {...pages} label={t("timeline.title")} />
    </Panel>
  );
}

function Row({ row, section }: { row: TimelineRow; section: VisitSection | undefined }) {
  const { t } = useTranslation("session");
  const { seconds } = useTimes();
  const room = useSession();
  const point = at(room.public?.points, row.point)?.name ?? "";
  const happened = (code: string, names: Record<string, string>) => {
    const [, what = "", state = ""] = /^(visit|session)_(.+)$/.exec(code) ?? [];
    const said = what === "" ? t(`happened.${code}`, names) : t(`happened.${what}`, { state: t(`terms:${what}_status.${state}`) });
    return row.note === "" ? said : `${said} (${row.note})`;
  };
  const known = named(section?.persons).find((one) => one.id === row.person);
  const person = known ? nameOf(t, known) : "";
  return (
    <li>
      <time dateTime={row.at}>{seconds(row.at)}</time>
      <span>{happened(row.code, { point, person, note: row.note })}</span>
    </li>
  );
}
