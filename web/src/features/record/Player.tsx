import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { recording } from "../../api/paths";
import { useTimes } from "../../i18n/time";
import { Button } from "../../primitives/Button";
import { Notice } from "../../primitives/Notice";
import { momentOf, soundAt, type Reel } from "./playlist";
import css from "./RecordPage.module.css";

/** Largest difference between picture and sound that is left alone, in seconds. */
const DRIFT = 0.15;

/** Plays the files of a reel one after the other; the sound, a file of its own, follows the picture. */
export function Player({ session, reel, title }: { session: string; reel: Reel; title: string }) {
  const { t } = useTranslation("office");
  const { seconds } = useTimes();
  const [index, setIndex] = useState(0);
  const [failed, setFailed] = useState(false);
  const main = useRef<HTMLVideoElement>(null);
  const sound = useRef<HTMLAudioElement>(null);
  const segment = reel.main[index];

  useEffect(() => {
    main.current?.scrollIntoView({ block: "nearest" });
  }, []);

  if (!segment) return null;

  const follow = () => {
    const [picture, voice] = [main.current, sound.current];
    if (!picture || !voice) return;
    const wanted = soundAt(reel.sound, momentOf(segment, picture.currentTime));
    if (!wanted) {
      voice.pause();
      return;
    }
    const source = recording(session, wanted.segment.segment);
    if (voice.getAttribute("src") !== source) voice.src = source;
    if (Math.abs(voice.currentTime - wanted.seconds) > DRIFT) voice.currentTime = wanted.seconds;
    voice.playbackRate = picture.playbackRate;
    voice.volume = picture.volume;
    if (picture.paused) voice.pause();
    else if (voice.paused) void voice.play().catch(() => undefined);
  };
  const next = () => index + 1 < reel.main.length && setIndex(index + 1);

  return (
    <div className={css.player}>
      <h2>{t("record.playing", { what: title })}</h2>
      <video
        ref={main}
        src={recording(session, segment.segment)}
        controls
        autoPlay
        playsInline
        onTimeUpdate={follow}
        onPlay={follow}
        onPause={follow}
        onSeeked={follow}
        onRateChange={follow}
        onVolumeChange={follow}
        onEnded={next}
        onError={() => setFailed(true)}
        onLoadedData={() => setFailed(false)}
      />
      <audio ref={sound} />
      {failed && <Notice tone="bad">{t("record.player_failed", { segment: segment.segment })}</Notice>}
      {reel.main.length > 1 && (
        <div className={css.line}>
          {reel.main.map((one, position) => (
            <Button key={one.segment} kind={position === index ? "primary" : "secondary"} onPress={() => setIndex(position)}>
              {seconds(one.began_at)}
            </Button>
          ))}
        </div>
      )}
    </div>
  );
}
