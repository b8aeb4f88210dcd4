import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "../../app/useMe";
import { useTimes } from "../../i18n/time";
import { ButtonLink } from "../../primitives/ButtonLink";
import { Badge } from "../../primitives/Notice";
import { Select } from "../../primitives/Select";
import type { SessionRow } from "../../protocol/rest";
import css from "./SessionCard.module.css";
import { entrance, seatIn } from "./entrance";
import { devicesOf, hasRecord, mayEnter, wayOf } from "./sessionWay";
import { statusTone } from "./statusTone";

export function SessionCard({ row }: { row: SessionRow }) {
  const { t } = useTranslation("office");
  const { clock } = useTimes();
  const { points, kiosk } = useMe();
  const mine = row.my_points;
  const seat = seatIn(row, kiosk);
  const [point, setPoint] = useState(seat.point);
  const [device, setDevice] = useState(seat.device);
  const devices = devicesOf(row.functions);
  const way = wayOf(row.status);
  const room = entrance(row.id, { point, device });

  return (
    <article className={css.card}>
      <div className={css.time}>
        <span className="visually-hidden">{t("today.starts")}</span>
        {clock(row.starts_at)}
      </div>
      <div className={css.what}>
        <h2>{row.title}</h2>
        <p>
          {row.unit_name} · {t(`terms:reception_kind.${row.kind}`)} · {t("today.visits", { count: row.visits })}
        </p>
        <p>
          {row.functions.length === 0
            ? t("today.no_function")
            : `${t("today.you")}: ${row.functions.map((one) => t(`terms:function.${one}`)).join(", ")}`}
        </p>
        <Badge tone={statusTone(row.status)}>{t(`terms:session_status.${row.status}`)}</Badge>
      </div>
      <div className={css.go}>
        {mayEnter(row.status) && mine.length > 1 && (
          <Select
            label={t("today.point")}
            options={mine.map((id) => ({ value: id, label: points.find((one) => one.id === id)?.name ?? id }))}
            value={point}
            onChange={setPoint}
          />
        )}
        {mayEnter(row.status) && mine.length > 0 && devices.length > 0 && (
          <Select
            label={t("today.device")}
            options={devices.map((value) => ({ value, label: t(`terms:device.${value}`) }))}
            value={device}
            onChange={setDevice}
          />
        )}
        {way === "enter" && (
          <ButtonLink {...room} kind="primary" size="large">
            {t("today.enter")}
          </ButtonLink>
        )}
        {way === "prepare" && (
          <ButtonLink to="/buoi-tiep/$id/chuan-bi" params={{ id: row.id }} kind="primary" size="large">
            {t("today.prepare")}
          </ButtonLink>
        )}
        {way === "record" && (
          <ButtonLink to="/buoi-tiep/$id/ho-so" params={{ id: row.id }} kind="primary" size="large">
            {t("today.record")}
          </ButtonLink>
        )}
        <p className={css.also}>
          {way !== "enter" && mayEnter(row.status) && <Link {...room}>{t("today.enter")}</Link>}
          {way === "enter" && (
            <Link to="/buoi-tiep/$id/chuan-bi" params={{ id: row.id }}>
              {t("today.prepare")}
            </Link>
          )}
          {way !== "record" && hasRecord(row.status) && (
            <Link to="/buoi-tiep/$id/ho-so" params={{ id: row.id }}>
              {t("today.record")}
            </Link>
          )}
        </p>
      </div>
    </article>
  );
}
