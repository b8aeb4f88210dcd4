import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { directoryQuery } from "../../api/queries";
import { useFailure } from "../../api/useFailure";
import { Button } from "../../primitives/Button";
import { Dialog } from "../../primitives/Dialog";
import { Section } from "../../primitives/Form";
import { Notice } from "../../primitives/Notice";
import { Select } from "../../primitives/Select";
import { Table } from "../../primitives/Table";
import type { PublicSection } from "../../protocol/section";
import { useCommand } from "../../room/context";
import { addPointCommand, pointsToAdd } from "./people";
import { RefusalNotice } from "./RefusalNotice";

/** The places of the session; one that is found to be needed later is added here. */
export function PointsPanel({ shared }: { shared: PublicSection }) {
  const { t } = useTranslation("office");
  const [adding, setAdding] = useState(false);
  return (
    <Section title={t("prepare.points")}>
      <Table
        caption={t("prepare.points")}
        empty={t("common:state.empty")}
        rows={Object.entries(shared.points)}
        keyOf={([point]) => point}
        columns={[
          { title: t("record.point"), cell: ([, { name }]) => name },
          { title: t("prepare.point_role"), cell: ([, { role }]) => t(`terms:point_role.${role}`) },
        ]}
      />
      <div>
        <Button onPress={() => setAdding(true)}>{t("prepare.add_point")}</Button>
      </div>
      {adding && <AddPointDialog shared={shared} onClose={() => setAdding(false)} />}
    </Section>
  );
}

function AddPointDialog({ shared, onClose }: { shared: PublicSection; onClose: () => void }) {
  const { t } = useTranslation("office");
  const failure = useFailure();
  const { run, pending, refusal } = useCommand();
  const { data: directory, error } = useQuery(directoryQuery);
  const [chosen, setChosen] = useState<string | null>(null);
  const points = directory ? pointsToAdd(directory, shared) : [];
  const point = points.find(({ id }) => id === chosen);
  const add = async () => {
    if (point && (await run(addPointCommand(point, shared))).done) onClose();
  };
  return (
    <Dialog
      title={t("prepare.add_point_title")}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{t("common:act.cancel")}</Button>
          <Button kind="primary" isDisabled={!point} isPending={pending} onPress={() => void add()}>
            {t("common:act.add")}
          </Button>
        </>
      }
    >
      {directory && points.length === 0 ? (
        <p>{t("prepare.no_points")}</p>
      ) : (
        <Select
          label={t("record.point")}
          placeholder={t("create.choose_point")}
          options={points.map(({ id, name, address }) => ({ value: id, label: address === "" ? name : `${name}, ${address}` }))}
          value={chosen}
          onChange={setChosen}
        />
      )}
      {error && <Notice tone="bad">{failure(error)}</Notice>}
      <RefusalNotice refusal={refusal} />
    </Dialog>
  );
}
