// Speech that can be counted: numbers, each followed by a tone of its own, and finding those tones in a recording.
import { execFile, spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const HERTZ = 48_000;
/** What is searched at: tones and speech lie well below its half. */
const SEARCH_HERTZ = 16_000;
/** One number: its word, then its tone. */
const EACH_S = 2.4;
const EACH = Math.round(EACH_S * HERTZ);
const TONE_S = [1.65, 2.15];
const LEVEL = 0.25;
/** Windows of a search, and how much of their energy is the tone's. */
const WINDOW = SEARCH_HERTZ / 10;
const SHARE = 0.6;

export const NUMBERS = 75;
export const LASTS_MS = NUMBERS * EACH_S * 1000;

/** Tones 30 Hz apart, in the middle of what a voice has. */
const toneOf = (number) => 500 + 30 * number;

/** What espeak-ng says, at our rate. */
function stretched(wav) {
  const rate = wav.readUInt32LE(24);
  const count = Math.floor((wav.length - 44) / 2);
  return Int16Array.from({ length: Math.floor((count * HERTZ) / rate) - 2 }, (_, at) => {
    const place = (at * rate) / HERTZ;
    const [before, after] = [0, 1].map((more) => wav.readInt16LE(44 + 2 * Math.min(count - 1, Math.floor(place) + more)));
    return Math.round(before + (after - before) * (place % 1));
  });
}

/** Sound of whatever ffmpeg reads. */
function samples(path) {
  const { stdout, stderr, status } = spawnSync("ffmpeg", ["-v", "error", "-i", path, "-ac", "1", "-ar", String(SEARCH_HERTZ), "-f", "s16le", "-"], { maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`ffmpeg: ${stderr}`);
  return new Int16Array(stdout.buffer, stdout.byteOffset, stdout.length >> 1);
}

/** Writes the numbers as WAV; a browser plays it as its microphone, over and over. */
export async function speak(path) {
  const all = new Int16Array(NUMBERS * EACH);
  for (let number = 1; number <= NUMBERS; number += 1) {
    const { stdout } = await run("espeak-ng", ["-v", "vi", "-s", "150", "--stdout", String(number)], { encoding: "buffer", maxBuffer: 1 << 24 });
    const begin = (number - 1) * EACH;
    all.set(stretched(stdout).subarray(0, (TONE_S[0] - 0.1) * HERTZ), begin);
    const [from, to] = TONE_S.map((second) => Math.round(second * HERTZ));
    for (let at = from; at < to; at += 1) {
      // Soft edges: a click is heard at all frequencies.
      const edge = Math.min(1, (at - from) / 480, (to - at) / 480);
      all[begin + at] = Math.round(32_767 * LEVEL * edge * Math.sin((2 * Math.PI * toneOf(number) * at) / HERTZ));
    }
  }
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + all.byteLength, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(HERTZ, 24);
  head.writeUInt32LE(HERTZ * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(all.byteLength, 40);
  await writeFile(path, Buffer.concat([head, Buffer.from(all.buffer)]));
}

/** Share of a window's energy that lies at this frequency (Goertzel). */
function shareAt(window, energy, hertz) {
  const turn = 2 * Math.cos((2 * Math.PI * hertz) / SEARCH_HERTZ);
  let [last, before] = [0, 0];
  for (const sample of window) [last, before] = [sample + turn * last - before, last];
  return (2 * (last * last + before * before - turn * last * before)) / (window.length * energy);
}

/** Numbers whose tones are in a file, in their order: `{ number, at }`, ms from its beginning. */
export function numbersIn(path) {
  const sound = samples(path);
  const found = [];
  for (let from = 0; from + WINDOW <= sound.length; from += WINDOW / 2) {
    const window = sound.subarray(from, from + WINDOW);
    const energy = window.reduce((sum, sample) => sum + sample * sample, 0);
    if (energy < WINDOW * 200 * 200) continue;
    for (let number = 1; number <= NUMBERS; number += 1) {
      if (found.at(-1)?.number === number || shareAt(window, energy, toneOf(number)) < SHARE) continue;
      found.push({ number, at: (from / SEARCH_HERTZ) * 1000 });
    }
  }
  return found;
}
