import { useTranslation } from "react-i18next";
import css from "./SlotVideo.module.css";
import { StreamVideo } from "./StreamVideo";
import { useRoomView } from "./context";

/**
 * The picture of receive slot `slot`; nothing while the slot shows no picture. Where the line does not take it the last
 * one stands, with the reason; what this machine does not decode is not shown. Sound comes from `RoomAudio`.
 */
export function SlotVideo({ slot, label, className }: { slot: number; label: string; className?: string | undefined }) {
  const { t } = useTranslation("common");
  const { slots, streams } = useRoomView();
  const stream = streams[slot];
  const shown = slots[slot];
  if (!stream || !shown?.picture) return null;
  if (shown.undecoded) {
    return (
      <p className={css.paused} role="status">
        {t("picture.undecoded")}
      </p>
    );
  }
  return (
    <>
      <StreamVideo stream={stream} label={label} className={className} />
      {shown.paused && (
        <p className={css.paused} role="status">
          {t("picture.paused")}
        </p>
      )}
    </>
  );
}
