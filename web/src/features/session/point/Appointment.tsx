import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/primitives/Button";
import { Note } from "@/primitives/Form";
import type { VisitId } from "@/protocol/ids";
import type { VisitStatus } from "@/protocol/visit";
import { moveVisit } from "../model/presider";
import { ReasonDialog } from "../parts/ReasonDialog";

/** The citizen is given another hour, once it is known who they are; the visit waits for them under its number. */
export function Appointment({ visit, status }: { visit: VisitId; status: VisitStatus }) {
  const { t } = useTranslation("session");
  const [asking, setAsking] = useState(false);
  const why = useId();
  if (status !== "arrived" && status !== "identified") return null;
  const known = status === "identified";
  return (
    <div>
      <Button kind="quiet" isDisabled={!known} {...(known ? {} : { "aria-describedby": why })} onPress={() => setAsking(true)}>
        {t("appointment.make")}
      </Button>
      {!known && <Note id={why}>{t("appointment.not_yet")}</Note>}
      <ReasonDialog
        name={`appointment/${visit}`}
        title={t("appointment.title")}
        hint={t("appointment.hint")}
        label={t("appointment.when")}
        confirm={t("appointment.confirm")}
        isOpen={asking}
        onClose={() => setAsking(false)}
        command={(reason) => moveVisit(visit, "make_appointment", reason)}
      />
    </div>
  );
}
