import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { sessionQuery } from "../../api/queries";
import { useMe } from "../../app/useMe";
import { useTimes } from "../../i18n/time";
import { ButtonLink } from "../../primitives/ButtonLink";
import { Badge, Notice } from "../../primitives/Notice";
import { useRoomView, useSection } from "../../room/context";
import { RoomProvider } from "../../room/RoomProvider";
import { entrance, seatIn } from "../today/entrance";
import { mayEnter } from "../today/sessionWay";
import { statusTone } from "../today/statusTone";
import { AgendaPanel } from "./AgendaPanel";
import { DecisionPanel } from "./DecisionPanel";
import { DutiesPanel } from "./DutiesPanel";
import { MovePanel } from "./MovePanel";
import { PeoplePanel } from "./PeoplePanel";
import { PointsPanel } from "./PointsPanel";
import css from "./PreparePage.module.css";
import { StepsPanel } from "./StepsPanel";

/** Everything before the call: the head's decision, the duties with their evidence, who sees which visit. */
export function PreparePage() {
  const { id } = useParams({ from: "/signed-in/shell/buoi-tiep/$id/chuan-bi" });
  return (
    <RoomProvider session={id} point={null} device="companion">
      <Body id={id} />
    </RoomProvider>
  );
}

function Body({ id }: { id: string }) {
  const { t } = useTranslation("office");
  const { clock, longDay } = useTimes();
  const { status } = useRoomView();
  const { kiosk } = useMe();
  const row = useQuery(sessionQuery(id));
  const shared = useSection("public");
  const staff = useSection("staff");
  if (status === "ended") return <Notice tone="bad">{t("prepare.ended")}</Notice>;
  if (!shared) return <p role="status">{t("prepare.joining")}</p>;
  return (
    <div className={css.page}>
      <div className={css.head}>
        <div>
          <h1>{shared.title}</h1>
          <p>
            {t(`terms:reception_kind.${shared.kind}`)} · {t("prepare.starts")} {clock(shared.starts_at)},{" "}
            {longDay(shared.starts_at)}
          </p>
          <Badge tone={statusTone(shared.status)}>{t(`terms:session_status.${shared.status}`)}</Badge>
        </div>
        {mayEnter(shared.status) && row.data && (
          <ButtonLink {...entrance(id, seatIn(row.data, kiosk))} kind="primary" size="large">
            {t("prepare.enter")}
          </ButtonLink>
        )}
      </div>
      {status === "reconnecting" && <Notice tone="warn">{t("prepare.lost")}</Notice>}
      {shared.notice !== "" && <Notice>{shared.notice}</Notice>}
      {staff && (
        <>
          <DecisionPanel shared={shared} staff={staff} />
          <DutiesPanel shared={shared} staff={staff} />
          <StepsPanel shared={shared} staff={staff} />
          <MovePanel shared={shared} />
          <AgendaPanel shared={shared} staff={staff} />
          <PointsPanel shared={shared} />
          <PeoplePanel shared={shared} staff={staff} />
        </>
      )}
    </div>
  );
}
