import { useTranslation } from "react-i18next";
import { StreamVideo } from "@/room/StreamVideo";
import { useLocalSources } from "@/room/useLocalSources";
import { useOwnPicture } from "../hooks/useOwnPicture";
import { Trouble } from "../parts/Trouble";
import css from "./point.module.css";

/** The document camera as a device of its own: it only sends. */
export function PaperScreen() {
  const { t } = useTranslation("session");
  const sources = useLocalSources();
  const paper = useOwnPicture("paper");
  return (
    <div className={css.paperScreen}>
      <Trouble sources={sources} />
      {paper ? <StreamVideo stream={paper} label={t("documents.camera")} className={css.paperLarge} /> : <p>{t("documents.no_picture")}</p>}
      <p>{t("documents.only_sends")}</p>
    </div>
  );
}
