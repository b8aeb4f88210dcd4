import type { SegmentRow } from "../../protocol/rest";
import { beginMs, fileAfter, fileAt, type Reel, type Track } from "./reel";

/** What is used of a `<video>` or `<audio>`. */
export type Media = Pick<
  HTMLMediaElement,
  "src" | "currentTime" | "duration" | "paused" | "ended" | "seeking" | "readyState" | "error" | "playbackRate" | "play" | "pause"
>;

/** Every this often the sources are brought together, in milliseconds. */
export const STEP_MS = 100;
/** Seconds: beyond `JUMP` a running source is set anew, beyond `LEAN` it runs faster or slower until it is back. */
const JUMP = 0.3;
const LEAN = 0.06;
/** Seconds by which a source that begins may be off: less than a second jump would cost. */
const NEAR = 0.15;
/** Seconds before its end from which a file is over: browsers do not fill the last picture's worth. */
const REST = 0.05;
/** The next file is fetched this long before the current one is over, in milliseconds. */
const AHEAD_MS = 5000;

const HAVE_METADATA = 1;
const HAVE_FUTURE_DATA = 3;

/** The slot of the picture; those of sounds are named by their tracks. It comes last: a picture that stutters does not lead. */
export const PICTURE = "picture";

/** Two elements take turns at one track, so that a file is there when the one before it is over. */
export interface Deck {
  media: (Media | null)[];
  front: 0 | 1;
}

interface Slot extends Deck {
  track: Track;
  /** Segment in each element. */
  loaded: [string | undefined, string | undefined];
  /** The front element was brought to the moment since it was loaded or the moment was chosen. */
  placed: boolean;
}

/**
 * Plays a picture and the sound of every place of a visit together, by the wall-clock times of their files. The first
 * source that runs leads, the others follow it; where nothing was recorded time runs on by itself.
 */
export class Playback {
  atMs: number;
  playing = true;
  /** A source is not there yet: all wait for it. */
  waiting = false;
  /** Speed, 1 as it was. */
  rate = 1;
  /** Files the browser could not play. */
  readonly failed = new Set<string>();
  readonly #slots = new Map<string, Slot>();
  #last: number | undefined;

  constructor(
    readonly reel: Reel,
    readonly address: (segment: SegmentRow) => string,
    startMs = reel.fromMs,
  ) {
    this.atMs = startMs;
    for (const track of reel.sounds) this.#slots.set(track.key, fresh(track));
  }

  /** The track whose picture is shown. */
  get picture(): Track | undefined {
    return this.#slots.get(PICTURE)?.track;
  }

  choose(picture: Track | undefined): void {
    const media = this.#slots.get(PICTURE)?.media;
    if (!picture) return;
    this.#slots.set(PICTURE, { ...fresh(picture), ...(media && { media }) });
  }

  /** Element 0 or 1 of a track's sound or, by `PICTURE`, of the picture. */
  attach(slot: string, index: 0 | 1, media: Media | null): void {
    const found = this.#slots.get(slot);
    if (!found) return;
    found.media[index] = media;
    found.loaded[index] = undefined;
  }

  deck(slot: string): Deck | undefined {
    return this.#slots.get(slot);
  }

  play(): void {
    if (this.atMs >= this.reel.toMs) this.seek(this.reel.fromMs);
    this.playing = true;
  }

  pause(): void {
    this.playing = false;
    for (const { media } of this.#slots.values()) media.forEach((one) => one?.pause());
  }

  /** What failed is tried again. */
  seek(atMs: number): void {
    this.atMs = Math.min(Math.max(atMs, this.reel.fromMs), this.reel.toMs);
    this.failed.clear();
    // Time stands until the next step has seen what is there.
    this.waiting = true;
    for (const slot of this.#slots.values()) {
      slot.placed = false;
      slot.media.forEach((media, index) => media?.error && (slot.loaded[index] = undefined));
      // What is left behind falls silent with the press, not at the next step: a busy machine may be long in coming to it.
      if (fileAt(slot.track, this.atMs)?.segment.segment !== slot.loaded[slot.front]) slot.media[slot.front]?.pause();
    }
  }

  /** Brings every source to where it belongs; called every `STEP_MS` with a clock that only goes forward. */
  step(nowMs: number): void {
    const passed = this.#last === undefined ? 0 : nowMs - this.#last;
    this.#last = nowMs;
    if (this.playing && !this.waiting) this.#advance(passed);
    const active = [...this.#slots.values()].flatMap((slot) => this.#prepare(slot) ?? []);
    this.waiting = active.some(({ media }) => media.seeking || media.readyState < HAVE_FUTURE_DATA);
    active.forEach(({ media, seconds }, index) => {
      if (!this.playing || this.waiting) {
        if (!media.paused) media.pause();
        return;
      }
      const ahead = index === 0 ? 0 : media.currentTime - seconds;
      if (Math.abs(ahead) > JUMP) media.currentTime = seconds;
      media.playbackRate = this.rate * (Math.abs(ahead) > LEAN ? 1 - Math.sign(ahead) * 0.05 : 1);
      if (media.paused) void media.play().catch((reason: unknown) => this.#forbidden(reason));
    });
  }

  /** A play that another pause has overtaken is no trouble; one the browser does not allow waits for a press. */
  #forbidden(reason: unknown): void {
    if (reason instanceof Error && reason.name === "NotAllowedError") this.pause();
  }

  /** The leading source tells the time; it never goes back while playing. */
  #advance(passed: number): void {
    for (const slot of this.#slots.values()) {
      const now = fileAt(slot.track, this.atMs);
      const media = slot.media[slot.front];
      if (!now || !media || slot.loaded[slot.front] !== now.segment.segment) continue;
      if (!slot.placed || media.paused || media.ended || media.error) continue;
      this.atMs = Math.max(this.atMs, beginMs(now.segment) + media.currentTime * 1000);
      return;
    }
    this.atMs += passed * this.rate;
    if (this.atMs < this.reel.toMs) return;
    this.atMs = this.reel.toMs;
    this.playing = false;
  }

  /** The element that should sound or show now, loaded and in its place; none where there is nothing or nothing left. */
  #prepare(slot: Slot): { media: Media; seconds: number } | undefined {
    const now = fileAt(slot.track, this.atMs);
    this.#fetchAhead(slot);
    if (now && slot.loaded[slot.front] !== now.segment.segment) this.#turn(slot, now.segment);
    slot.media.forEach((media, index) => (index !== slot.front || !now) && media && !media.paused && media.pause());
    const media = slot.media[slot.front];
    if (!now || !media || this.failed.has(now.segment.segment)) return undefined;
    if (media.error) {
      this.failed.add(now.segment.segment);
      this.pause();
      return undefined;
    }
    if (!slot.placed && media.readyState >= HAVE_METADATA) {
      if (Math.abs(media.currentTime - now.seconds) > NEAR) media.currentTime = now.seconds;
      slot.placed = true;
    }
    // A file may be shorter than its clock says: then the rest of its time is silent.
    const over = media.ended || media.duration - media.currentTime < REST;
    return over && slot.placed && !media.seeking ? undefined : { media, seconds: now.seconds };
  }

  #turn(slot: Slot, segment: SegmentRow): void {
    const spare = slot.front === 0 ? 1 : 0;
    slot.media[slot.front]?.pause();
    if (slot.loaded[spare] === segment.segment) slot.front = spare;
    else this.#load(slot, slot.front, segment);
    slot.placed = false;
  }

  #fetchAhead(slot: Slot): void {
    const next = fileAfter(slot.track, this.atMs);
    const spare = slot.front === 0 ? 1 : 0;
    if (next && slot.loaded[spare] !== next.segment && beginMs(next) - this.atMs < AHEAD_MS) this.#load(slot, spare, next);
  }

  #load(slot: Slot, index: 0 | 1, segment: SegmentRow): void {
    const media = slot.media[index];
    if (!media) return;
    media.src = this.address(segment);
    slot.loaded[index] = segment.segment;
  }
}

const fresh = (track: Track): Slot => ({ track, media: [null, null], front: 0, loaded: [undefined, undefined], placed: false });
