import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import css from "./Frame.module.css";

/** The page before anybody is signed in. */
export function Frame({ title, children }: { title: string; children: ReactNode }) {
  const { t } = useTranslation("office");
  return (
    <div className={css.page}>
      <header className={css.head}>
        <img src="/icon.svg" alt="" width="72" height="72" />
        <p className={css.product}>{t("common:product")}</p>
        <p>{t("sign_in.purpose")}</p>
      </header>
      <main className={css.card}>
        <h1>{title}</h1>
        {children}
      </main>
    </div>
  );
}
