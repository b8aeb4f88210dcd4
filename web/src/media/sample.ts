// "Hình và tiếng mẫu": a drawn picture and a made sound for machines without camera or microphone.

const WIDTH = 1280;
const HEIGHT = 720;
const PICTURES_PER_SECOND = 15;

/** Desk, head and shoulders, and a hand of a clock that turns: a still picture would not show that it is live. */
function draw(canvas: CanvasRenderingContext2D, seconds: number, hue: number): void {
  canvas.fillStyle = `hsl(${hue} 30% 86%)`;
  canvas.fillRect(0, 0, WIDTH, HEIGHT);
  canvas.fillStyle = `hsl(${hue} 35% 38%)`;
  canvas.beginPath();
  canvas.arc(WIDTH / 2, 290 + 4 * Math.sin(seconds * 1.5), 110, 0, 2 * Math.PI);
  canvas.ellipse(WIDTH / 2, 640, 260, 220, 0, 0, 2 * Math.PI);
  canvas.fill();
  canvas.fillStyle = "#5a4634";
  canvas.fillRect(0, 610, WIDTH, HEIGHT - 610);
  canvas.strokeStyle = "#222";
  canvas.lineWidth = 8;
  canvas.beginPath();
  canvas.arc(1120, 130, 80, 0, 2 * Math.PI);
  canvas.moveTo(1120, 130);
  canvas.lineTo(1120 + 65 * Math.sin((seconds * Math.PI) / 5), 130 - 65 * Math.cos((seconds * Math.PI) / 5));
  canvas.stroke();
}

/** A live picture track, drawn here; each page gets its own colour. Stops drawing when the track is stopped. */
export function samplePicture(): MediaStreamTrack {
  const element = document.createElement("canvas");
  element.width = WIDTH;
  element.height = HEIGHT;
  const canvas = element.getContext("2d");
  const [track] = element.captureStream(PICTURES_PER_SECOND).getVideoTracks();
  if (!canvas || !track) throw new DOMException("no canvas", "NotFoundError");
  const hue = Math.floor(Math.random() * 360);
  const timer = setInterval(() => {
    if (track.readyState === "ended") clearInterval(timer);
    else draw(canvas, performance.now() / 1000, hue);
  }, 1000 / PICTURES_PER_SECOND);
  draw(canvas, 0, hue);
  return track;
}

/** A soft voice-like hum in the rhythm of syllables, four to a second. */
export function sampleSound(): MediaStreamTrack {
  const context = new AudioContext();
  const out = context.createMediaStreamDestination();
  const voice = new OscillatorNode(context, { type: "sawtooth", frequency: 140 });
  const vowel = new BiquadFilterNode(context, { type: "bandpass", frequency: 700, Q: 2 });
  const loudness = new GainNode(context, { gain: 0.25 });
  const syllables = new OscillatorNode(context, { type: "sine", frequency: 4 });
  const depth = new GainNode(context, { gain: 0.25 });
  const melody = new OscillatorNode(context, { type: "triangle", frequency: 0.4 });
  const range = new GainNode(context, { gain: 25 });
  voice.connect(vowel).connect(loudness).connect(out);
  syllables.connect(depth).connect(loudness.gain);
  melody.connect(range).connect(voice.frequency);
  for (const source of [voice, syllables, melody]) source.start();
  // Without a click on the page the browser holds the context back; the next one lets it run.
  if (context.state === "suspended") addEventListener("pointerdown", () => void context.resume(), { once: true });
  const [track] = out.stream.getAudioTracks();
  if (!track) throw new DOMException("no sound", "NotFoundError");
  const timer = setInterval(() => {
    if (track.readyState !== "ended") return;
    clearInterval(timer);
    void context.close();
  }, 1000);
  return track;
}
