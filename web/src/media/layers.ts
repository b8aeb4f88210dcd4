import type { CameraLayer } from "../protocol/frame";

/** Lowest first, as offered: the order of `a=simulcast` is the order of layers in the server. */
const ORDER: readonly CameraLayer[] = ["quarter", "half", "full"];
/** So many pictures a second of a camera that nobody watches: enough to begin at once, and to see that it lives. */
const IDLE_RATE = 5;

/**
 * The encodings of a camera of which the server wants these layers. A camera with one encoding always sends it: only
 * the number of its pictures falls while nobody watches.
 */
export function wantedEncodings(
  encodings: readonly RTCRtpEncodingParameters[],
  layers: readonly CameraLayer[],
  idle: boolean,
): RTCRtpEncodingParameters[] {
  return encodings.map((encoding, place) => {
    const layer = ORDER[place];
    const active = encodings.length === 1 || (layer !== undefined && layers.includes(layer));
    const wanted: RTCRtpEncodingParameters = { ...encoding, active };
    if (idle) wanted.maxFramerate = IDLE_RATE;
    else delete wanted.maxFramerate;
    return wanted;
  });
}
