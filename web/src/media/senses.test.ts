import { expect, it } from "vitest";
import { CameraWatch, concealedPermille, MicrophoneWatch } from "./senses";
import { readStats } from "./stats";

const picture = (value: number, dot = 0) => {
  const pixels = new Uint8ClampedArray(16).fill(value);
  pixels[0] = value + dot;
  return pixels;
};

it("says that a camera is dark after ten seconds, and no sooner", () => {
  const camera = new CameraWatch();
  for (let second = 0; second < 9; second += 1) camera.look(picture(3, second % 2));
  expect(camera.sense).toBe("fine");
  camera.look(picture(3));
  expect(camera.sense).toBe("dark");
  camera.look(picture(90));
  expect(camera.sense).toBe("fine");
});

it("says that a picture stands still, and takes a live one for none", () => {
  const [frozen, live] = [new CameraWatch(), new CameraWatch()];
  for (let second = 0; second <= 10; second += 1) {
    frozen.look(picture(90));
    live.look(picture(90, second % 2));
  }
  expect([frozen.sense, live.sense]).toEqual(["frozen", "fine"]);
});

it("tells a dead microphone from a quiet room, and hears overdriving", () => {
  const [dead, quiet, loud] = [new MicrophoneWatch(), new MicrophoneWatch(), new MicrophoneWatch()];
  for (let reading = 0; reading < 40; reading += 1) {
    dead.hear(0);
    quiet.hear(0.002);
    loud.hear(reading % 5 === 0 ? 1 : 0.5);
  }
  expect([dead.sense, quiet.sense, loud.sense]).toEqual(["silent", "fine", "clipping"]);
});

it("counts made-up sound without silence", () => {
  const at = (total: number, concealed: number, silent: number) =>
    readStats([{ type: "inbound-rtp", totalSamplesReceived: total, concealedSamples: concealed, silentConcealedSamples: silent }]);
  expect(concealedPermille(at(0, 0, 0), at(48_000, 3_000, 600))).toBe(50);
  expect(concealedPermille(at(48_000, 3_000, 600), at(48_000, 3_000, 600))).toBe(0);
  expect(concealedPermille(undefined, at(1, 1, 0))).toBe(0);
});
