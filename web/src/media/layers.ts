import type { CameraLayer } from "../protocol/frame";

/** Lowest first, as offered: the order of `a=simulcast` is the order of layers in the server. */
const ORDER: readonly CameraLayer[] = ["quarter", "half", "full"];
/** So many pictures a second of a camera that nobody watches: enough to begin at once, and to see that it lives. */
const IDLE_RATE = 5;
/** A line that takes less on the way out is narrow, bits per second, and stays so until it takes clearly more. */
const NARROW = { below: 200_000, until: 280_000 };
/**
 * Opus, bits per second. On a narrow line half of it, because redundancy (RFC 2198) says each packet twice. Chromium takes
 * its headers off a rate that changes in mid-call (measured: 10 kbit/s), so that 30 are 20.
 */
const SOUND = { usual: 40_000, narrow: 30_000 };
/** What sound takes there with redundancy and the headers of 50 packets a second. */
const SOUND_TAKES = 72_000;
/** Of what the browser believes, so much is given out: its belief comes in waves, and what is too much waits in front of the sound. */
const GIVEN = 0.85;
/** Encoders make no picture of less. */
const LEAST_PICTURE = 30_000;
/** The rate of a picture changes in steps of this: each is a message to the encoder. */
const STEP = 10_000;

/** Who gets what of the line, bits per second. */
export interface Share {
  sound: number;
  /** Most for the camera, of which only the lowest layer is sent then; absent on a line that is not narrow. */
  camera?: number;
}

/**
 * Shares out a line that takes `outgoing` on the way out. The browser does so too, but counts neither redundancy nor the
 * layers it may not need, so that on a narrow line its pictures stand in the way of its sound.
 */
export function shareOut(outgoing: number | undefined, before: Share | undefined): Share {
  const narrow = outgoing !== undefined && outgoing < (before?.camera === undefined ? NARROW.below : NARROW.until);
  if (!narrow) return { sound: SOUND.usual };
  const left = Math.floor((GIVEN * outgoing - SOUND_TAKES) / STEP) * STEP;
  return { sound: SOUND.narrow, camera: Math.max(LEAST_PICTURE, left) };
}

/**
 * The encodings of a camera of which the server wants these layers. A camera with one encoding always sends it: only
 * the number of its pictures falls while nobody watches. `most`: all it may take of a narrow line, bits per second.
 */
export function wantedEncodings(
  encodings: readonly RTCRtpEncodingParameters[],
  layers: readonly CameraLayer[],
  idle: boolean,
  most?: number,
): RTCRtpEncodingParameters[] {
  return encodings.map((encoding, place) => {
    const layer = ORDER[place];
    const room = most === undefined || place === 0;
    const active = encodings.length === 1 || (room && layer !== undefined && layers.includes(layer));
    const wanted: RTCRtpEncodingParameters = { ...encoding, active };
    if (most !== undefined && place === 0) wanted.maxBitrate = Math.min(encoding.maxBitrate ?? most, most);
    if (idle) wanted.maxFramerate = IDLE_RATE;
    else delete wanted.maxFramerate;
    return wanted;
  });
}
