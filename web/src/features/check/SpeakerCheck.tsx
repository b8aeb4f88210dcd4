import { useState } from "react";
import { useTranslation } from "react-i18next";
import { playTones } from "../../media/tones";
import { Button } from "../../primitives/Button";
import { Notice } from "../../primitives/Notice";
import css from "./CheckPage.module.css";
import { DevicePicker } from "./DevicePicker";
import type { PartProps } from "./part";
import { useDevices } from "./useDevices";

const MOST_TONES = 3;

/** One to three tones: only who heard them can say how many there were. */
export function SpeakerCheck({ choice, onChoose, round, onResult }: PartProps) {
  const { t } = useTranslation("device");
  const { audiooutput } = useDevices(round);
  const [played, setPlayed] = useState<number | null>(null);
  const [playing, setPlaying] = useState(false);
  const [answer, setAnswer] = useState<number | null>(null);
  const play = async () => {
    const count = 1 + Math.floor(Math.random() * MOST_TONES);
    setAnswer(null);
    setPlaying(true);
    await playTones(count, choice.speaker);
    setPlayed(count);
    setPlaying(false);
  };
  const say = (heard: number) => {
    setAnswer(heard);
    onResult?.(heard === played);
  };
  return (
    <section className={css.panel} aria-labelledby="speaker">
      <h2 id="speaker">{t("speaker.title")}</h2>
      <DevicePicker
        label={t("speaker.choose")}
        devices={audiooutput}
        value={choice.speaker}
        onChange={(speaker) => onChoose({ speaker })}
      />
      <Button kind="primary" isDisabled={playing} onPress={() => void play()}>
        {playing ? t("speaker.playing") : t("speaker.play")}
      </Button>
      {played !== null && !playing && (
        <div role="group" aria-labelledby="how-many" className={css.answers}>
          <p id="how-many">{t("speaker.ask")}</p>
          {Array.from({ length: MOST_TONES }, (_, index) => (
            <Button key={index} onPress={() => say(index + 1)}>
              {index + 1}
            </Button>
          ))}
          <Button onPress={() => say(0)}>{t("speaker.none")}</Button>
        </div>
      )}
      {answer !== null && (
        <Notice tone={answer === played ? "good" : "warn"}>
          {answer === played ? t("speaker.right") : t("speaker.wrong")}
        </Notice>
      )}
    </section>
  );
}
