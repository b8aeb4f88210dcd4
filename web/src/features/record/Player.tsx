import { useEffect, useReducer, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { recording } from "../../api/paths";
import { duration, useTimes } from "../../i18n/time";
import { Button } from "../../primitives/Button";
import { Notice } from "../../primitives/Notice";
import { Pages, usePages } from "../../primitives/Pages";
import { Select } from "../../primitives/Select";
import { PICTURE, Playback, STEP_MS } from "./playback";
import css from "./Player.module.css";
import { beginMs, fileAt, filesOf, nextMs, pictureOf, type Reel, type Track } from "./reel";

const BACK_MS = 10_000;
const SPEEDS = ["1", "1.25", "1.5", "2"] as const;

interface Props {
  session: string;
  reel: Reel;
  /** The place whose picture is shown first, and where in time it begins. */
  point: string;
  startMs: number;
  title: string;
  nameOf: (point: string) => string;
}

/** One line of time for a visit: the sound of all its places together, and the picture of the one that is chosen. */
export function Player({ session, reel, point, startMs, title, nameOf }: Props) {
  const { t } = useTranslation("office");
  const { seconds } = useTimes();
  const [playback] = useState(() => {
    const made = new Playback(reel, ({ segment }) => recording(session, segment), startMs);
    made.choose(pictureOf(reel, point));
    return made;
  });
  const [, redraw] = useReducer((drawn: number) => drawn + 1, 0);
  const box = useRef<HTMLDivElement>(null);
  const stage = useRef<HTMLDivElement>(null);

  useEffect(() => {
    box.current?.scrollIntoView({ block: "nearest" });
    const timer = setInterval(() => {
      playback.step(performance.now());
      redraw();
    }, STEP_MS);
    return () => clearInterval(timer);
  }, [playback]);

  const { picture, atMs } = playback;
  /** An act is seen at once: a bar that waits for the next step would spring back under the finger. */
  const go = (ms: number) => {
    playback.seek(ms);
    redraw();
  };
  const turn = () => {
    if (playback.playing) playback.pause();
    else playback.play();
    redraw();
  };
  const label = (track: Track) => [nameOf(track.point), t(`terms:source.${track.source}`), ...(track.lane > 0 ? [String(track.lane + 1)] : [])].join(", ");
  const later = nextMs(reel, atMs);
  const seen = picture !== undefined && fileAt(picture, atMs) !== undefined;
  const dark = later !== undefined ? t("record.nothing_now") : picture ? t("record.no_picture") : t("record.sound_only");
  const [passed, all] = [atMs - reel.fromMs, reel.toMs - reel.fromMs];
  const value = t("record.at", { time: seconds(atMs), passed: duration(passed), all: duration(all) });

  return (
    <div className={css.player} ref={box} data-testid="player" data-waiting={playback.waiting}>
      <h2>{t("record.playing", { what: title })}</h2>
      <div className={css.stage} ref={stage} data-seen={seen}>
        <Turns playback={playback} slot={PICTURE} kind="video" />
        {!seen && <p className={css.dark}>{dark}</p>}
      </div>
      {reel.sounds.map(({ key }) => (
        <Turns key={key} playback={playback} slot={key} kind="audio" />
      ))}
      <input
        className={css.seek}
        type="range"
        min={0}
        max={Math.ceil(all / 1000)}
        step={1}
        value={Math.floor(passed / 1000)}
        onChange={(event) => go(reel.fromMs + Number(event.currentTarget.value) * 1000)}
        aria-label={t("record.seek")}
        aria-valuetext={value}
        data-testid="player-seek"
      />
      <div className={css.controls}>
        <Button kind="primary" onPress={turn} data-testid="player-play">
          {t(playback.playing ? "record.pause" : "record.go_on")}
        </Button>
        <Button onPress={() => go(atMs - BACK_MS)}>{t("record.back")}</Button>
        <Button onPress={() => go(atMs + BACK_MS)}>{t("record.forward")}</Button>
        {document.fullscreenEnabled && <Button onPress={() => void stage.current?.requestFullscreen()}>{t("record.full_screen")}</Button>}
        <span className={css.time}>{value}</span>
        {playback.playing && playback.waiting && <span>{t("record.fetching")}</span>}
      </div>
      {later !== undefined && (
        <div>
          <Button onPress={() => go(later)}>{t("record.next_file", { time: seconds(later) })}</Button>
        </div>
      )}
      {[...playback.failed].map((segment) => (
        <Notice key={segment} tone="bad">
          {t("record.player_failed", { segment })}{" "}
          <a href={recording(session, segment)} download>
            {t("record.take_file")}
          </a>
        </Notice>
      ))}
      <div className={css.choices}>
        {reel.pictures.length > 1 && (
          <Select
            label={t("record.picture")}
            options={reel.pictures.map((track) => ({ value: track.key, label: label(track) }))}
            value={picture?.key ?? null}
            onChange={(key) => playback.choose(reel.pictures.find((track) => track.key === key))}
          />
        )}
        <Select
          label={t("record.speed")}
          options={SPEEDS.map((speed) => ({ value: speed, label: t("record.times_speed", { speed: speed.replace(".", t("record.decimal")) }) }))}
          value={SPEEDS.find((speed) => Number(speed) === playback.rate) ?? null}
          onChange={(speed) => (playback.rate = Number(speed))}
        />
      </div>
      <Files tracks={picture ? reel.pictures.filter((one) => one.point === picture.point && one.source === picture.source) : reel.sounds} playback={playback} />
    </div>
  );
}

/** The two elements that take turns at a track; the one in front sounds or shows. */
function Turns({ playback, slot, kind }: { playback: Playback; slot: string; kind: "video" | "audio" }) {
  const front = playback.deck(slot)?.front;
  return ([0, 1] as const).map((index) => (
    <Element key={index} playback={playback} slot={slot} index={index} kind={kind} shown={index === front} />
  ));
}

function Element({ playback, slot, index, kind: Kind, shown }: { playback: Playback; slot: string; index: 0 | 1; kind: "video" | "audio"; shown: boolean }) {
  const media = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    playback.attach(slot, index, media.current);
    return () => playback.attach(slot, index, null);
  }, [playback, slot, index]);
  return <Kind ref={media} preload="auto" playsInline hidden={!shown} data-front={shown} data-slot={slot} />;
}

/** The files of what is shown, or of all sounds where there is no picture: places to jump to. */
function Files({ tracks, playback }: { tracks: readonly Track[]; playback: Playback }) {
  const { t } = useTranslation("office");
  const { seconds } = useTimes();
  const files = filesOf(tracks);
  const pages = usePages(files);
  if (files.length < 2) return null;
  const jump = (track: Track, ms: number) => {
    if (track.source !== "microphone" && track.key !== playback.picture?.key) playback.choose(track);
    playback.seek(ms);
  };
  return (
    <section aria-label={t("record.files")} className={css.files}>
      <h3>{t("record.files")}</h3>
      <div className={css.jumps} data-testid="player-files">
        {pages.shown.map(({ track, segment }) => {
          const playing = fileAt(track, playback.atMs)?.segment === segment;
          return (
            <Button key={segment.segment} kind={playing ? "primary" : "secondary"} onPress={() => jump(track, beginMs(segment))}>
              {seconds(segment.began_at)}
            </Button>
          );
        })}
      </div>
      <Pages {...pages} label={t("record.files")} />
    </section>
  );
}
