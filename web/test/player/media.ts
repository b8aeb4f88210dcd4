/**
 * Runs in the page before its scripts and stands for the peer connection: each slot gets a drawn picture, and the
 * counters say that packets come.
 */
export function playedMedia(): void {
  const draw = (index: number): MediaStreamTrack => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
    const pen = canvas.getContext("2d");
    const hue = (index * 67 + 190) % 360;
    setInterval(() => {
      if (!pen) return;
      pen.fillStyle = `hsl(${hue} 28% 82%)`;
      pen.fillRect(0, 0, 640, 360);
      pen.fillStyle = `hsl(${hue} 30% 36%)`;
      pen.beginPath();
      pen.arc(320, 150, 58, 0, 7);
      pen.ellipse(320, 330, 135, 110, 0, 0, 7);
      pen.fill();
      pen.fillStyle = "#5a4634";
      pen.fillRect(0, 310, 640, 50);
    }, 100);
    return canvas.captureStream(10).getVideoTracks()[0] as MediaStreamTrack;
  };
  const silence = () => new AudioContext().createMediaStreamDestination().stream.getAudioTracks()[0];
  let pictures = 0;
  class PlayedConnection {
    connectionState = "new";
    packets = 0;
    addTransceiver(kind: string) {
      const sender = { track: null as unknown, replaceTrack: async (next: unknown) => void (sender.track = next) };
      const track = kind === "audio" ? silence() : draw(pictures++);
      return { sender, receiver: { track }, setCodecPreferences: () => undefined };
    }
    createOffer = async () => ({ type: "offer", sdp: "v=0\r\n" });
    setLocalDescription = async () => undefined;
    setRemoteDescription = async () => void (this.connectionState = "connected");
    getStats = async () => {
      this.packets += 20;
      return new Map<string, object>([
        ["pair", { type: "candidate-pair", packetsReceived: this.packets, responsesReceived: 1 }],
        ["in", { type: "inbound-rtp", framesDecoded: this.packets }],
      ]);
    };
    close() {
      this.connectionState = "closed";
    }
  }
  Object.assign(globalThis, { RTCPeerConnection: PlayedConnection });
}
