import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../primitives/Button";
import { Dialog } from "../../primitives/Dialog";
import { Section } from "../../primitives/Form";
import { Badge } from "../../primitives/Notice";
import { Table } from "../../primitives/Table";
import type { PublicSection, StaffSection } from "../../protocol/section";
import { useCommand } from "../../room/context";
import { AssignDialog } from "./AssignDialog";
import { duties, type Duty } from "./people";
import { RefusalNotice } from "./RefusalNotice";

/** Who does what in the session, and the way to change it until the day: the server says whether it may still be. */
export function PeoplePanel({ shared, staff }: { shared: PublicSection; staff: StaffSection }) {
  const { t } = useTranslation("office");
  const [assigning, setAssigning] = useState(false);
  const [leaving, setLeaving] = useState<Duty | null>(null);
  return (
    <Section title={t("prepare.people")}>
      <Table
        caption={t("prepare.people")}
        empty={t("common:state.empty")}
        rows={duties(staff)}
        keyOf={({ key }) => key}
        columns={[
          { title: t("create.user"), cell: ({ row }) => (row.title === "" ? row.name : `${row.name}, ${row.title}`) },
          { title: t("create.function"), cell: (duty) => t(`terms:function.${duty.function}`) },
          { title: t("create.at"), cell: ({ row }) => shared.points[row.point]?.name },
          {
            title: t("record.status"),
            cell: ({ row }) => (row.connected ? <Badge tone="good">{t("prepare.online")}</Badge> : <Badge>{t("prepare.offline")}</Badge>),
          },
          {
            title: t("prepare.withdraw_act"),
            cell: (duty) => (
              <Button
                kind="quiet"
                aria-label={t("prepare.withdraw_of", { name: duty.row.name, function: t(`terms:function.${duty.function}`) })}
                onPress={() => setLeaving(duty)}
              >
                {t("prepare.withdraw")}
              </Button>
            ),
          },
        ]}
      />
      <div>
        <Button onPress={() => setAssigning(true)}>{t("prepare.assign")}</Button>
      </div>
      {assigning && <AssignDialog shared={shared} onClose={() => setAssigning(false)} />}
      {leaving && <WithdrawDialog duty={leaving} onClose={() => setLeaving(null)} />}
    </Section>
  );
}

function WithdrawDialog({ duty, onClose }: { duty: Duty; onClose: () => void }) {
  const { t } = useTranslation("office");
  const { run, pending, refusal } = useCommand();
  const { name } = duty.row;
  const withdraw = async () => {
    if ((await run({ do: "withdraw_function", user: duty.user, function: duty.function })).done) onClose();
  };
  return (
    <Dialog
      title={t("prepare.withdraw_of", { name, function: t(`terms:function.${duty.function}`) })}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{t("common:act.cancel")}</Button>
          <Button kind="danger" isPending={pending} onPress={() => void withdraw()}>
            {t("prepare.withdraw_send")}
          </Button>
        </>
      }
    >
      <p>{t("prepare.withdraw_explain", { name })}</p>
      <RefusalNotice refusal={refusal} />
    </Dialog>
  );
}
