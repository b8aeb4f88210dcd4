import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { duration, useTimes } from "../../i18n/time";
import { Button } from "../../primitives/Button";
import { Table } from "../../primitives/Table";
import type { RecordView } from "../../protocol/rest";
import { Player } from "./Player";
import { places, reels, type Place } from "./reel";
import css from "./RecordPage.module.css";

export function RecordingTab({ record }: { record: RecordView }) {
  const { t } = useTranslation("office");
  const { seconds } = useTimes();
  const all = useMemo(() => reels(record.segments), [record.segments]);
  const rows = useMemo(() => places(record.segments), [record.segments]);
  const [chosen, setChosen] = useState<Place | null>(null);
  const reel = chosen && all.find(({ visit }) => visit === chosen.visit);
  const nameOf = (point: string) => record.points.find((one) => one.point === point)?.name ?? "";
  const part = ({ visit: id }: Place) => {
    const visit = record.visits.find(({ visit }) => visit === id);
    return visit ? t("record.number", { number: visit.number }) : t("record.session_part");
  };
  return (
    <section className={css.card} aria-label={t("record.recording")}>
      {chosen && reel && (
        <Player
          key={chosen.key}
          session={record.session.id}
          reel={reel}
          point={chosen.point}
          startMs={chosen.fromMs}
          title={[part(chosen), nameOf(chosen.point)].join(", ")}
          nameOf={nameOf}
        />
      )}
      <Table
        caption={t("record.recording")}
        empty={t("record.no_segments")}
        rows={rows}
        keyOf={({ key }) => key}
        columns={[
          { title: t("record.visits"), cell: part },
          { title: t("record.point"), cell: ({ point }) => nameOf(point) },
          { title: t("record.recording"), cell: ({ sources }) => sources.map((source) => t(`terms:source.${source}`)).join(", ") },
          { title: t("record.from"), cell: ({ fromMs }) => seconds(fromMs) },
          { title: t("record.length"), cell: ({ fromMs, toMs }) => duration(toMs - fromMs) },
          {
            title: t("record.play"),
            cell: (place) => <Button onPress={() => setChosen(place)}>{t("record.play")}</Button>,
          },
        ]}
      />
    </section>
  );
}
