import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { dayQuery } from "../../api/queries";
import { localDay, useTimes } from "../../i18n/time";
import { Select } from "../../primitives/Select";
import { mayEnter } from "../today/sessionWay";

const NONE = "none";

/** Which session's room the line is tested in: one of today's that this account has a seat in. */
export function SessionPick({ session }: { session: string | undefined }) {
  const { t } = useTranslation("device");
  const { clock } = useTimes();
  const navigate = useNavigate();
  const { data: rows = [] } = useQuery(dayQuery(localDay(Date.now())));
  const open = rows.filter((row) => mayEnter(row.status) && row.my_points.length > 0);
  const pick = (id: string) => {
    const point = open.find((row) => row.id === id)?.my_points[0];
    void navigate({ to: "/kiem-tra-thiet-bi", search: point === undefined ? {} : { buoi: id, diem: point }, replace: true });
  };
  return (
    <Select
      label={t("session")}
      options={[
        { value: NONE, label: t("no_session") },
        ...open.map(({ id, title, starts_at }) => ({ value: id, label: `${clock(starts_at)} ${title}` })),
      ]}
      value={session ?? NONE}
      onChange={pick}
    />
  );
}
