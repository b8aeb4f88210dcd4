import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { directoryQuery } from "../../api/queries";
import { useFailure } from "../../api/useFailure";
import { Restored } from "../../app/Restored";
import { useKeptForm } from "../../app/useKeptForm";
import { Button } from "../../primitives/Button";
import { Dialog } from "../../primitives/Dialog";
import { Notice } from "../../primitives/Notice";
import { Select } from "../../primitives/Select";
import type { PublicSection } from "../../protocol/section";
import { useCommand, useRoomContext } from "../../room/context";
import { FUNCTIONS } from "../create/draft";
import { assignCommand, type Assignment } from "./people";
import { RefusalNotice } from "./RefusalNotice";

/** A function for somebody of the directory, at a point of the session. */
export function AssignDialog({ shared, onClose }: { shared: PublicSection; onClose: () => void }) {
  const { t } = useTranslation("office");
  const failure = useFailure();
  const { run, pending, refusal } = useCommand();
  const { session } = useRoomContext();
  const { data: directory, error } = useQuery(directoryQuery);
  const form = useKeptForm<Assignment>(`${session}/assign`, () => ({ function: "point_officer", user: null, point: null }));
  const { value } = form;
  const command = directory && assignCommand(directory, value);
  const assign = async () => {
    if (!command || !(await run(command)).done) return;
    form.forget();
    onClose();
  };
  const users = (directory?.users ?? [])
    .filter(({ disabled }) => !disabled)
    .map(({ id, name, title }) => ({ value: id, label: title === "" ? name : `${name}, ${title}` }));
  return (
    <Dialog
      title={t("prepare.assign_title")}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{t("common:act.cancel")}</Button>
          <Button kind="primary" isDisabled={!command} isPending={pending} onPress={() => void assign()}>
            {t("prepare.assign_send")}
          </Button>
        </>
      }
    >
      <Restored form={form} />
      <Select
        label={t("create.function")}
        options={FUNCTIONS.map((of) => ({ value: of, label: t(`terms:function.${of}`) }))}
        value={value.function}
        onChange={(of) => form.change({ function: of })}
      />
      <Select label={t("create.user")} placeholder={t("create.choose_user")} options={users} value={value.user} onChange={(user) => form.change({ user })} />
      <Select
        label={t("create.at")}
        placeholder={t("create.choose_point")}
        options={Object.entries(shared.points).map(([id, { name }]) => ({ value: id, label: name }))}
        value={value.point}
        onChange={(point) => form.change({ point })}
      />
      {error && <Notice tone="bad">{failure(error)}</Notice>}
      <RefusalNotice refusal={refusal} />
    </Dialog>
  );
}
