import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { openMicrophone } from "../../media/devices";
import { measure } from "../../media/levels";
import { Level } from "../../primitives/Level";
import { Badge } from "../../primitives/Notice";
import css from "./CheckPage.module.css";
import { DevicePicker } from "./DevicePicker";
import type { PartProps } from "./part";
import { TroubleNotice } from "./TroubleNotice";
import { useDevices } from "./useDevices";
import { useTrack } from "./useTrack";

/** About -30 dB below full scale: a voice at the table, not the fan of the machine. */
const VOICE = 0.5;
const READ_MS = 100;

export function MicrophoneCheck({ choice, onChoose, round, onRetry, onResult }: PartProps) {
  const { t } = useTranslation("device");
  const { track, trouble } = useTrack(`${choice.microphone}/${round}`, () => openMicrophone(choice.microphone));
  const { audioinput } = useDevices(track);
  const [level, setLevel] = useState(0);
  const [heard, setHeard] = useState(false);
  useEffect(() => {
    setHeard(false);
    if (!track) return;
    const meter = measure(track);
    const timer = setInterval(() => {
      const now = meter.read();
      setLevel(now);
      if (now > VOICE) setHeard(true);
    }, READ_MS);
    return () => {
      clearInterval(timer);
      meter.stop();
    };
  }, [track]);
  useEffect(() => onResult?.(heard), [heard, onResult]);
  return (
    <section className={css.panel} aria-labelledby="microphone">
      <h2 id="microphone">{t("microphone.title")}</h2>
      <DevicePicker
        label={t("microphone.choose")}
        devices={audioinput}
        value={choice.microphone}
        onChange={(microphone) => onChoose({ microphone })}
        sample
      />
      <p>{t("microphone.speak")}</p>
      <Level label={t("microphone.level")} value={track ? level : 0} />
      {track && <Badge tone={heard ? "good" : "info"}>{heard ? t("microphone.heard") : t("microphone.quiet")}</Badge>}
      <TroubleNotice trouble={trouble} onRetry={onRetry} />
    </section>
  );
}
