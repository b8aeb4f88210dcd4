import { useTranslation } from "react-i18next";
import { Section } from "../../primitives/Form";
import { Badge } from "../../primitives/Notice";
import { Table } from "../../primitives/Table";
import type { PublicSection, StaffSection } from "../../protocol/section";

export function PeoplePanel({ shared, staff }: { shared: PublicSection; staff: StaffSection }) {
  const { t } = useTranslation("office");
  return (
    <Section title={t("prepare.people")}>
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
    </Section>
  );
}
