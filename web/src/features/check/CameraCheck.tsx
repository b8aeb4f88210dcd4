import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { openCamera } from "../../media/devices";
import { Badge } from "../../primitives/Notice";
import { StreamVideo } from "../../room/StreamVideo";
import css from "./CheckPage.module.css";
import { DevicePicker } from "./DevicePicker";
import type { PartProps } from "./part";
import { TroubleNotice } from "./TroubleNotice";
import { useDevices } from "./useDevices";
import { useTrack } from "./useTrack";

/** Picture of the camera behind the outline of a well-framed person. */
export function CameraCheck({ choice, onChoose, round, onRetry }: PartProps) {
  const { t } = useTranslation("device");
  const { track, trouble } = useTrack(`${choice.camera}/${round}`, () => openCamera(choice.camera));
  const { videoinput } = useDevices(track);
  const stream = useMemo(() => track && new MediaStream([track]), [track]);
  return (
    <section className={css.panel} aria-labelledby="camera">
      <h2 id="camera">{t("camera.title")}</h2>
      <DevicePicker
        label={t("camera.choose")}
        devices={videoinput}
        value={choice.camera}
        onChange={(camera) => onChoose({ camera })}
        sample
      />
      <div className={css.picture}>
        <StreamVideo stream={stream} label={t("camera.picture")} mirrored={choice.camera !== "sample"} />
        <svg className={css.outline} viewBox="0 0 160 90" aria-hidden>
          <path d="M80 14c11 0 18 9 18 21s-7 22-18 22-18-10-18-22 7-21 18-21zM36 90c2-18 16-27 44-27s42 9 44 27" />
        </svg>
      </div>
      <p>{t("camera.frame")}</p>
      {track && <Badge tone="good">{t("camera.good")}</Badge>}
      <TroubleNotice trouble={trouble} onRetry={onRetry} />
      <DevicePicker
        label={t("paper.choose")}
        devices={videoinput}
        value={choice.paper}
        onChange={(paper) => onChoose({ paper })}
        none={t("paper.none")}
      />
    </section>
  );
}
