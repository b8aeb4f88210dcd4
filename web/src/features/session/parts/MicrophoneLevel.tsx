import { useTranslation } from "react-i18next";
import { loudnessOf } from "@/media/levels";
import { Level } from "@/primitives/Level";
import { useLevels } from "@/room/context";
import css from "./Microphone.module.css";

/** How loud the server hears this point, while its microphone is open: that one is heard at all can be seen. */
export function MicrophoneLevel({ point }: { point: string }) {
  const { t } = useTranslation("session");
  const loudness = loudnessOf(useLevels()[point]);
  return (
    <div className={css.level}>
      <Level label={t("microphone.level")} value={loudness} said={t(loudness > 0 ? "microphone.sound" : "microphone.silence")} />
    </div>
  );
}
