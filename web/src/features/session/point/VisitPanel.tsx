import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/primitives/Button";
import { Badge } from "@/primitives/Notice";
import { nameOf } from "../model/names";
import type { PointVisit } from "../model/point";
import { visitStep } from "../model/point";
import { moveVisit } from "../model/presider";
import { ActButton } from "../parts/ActButton";
import { Panel } from "../parts/Panel";
import { ReasonDialog } from "../parts/ReasonDialog";
import { State } from "../parts/State";
import { AnnounceRecording } from "./AnnounceRecording";
import { Appointment } from "./Appointment";
import { Identity } from "./Identity";
import css from "./point.module.css";
import { Signing } from "./Signing";

type Leaving = "withdraw" | "leave" | "no_show";

/** A visit of this point, its next step and whatever else may be done with it here. */
export function VisitPanel({ visit }: { visit: PointVisit }) {
  const { t } = useTranslation("session");
  const step = visitStep(visit);
  return (
    <Panel title={t("point.visit_title", { number: visit.number })} aside={<State status={visit.status} />}>
      <p className={css.name}>
        {nameOf(t, visit.main)} {visit.restricted && <Badge tone="warn">{t("terms:class.restricted")}</Badge>}
      </p>
      {visit.summary !== "" && <p>{visit.summary}</p>}
      {step.kind === "send" && (
        <ActButton kind="primary" size="large" wide command={step.command} data-testid="visit-step">
          {t(step.key)}
        </ActButton>
      )}
      {step.kind === "identify" && <Identity visit={visit} owed={step.owed} command={step.command} />}
      {step.kind === "wait" && <p className={visit.status === "called" ? css.turn : css.step}>{t(step.key)}</p>}
      {visit.section && <AnnounceRecording visit={visit.section} />}
      {step.kind === "sign" && visit.section && <Signing visit={visit.section} />}
      <Appointment visit={visit.id} status={visit.status} />
      <Leave visit={visit} />
    </Panel>
  );
}

/** Ends of a visit the officer sees first: the citizen withdraws, leaves or does not come. */
function Leave({ visit }: { visit: PointVisit }) {
  const { t } = useTranslation("session");
  const [asked, setAsked] = useState<Leaving>();
  const ways: readonly Leaving[] = ["registered", "appointment"].includes(visit.status) ? ["no_show", "withdraw"] : ["leave", "withdraw"];
  if (["heard", "recorded", "read_back", "confirmed", "refused_to_sign", "classified"].includes(visit.status)) return null;
  return (
    <div className={css.row}>
      {ways.map((way) => (
        <Button key={way} kind="quiet" onPress={() => setAsked(way)}>
          {t(`early_end.${way}`)}
        </Button>
      ))}
      {asked && (
        <ReasonDialog
          name={`${asked}/${visit.id}`}
          title={t(`early_end.${asked}`)}
          hint={t("point.leave_hint", { number: visit.number })}
          label={t("dialog.reason")}
          confirm={t("visit.end_early_confirm")}
          danger
          isOpen
          onClose={() => setAsked(undefined)}
          command={(reason) => moveVisit(visit.id, asked, reason)}
        />
      )}
    </div>
  );
}
