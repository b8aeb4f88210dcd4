import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { loadChoice, onLoudspeakersChanged } from "../media/devices";
import { playOn } from "../media/speaker";
import { Button } from "../primitives/Button";
import { useRoomContext, useRoomView } from "./context";
import css from "./RoomAudio.module.css";

/**
 * Plays the sound of all slots; once per screen, on the loudspeaker chosen at the device check. A citizen screen stays
 * mute: the room hears the main device. So does a companion, until the server sends it sound because there is no main
 * device beside it. Where the browser wants a click before it plays, a button asks for it.
 */
export function RoomAudio() {
  const { t } = useTranslation("common");
  const { device } = useRoomContext();
  const { streams, slots } = useRoomView();
  const [blocked, setBlocked] = useState(false);
  const [round, setRound] = useState(0);
  const [sounded, setSounded] = useState(device !== "companion");
  if (!sounded && slots.some(({ sound }) => sound)) setSounded(true);
  if (device === "citizen_screen" || !sounded) return null;
  const retry = () => {
    setBlocked(false);
    setRound(round + 1);
  };
  return (
    <>
      {streams.map((stream) => (
        <SlotSound key={`${stream.id}/${round}`} stream={stream} onBlocked={() => setBlocked(true)} />
      ))}
      {blocked && (
        <div className={css.ask} role="alert">
          <p>{t("sound.blocked")}</p>
          <Button onPress={retry}>{t("sound.allow")}</Button>
        </div>
      )}
    </>
  );
}

function SlotSound({ stream, onBlocked }: { stream: MediaStream; onBlocked: () => void }) {
  const audio = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    const element = audio.current;
    if (!element) return;
    element.srcObject = new MediaStream(stream.getAudioTracks());
    const useChosen = () => void playOn(element, loadChoice().speaker);
    useChosen();
    // A loudspeaker that comes back after its cable was out is the chosen one again.
    const stopListening = onLoudspeakersChanged(useChosen);
    element.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "NotAllowedError") onBlocked();
    });
    return () => {
      stopListening();
      element.srcObject = null;
    };
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- a new callback is no reason to restart the sound
  }, [stream]);
  return <audio ref={audio} />;
}
