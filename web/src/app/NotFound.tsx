import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import css from "./Centre.module.css";

export function NotFound() {
  const { t } = useTranslation("common");
  return (
    <main className={css.centre}>
      <p>{t("state.not_found")}</p>
      <Link to="/">{t("nav.today")}</Link>
    </main>
  );
}
