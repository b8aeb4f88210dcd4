import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { duration } from "../../i18n/time";
import { useTimes } from "../../i18n/time";
import { Button } from "../../primitives/Button";
import { Table } from "../../primitives/Table";
import type { RecordView } from "../../protocol/rest";
import { Player } from "./Player";
import { lengthMs, reels, type Reel } from "./playlist";
import css from "./RecordPage.module.css";

export function RecordingTab({ record }: { record: RecordView }) {
  const { t } = useTranslation("office");
  const { seconds } = useTimes();
  const all = useMemo(() => reels(record.segments), [record.segments]);
  const [chosen, setChosen] = useState<Reel | null>(null);
  const place = (reel: Reel) => record.points.find(({ point }) => point === reel.point)?.name ?? "";
  const part = (reel: Reel) => {
    const visit = record.visits.find((one) => one.visit === reel.visit);
    return visit ? t("record.number", { number: visit.number }) : t("record.session_part");
  };
  const source = (reel: Reel) => t(`terms:source.${reel.main[0]?.source ?? "camera"}`);
  return (
    <section className={css.card} aria-label={t("record.recording")}>
      {chosen && (
        <Player
          key={chosen.key}
          session={record.session.id}
          reel={chosen}
          title={[part(chosen), place(chosen), source(chosen)].join(", ")}
        />
      )}
      <Table
        caption={t("record.recording")}
        empty={t("record.no_segments")}
        rows={all}
        keyOf={({ key }) => key}
        columns={[
          { title: t("record.visits"), cell: part },
          { title: t("record.point"), cell: place },
          { title: t("record.recording"), cell: source },
          { title: t("record.from"), cell: ({ main: [first] }) => first && seconds(first.began_at) },
          { title: t("record.length"), cell: ({ main }) => duration(lengthMs(main)) },
          {
            title: t("record.play"),
            cell: (reel) => <Button onPress={() => setChosen(reel)}>{t("record.play")}</Button>,
          },
        ]}
      />
    </section>
  );
}
