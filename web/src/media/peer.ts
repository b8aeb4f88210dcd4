import type { CameraLayer, RelayView } from "../protocol/frame";
import type { LocalMedia, SourceKind } from "./local";
import { shareOut, wantedEncodings, type Share } from "./layers";
import { compactOffer, roomCodecs, slotCodecs } from "./sdp";
import { readStats, type LinkStats } from "./stats";

/** Lowest first: the order of `a=simulcast` is the order of layers in the server. */
const LAYERS: RTCRtpEncodingParameters[] = [
  { rid: "q", scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: "h", scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: "f", scaleResolutionDownBy: 1, maxBitrate: 1_500_000 },
];
const ONE_LAYER: RTCRtpEncodingParameters[] = [{ maxBitrate: 1_500_000 }];

export interface PeerOptions {
  /** Receive slot pairs, from `welcome`. */
  slots: number;
  local: LocalMedia;
  /** Three layers of the camera; off on weak machines. */
  simulcast: boolean;
  /** The server's relay, where the network lets nothing else through; the browser still takes the best way it finds. */
  relay?: RelayView | undefined;
}

/**
 * One join: one peer connection, one offer, one answer, then silence in signaling. The m-lines are, in this order:
 * camera, paper, microphone, then per slot a picture and its sound.
 */
export class Peer {
  private pc: RTCPeerConnection;
  private senders: Record<SourceKind, RTCRtpSender>;
  private stopListening: () => void;
  /** Changes of what is sent, one after the other: a browser refuses the second of two at once. */
  private changes: Promise<void> = Promise.resolve();
  private wanted: { layers: readonly CameraLayer[]; idle: boolean } = { layers: ["quarter", "half", "full"], idle: false };
  private share: Share = shareOut(undefined, undefined);
  /** Stream k shows what slot k is fed with; the same objects for the life of the connection. */
  readonly streams: readonly MediaStream[];

  constructor(private options: PeerOptions) {
    const { local, slots, simulcast, relay } = options;
    this.pc = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers: relay ? [relay] : [] });
    this.senders = {
      camera: this.send("video", simulcast ? LAYERS : ONE_LAYER),
      paper: this.send("video", [{ maxBitrate: 2_000_000, maxFramerate: 8 }]),
      microphone: this.send("audio", [{ maxBitrate: 40_000, priority: "high", networkPriority: "high" }]),
    };
    this.streams = Array.from({ length: slots }, () => new MediaStream([this.receive("video"), this.receive("audio")]));
    this.stopListening = local.subscribe(() => this.useTracks());
    this.useTracks();
  }

  /** The offer to send. Called once. */
  async offer(): Promise<string> {
    const description = await this.pc.createOffer();
    await this.pc.setLocalDescription(description);
    return compactOffer(description.sdp ?? "");
  }

  /** The server's answer. Called once. */
  async accept(sdp: string): Promise<void> {
    await this.pc.setRemoteDescription({ type: "answer", sdp });
  }

  /** Which layers of the camera the server wants; `idle`: nobody watches, a few pictures a second will do. */
  wantLayers(layers: readonly CameraLayer[], idle: boolean): void {
    this.wanted = { layers, idle };
    this.changeCamera();
  }

  /** How much the line takes on the way out, as the browser believes: a narrow one is shared out anew. */
  fit(outgoing: number | undefined): void {
    const { sound, camera } = this.share;
    this.share = shareOut(outgoing, this.share);
    if (this.share.sound !== sound) {
      const maxBitrate = this.share.sound;
      this.change("microphone", (encodings) => encodings.map((encoding) => ({ ...encoding, maxBitrate })));
    }
    if (this.share.camera !== camera) this.changeCamera();
  }

  private changeCamera(): void {
    const { layers, idle } = this.wanted;
    const most = this.share.camera;
    const usual = this.options.simulcast ? LAYERS : ONE_LAYER;
    this.change("camera", (encodings) => {
      const whole = encodings.map((encoding, place) => ({ ...encoding, ...usual[place] }));
      return wantedEncodings(whole, layers, idle, most);
    });
  }

  private change(kind: SourceKind, next: (encodings: RTCRtpEncodingParameters[]) => RTCRtpEncodingParameters[]): void {
    const sender = this.senders[kind];
    this.changes = this.changes
      .then(() => {
        const parameters = sender.getParameters();
        return sender.setParameters({ ...parameters, encodings: next(parameters.encodings) });
      })
      // A closed connection, or a browser that cannot: it goes on with all it sends.
      .catch(() => undefined);
  }

  get state(): RTCPeerConnectionState {
    return this.pc.connectionState;
  }

  async stats(): Promise<LinkStats> {
    return readStats(await this.pc.getStats());
  }

  close(): void {
    this.stopListening();
    this.pc.close();
  }

  private send(kind: "audio" | "video", sendEncodings: RTCRtpEncodingParameters[]): RTCRtpSender {
    const transceiver = this.pc.addTransceiver(kind, { direction: "sendonly", sendEncodings });
    limitCodecs(transceiver, roomCodecs(kind));
    return transceiver.sender;
  }

  private receive(kind: "audio" | "video"): MediaStreamTrack {
    const transceiver = this.pc.addTransceiver(kind, { direction: "recvonly" });
    limitCodecs(transceiver, slotCodecs(kind));
    return transceiver.receiver.track;
  }

  private useTracks(): void {
    for (const kind of ["camera", "paper", "microphone"] as const) {
      const track = this.options.local.track(kind);
      const sender = this.senders[kind];
      // A closed connection refuses; its successor has the track already.
      if (sender.track !== track) void sender.replaceTrack(track).catch(() => undefined);
    }
  }
}

function limitCodecs(transceiver: RTCRtpTransceiver, codecs: RTCRtpCodec[]): void {
  if (codecs.length > 0) transceiver.setCodecPreferences(codecs);
}
