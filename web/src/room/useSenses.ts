import { useEffect } from "react";
import type { Room } from "../live/room";
import type { LocalMedia } from "../media/local";
import { CameraWatch, concealedPermille, MicrophoneWatch } from "../media/senses";
import type { LinkStats } from "../media/stats";

const SAY_MS = 5000;
const LOOK_MS = 1000;
const HEAR_MS = 250;
const [WIDTH, HEIGHT] = [32, 18];

/** Watches the own camera and microphone and the sound that is played, and tells the server each 5 s. */
export function useSenses(room: Room, local: LocalMedia, on: boolean): void {
  useEffect(() => {
    if (!on) return;
    const camera = watchCamera(local);
    const microphone = watchMicrophone(local);
    let before: LinkStats | undefined;
    const timer = setInterval(() => {
      void room.linkStats().then((now) => {
        const concealed_permille = concealedPermille(before, now);
        before = now;
        if (room.view.status === "live") room.tell({ type: "senses", camera: camera.sense(), microphone: microphone.sense(), concealed_permille });
      });
    }, SAY_MS);
    return () => {
      clearInterval(timer);
      camera.stop();
      microphone.stop();
    };
  }, [room, local, on]);
}

function watchCamera(local: LocalMedia) {
  const video = document.createElement("video");
  video.muted = true;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [WIDTH, HEIGHT];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  let track: MediaStreamTrack | null = null;
  let watch = new CameraWatch();
  const timer = setInterval(() => {
    if (local.track("camera") !== track) {
      track = local.track("camera");
      watch = new CameraWatch();
      video.srcObject = track && new MediaStream([track]);
      // A page without a click may not play; then nothing is said of the camera.
      if (track) video.play().catch(() => undefined);
    }
    // A page in the background is given no new pictures: what stands still then is the page.
    if (!track || !context || document.hidden || video.readyState < 2) return;
    context.drawImage(video, 0, 0, WIDTH, HEIGHT);
    watch.look(context.getImageData(0, 0, WIDTH, HEIGHT).data);
  }, LOOK_MS);
  return {
    sense: () => (track === null ? "absent" : watch.sense),
    stop: () => {
      clearInterval(timer);
      video.srcObject = null;
    },
  } as const;
}

function watchMicrophone(local: LocalMedia) {
  let track: MediaStreamTrack | null = null;
  let context: AudioContext | undefined;
  let analyser: AnalyserNode | undefined;
  let watch = new MicrophoneWatch();
  const samples = new Float32Array(1024);
  const timer = setInterval(() => {
    if (local.track("microphone") !== track) {
      track = local.track("microphone");
      void context?.close();
      context = track ? new AudioContext() : undefined;
      analyser = context && new AnalyserNode(context, { fftSize: samples.length });
      if (track && context && analyser) context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    }
    if (!track?.enabled || context?.state !== "running") {
      watch = new MicrophoneWatch();
      return;
    }
    analyser?.getFloatTimeDomainData(samples);
    watch.hear(samples.reduce((loudest, sample) => Math.max(loudest, Math.abs(sample)), 0));
  }, HEAR_MS);
  return {
    sense: () => (track?.enabled && context?.state === "running" ? watch.sense : "closed"),
    stop: () => {
      clearInterval(timer);
      void context?.close();
    },
  } as const;
}
