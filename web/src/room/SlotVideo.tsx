import { StreamVideo } from "./StreamVideo";
import { useRoomView } from "./context";

/** The picture of receive slot `slot`; nothing while the slot shows no picture. Sound comes from `RoomAudio`. */
export function SlotVideo({ slot, label, className }: { slot: number; label: string; className?: string | undefined }) {
  const { slots, streams } = useRoomView();
  const stream = streams[slot];
  if (!stream || !slots[slot]?.picture) return null;
  return <StreamVideo stream={stream} label={label} className={className} />;
}
