import { useSearch } from "@tanstack/react-router";
import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { loadChoice, saveChoice, type DeviceChoice } from "../../media/devices";
import { Button } from "../../primitives/Button";
import { Notice } from "../../primitives/Notice";
import { RoomProvider } from "../../room/RoomProvider";
import { CameraCheck } from "./CameraCheck";
import css from "./CheckPage.module.css";
import { LineCheck } from "./LineCheck";
import { MicrophoneCheck } from "./MicrophoneCheck";
import { SessionPick } from "./SessionPick";
import { SpeakerCheck } from "./SpeakerCheck";

/** Camera, microphone, loudspeaker, then the line. What is chosen here is used in every session on this machine. */
export function CheckPage() {
  const { t } = useTranslation("device");
  const { buoi, diem } = useSearch({ from: "/signed-in/shell/kiem-tra-thiet-bi" });
  const [choice, setChoice] = useState(loadChoice);
  const [round, setRound] = useState(0);
  const [testing, setTesting] = useState(false);
  const [microphone, setMicrophone] = useState(false);
  const [speaker, setSpeaker] = useState(false);
  const choose = useCallback((part: Partial<DeviceChoice>) => {
    setChoice((before) => {
      const next = { ...before, ...part };
      saveChoice(next);
      return next;
    });
    // The line is tested with what is chosen when the test starts.
    setTesting(false);
  }, []);
  const common = { choice, onChoose: choose, round, onRetry: () => setRound(round + 1) };
  const key = JSON.stringify(choice);
  return (
    <div className={css.page}>
      <div className={css.top}>
        <h1>{t("title")}</h1>
        <SessionPick session={buoi} />
      </div>
      {buoi === undefined && <Notice>{t("local")}</Notice>}
      <div className={css.parts}>
        <CameraCheck {...common} />
        <div className={css.column}>
          <MicrophoneCheck {...common} onResult={setMicrophone} />
          <SpeakerCheck {...common} onResult={setSpeaker} />
        </div>
        {buoi !== undefined && (
          <section className={`${css.panel} ${css.full}`} aria-labelledby="line">
            <h2 id="line">{t("line.title")}</h2>
            <p>{t("line.explain")}</p>
            <Button kind={testing ? "secondary" : "primary"} onPress={() => setTesting(!testing)}>
              {testing ? t("line.stop") : t("line.start")}
            </Button>
            {testing && (
              <RoomProvider key={key} session={buoi} point={diem ?? null} device="main">
                <LineCheck passed={{ microphone, speaker }} />
              </RoomProvider>
            )}
          </section>
        )}
      </div>
    </div>
  );
}
