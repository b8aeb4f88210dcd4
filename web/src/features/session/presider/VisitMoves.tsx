import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/primitives/Button";
import type { VisitStatus } from "@/protocol/visit";
import { moveVisit } from "../model/presider";
import { ActButton } from "../parts/ActButton";
import { ReasonDialog } from "../parts/ReasonDialog";

/** Hold a running visit, or send a called one back to its place in the queue. */
export function VisitMoves({ visit, status }: { visit: string; status: VisitStatus }) {
  const { t } = useTranslation("session");
  const [asking, setAsking] = useState(false);
  if (status === "called") return <ActButton command={moveVisit(visit, "return_to_queue")}>{t("visit.return_to_queue")}</ActButton>;
  if (status !== "in_session") return null;
  return (
    <>
      <Button onPress={() => setAsking(true)}>{t("visit.hold")}</Button>
      <ReasonDialog
        name={`hold/${visit}`}
        title={t("visit.hold_title")}
        hint={t("visit.hold_hint")}
        label={t("dialog.reason")}
        confirm={t("visit.hold")}
        isOpen={asking}
        onClose={() => setAsking(false)}
        command={(reason) => moveVisit(visit, "hold", reason)}
      />
    </>
  );
}
