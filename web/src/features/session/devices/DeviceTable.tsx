import { useTranslation } from "react-i18next";
import { Badge, type Tone } from "@/primitives/Notice";
import { Table } from "@/primitives/Table";
import { useSession } from "../hooks/roomContext";
import type { DeviceLine, Quality } from "../model/devices";
import { deviceLines, percent } from "../model/devices";

const TONES: Record<Quality, Tone> = { good: "good", fair: "info", poor: "warn", bad: "bad", silent: "bad", none: "info" };

/** Every wire with its quality in words and in numbers, the worst first. */
export function DeviceTable() {
  const { t } = useTranslation("session");
  const room = useSession();
  const own = room.connection;
  const sent = (source: string, layer: string | null) =>
    source === "camera" && layer !== null ? `${t("terms:source.camera")} (${t(`devices.layer_${layer}`)})` : t(`terms:source.${source}`);
  return (
    <Table<DeviceLine>
      caption={t("devices.title")}
      rows={deviceLines(room.devices, room.public)}
      keyOf={(line) => line.connection}
      empty={t("devices.none")}
      columns={[
        { title: t("devices.point"), cell: (line) => <strong>{line.pointName === "" ? t("devices.no_point") : line.pointName}</strong> },
        { title: t("devices.kind"), cell: (line) => `${t(`terms:device.${line.row.device}`)}${line.connection === own ? ` ${t("devices.this_one")}` : ""}` },
        { title: t("devices.quality"), cell: (line) => <Badge tone={TONES[line.quality]}>{t(`quality.${line.quality}`)}</Badge> },
        {
          title: t("devices.sending"),
          cell: (line) => (line.row.sending.length === 0 ? t("devices.sends_nothing") : line.row.sending.map((source) => sent(source, line.row.layer)).join(", ")),
        },
        { title: t("devices.loss"), cell: (line) => percent(line.row.loss_permille) },
        { title: t("devices.rtt"), cell: (line) => (line.row.rtt_ms === null ? "–" : `${line.row.rtt_ms}\u00a0ms`) },
        { title: t("devices.jitter"), cell: (line) => `${line.row.jitter_ms}\u00a0ms` },
        { title: t("devices.concealed"), cell: (line) => (line.row.concealed_permille === null ? "–" : percent(line.row.concealed_permille)) },
        { title: t("devices.rate"), cell: (line) => `↑\u00a0${line.row.up_kbps} / ↓\u00a0${line.row.down_kbps} kbit/s` },
        { title: t("devices.way"), cell: (line) => (line.row.media === "none" ? "–" : t(`devices.rung.${line.row.rung}`)) },
      ]}
    />
  );
}
