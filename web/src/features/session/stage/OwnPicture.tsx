import { useTranslation } from "react-i18next";
import { StreamVideo } from "@/room/StreamVideo";
import { Icon } from "../parts/Icon";
import { useOwnPicture } from "../hooks/useOwnPicture";
import css from "./Stage.module.css";

/** The own camera in a corner: proof that it runs, and how one is seen. */
export function OwnPicture() {
  const { t } = useTranslation("session");
  const stream = useOwnPicture("camera");
  return (
    <figure className={css.own}>
      {stream ? <StreamVideo stream={stream} label={t("stage.own_picture")} mirrored className={css.video} /> : <Icon name="person" size="2rem" />}
      <figcaption className={css.ownName}>{stream ? t("stage.own") : t("stage.own_dark")}</figcaption>
    </figure>
  );
}
