import { useTranslation } from "react-i18next";
import { Notice } from "@/primitives/Notice";
import { useSession } from "../hooks/roomContext";
import { recordingLine } from "../model/banner";
import { missingPoints, takeOvers } from "../model/devices";
import { ActButton } from "../parts/ActButton";
import { Icon } from "../parts/Icon";
import { Panel } from "../parts/Panel";
import { DeviceTable } from "./DeviceTable";
import { LineHistories } from "./LineHistories";
import css from "./devices.module.css";

/** Devices, lines and recorder; of what is said and of who is there the technician learns nothing. */
export function TechnicianScreen() {
  const { t } = useTranslation("session");
  const room = useSession();
  const missing = missingPoints(room.public);
  const requests = takeOvers(room.devices, room.public);
  const recorder = room.public && recordingLine(room.public);
  return (
    <div className={css.screen}>
      <div className={css.heads}>
        <Panel title={t("devices.recorder")}>
          {recorder && (
            <p className={css.big}>
              <Icon name={recorder.icon} /> {t(recorder.key)}
            </p>
          )}
          {room.public?.recording === "failed" && <Notice tone="bad">{t("devices.recorder_failed")}</Notice>}
        </Panel>
        <Panel title={t("devices.to_call")}>
          {missing.length === 0 ? (
            <p>{t("devices.all_linked")}</p>
          ) : (
            <ul className={css.list}>
              {missing.map((point) => (
                <li key={point.point}>
                  <Icon name="link" /> <strong>{point.name}</strong>: {t(`link.${point.link}`)}
                </li>
              ))}
            </ul>
          )}
        </Panel>
        <Panel title={t("devices.take_over")}>
          {requests.length === 0 ? (
            <p className={css.soft}>{t("devices.no_take_over")}</p>
          ) : (
            requests.map((request) => (
              <div key={request.connection} className={css.request}>
                <p>{t("devices.take_over_asked", { point: request.pointName })}</p>
                <ActButton kind="primary" command={{ do: "take_over", connection: request.connection }}>
                  {t("devices.take_over_allow")}
                </ActButton>
              </div>
            ))
          )}
        </Panel>
      </div>
      <Panel title={t("devices.title")}>
        <DeviceTable />
      </Panel>
      <LineHistories />
    </div>
  );
}
