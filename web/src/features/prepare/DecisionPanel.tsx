import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Restored } from "../../app/Restored";
import { useKeptForm } from "../../app/useKeptForm";
import { useMe } from "../../app/useMe";
import { Button } from "../../primitives/Button";
import { Dialog } from "../../primitives/Dialog";
import { Field } from "../../primitives/Field";
import { Section } from "../../primitives/Form";
import { Notice } from "../../primitives/Notice";
import type { PublicSection, StaffSection } from "../../protocol/section";
import { useCommand, useRoomContext } from "../../room/context";
import css from "./PreparePage.module.css";
import { RefusalNotice } from "./RefusalNotice";

/** The head's own act; others see that it is awaited. */
export function DecisionPanel({ shared, staff }: { shared: PublicSection; staff: StaffSection }) {
  const { t } = useTranslation("office");
  const { roles } = useMe();
  const { run, pending, refusal } = useCommand();
  const [rejecting, setRejecting] = useState(false);
  const form = useKeptForm(`${useRoomContext().session}/reject`, () => ({ reason: "" }));
  const { reason } = form.value;
  if (shared.status !== "proposed") return null;
  const isHead = roles.some(({ role, unit }) => role === "head" && unit === staff.unit);
  const decide = async (act: "approve" | "reject") => {
    const result = await run({ do: "move_session", act, reason: act === "reject" ? reason : "", new_start: null });
    if (!result.done) return;
    form.forget();
    setRejecting(false);
  };
  return (
    <Section title={t("prepare.decision")}>
      <ul>
        {staff.grounds.map((ground) => (
          <li key={ground}>
            {t("prepare.grounds")}: {t(`terms:ground.${ground}`)} ({t(`terms:article.${ground}`)})
          </li>
        ))}
      </ul>
      {isHead ? (
        <div className={css.buttons}>
          <Button kind="primary" size="large" isPending={pending} onPress={() => void decide("approve")}>
            {t("prepare.approve")}
          </Button>
          <Button size="large" onPress={() => setRejecting(true)}>
            {t("prepare.reject")}
          </Button>
        </div>
      ) : (
        <Notice>{t("prepare.decision_wait")}</Notice>
      )}
      {!rejecting && <RefusalNotice refusal={refusal} />}
      <Dialog
        title={t("prepare.reject")}
        isOpen={rejecting}
        onClose={() => setRejecting(false)}
        actions={
          <>
            <Button onPress={() => setRejecting(false)}>{t("common:act.cancel")}</Button>
            <Button kind="danger" isDisabled={reason.trim() === ""} isPending={pending} onPress={() => void decide("reject")}>
              {t("prepare.reject")}
            </Button>
          </>
        }
      >
        <Restored form={form} />
        <Field label={t("prepare.reject_reason")} rows={3} value={reason} onChange={(next) => form.change({ reason: next })} autoFocus />
        <RefusalNotice refusal={refusal} />
      </Dialog>
    </Section>
  );
}
