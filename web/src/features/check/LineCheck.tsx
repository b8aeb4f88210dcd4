import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { lossPermille, type LinkStats } from "../../media/stats";
import { useAnnounce } from "../../primitives/Announcer";
import { Button } from "../../primitives/Button";
import { Badge, Notice } from "../../primitives/Notice";
import { useCommand, useRoom, useRoomView } from "../../room/context";
import { RoomAudio } from "../../room/RoomAudio";
import { SlotVideo } from "../../room/SlotVideo";
import { useLocalSources } from "../../room/useLocalSources";
import { RefusalNotice } from "../prepare/RefusalNotice";
import css from "./CheckPage.module.css";

const READ_MS = 1000;

function useLink(): { now: LinkStats | undefined; loss: number } {
  const room = useRoom();
  const [link, setLink] = useState<{ now: LinkStats | undefined; loss: number }>({ now: undefined, loss: 0 });
  useEffect(() => {
    const timer = setInterval(() => {
      void room.linkStats().then((now) => {
        if (now) setLink((before) => ({ now, loss: before.now ? lossPermille(before.now, now) : 0 }));
      });
    }, READ_MS);
    return () => clearInterval(timer);
  }, [room]);
  return link;
}

/** The same join as on the day, with figures, and the evidence of the trial call. */
export function LineCheck({ passed }: { passed: { microphone: boolean; speaker: boolean } }) {
  const { t } = useTranslation("device");
  const announce = useAnnounce();
  const { status, mediaFlows, point } = useRoomView();
  const { camera } = useLocalSources();
  const { now, loss } = useLink();
  const { run, pending, refusal } = useCommand();
  const sending = mediaFlows && (now?.framesSent ?? 0) > 0;
  const said = (good: boolean) => t(good ? "line.yes" : "line.no");
  const rtt = now?.rttMs === undefined ? t("line.unknown") : t("line.ms", { value: now.rttMs });
  const record = async () => {
    const note = t("line.note", {
      camera: said(sending && camera !== null),
      microphone: said(passed.microphone),
      speaker: said(passed.speaker),
      rtt,
    });
    const result = await run({ do: "record_step", step: "trial_call", point, outcome: { result: "done", note } });
    if (result.done) announce(t("line.recorded"));
  };

  if (status === "ended") return <Notice tone="bad">{t("line.ended")}</Notice>;
  return (
    <>
      <RoomAudio />
      {status === "reconnecting" ? (
        <Notice tone="warn">{t("line.failed")}</Notice>
      ) : (
        <p role="status">
          <Badge tone={sending ? "good" : "info"}>{sending ? t("line.flows") : t("line.joining")}</Badge>
        </p>
      )}
      <div className={css.back}>
        <SlotVideo slot={0} label={t("line.received")} />
      </div>
      <dl className={css.figures}>
        <dt>{t("line.rtt")}</dt>
        <dd>{rtt}</dd>
        <dt>{t("line.loss")}</dt>
        <dd>{t("line.permille", { value: loss })}</dd>
        <dt>{t("line.sent")}</dt>
        <dd>{now?.framesSent ?? 0}</dd>
        <dt>{t("line.received")}</dt>
        <dd>{now?.framesDecoded ?? 0}</dd>
      </dl>
      <Button kind="primary" isDisabled={!sending} isPending={pending} onPress={() => void record()}>
        {t("line.record")}
      </Button>
      <RefusalNotice refusal={refusal} />
    </>
  );
}
