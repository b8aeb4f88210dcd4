import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Button } from "@/primitives/Button";
import { Notice } from "@/primitives/Notice";
import css from "./frame.module.css";

const REASONS: Record<number, string> = {
  401: "ended.signed_out",
  403: "ended.no_access",
  404: "ended.not_found",
  4401: "ended.signed_out",
  4403: "ended.no_access",
  4404: "ended.not_found",
  4409: "ended.taken_over",
  4410: "ended.too_many",
};

/** The connection is over for good: why, and the ways on. */
export function Ended({ code }: { code: number }) {
  const { t } = useTranslation("session");
  return (
    <main className={css.ended}>
      <Notice tone="warn">
        <p>{t(REASONS[code] ?? "ended.unknown")}</p>
      </Notice>
      <div className={css.endedActions}>
        <Button kind="primary" size="large" onPress={() => location.reload()}>
          {t("ended.reload")}
        </Button>
        <Link to="/">{t("ended.today")}</Link>
      </div>
    </main>
  );
}
