import { useTranslation } from "react-i18next";
import { Badge } from "../../primitives/Notice";
import { Table } from "../../primitives/Table";
import type { PublicSection, StaffSection } from "../../protocol/section";
import css from "./PreparePage.module.css";

export function PeoplePanel({ shared, staff }: { shared: PublicSection; staff: StaffSection }) {
  const { t } = useTranslation("office");
  return (
    <section className={css.panel} aria-labelledby="people">
      <h2 id="people">{t("prepare.people")}</h2>
      <Table
        caption={t("prepare.people")}
        empty={t("common:state.empty")}
        rows={Object.entries(staff.functions)}
        keyOf={([user]) => user}
        columns={[
          { title: t("create.user"), cell: ([, row]) => (row.title === "" ? row.name : `${row.name}, ${row.title}`) },
          { title: t("create.function"), cell: ([, row]) => row.functions.map((one) => t(`terms:function.${one}`)).join(", ") },
          { title: t("create.at"), cell: ([, row]) => shared.points[row.point]?.name },
          {
            title: t("record.status"),
            cell: ([, row]) =>
              row.connected ? <Badge tone="good">{t("prepare.online")}</Badge> : <Badge>{t("prepare.offline")}</Badge>,
          },
        ]}
      />
    </section>
  );
}
