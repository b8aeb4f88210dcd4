import { Link, Outlet, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useState } from "react";
import { post, RequestFailed } from "../api/http";
import { queryClient } from "../api/queries";
import { Button } from "../primitives/Button";
import { Notice } from "../primitives/Notice";
import { LanguageSwitch } from "./LanguageSwitch";
import css from "./Shell.module.css";
import { useMe } from "./useMe";

/** Frame of the office pages. */
export function Shell() {
  const { t } = useTranslation("common");
  const { user } = useMe();
  const navigate = useNavigate();
  const [stillIn, setStillIn] = useState(false);
  const signOut = async () => {
    try {
      await post("/sign-out");
    } catch (error) {
      // Signed out already is signed out; anything else leaves the cookie alive for whoever opens this browser next.
      if (!(error instanceof RequestFailed && error.status === 401)) return setStillIn(true);
    }
    queryClient.clear();
    await navigate({ to: "/dang-nhap" });
  };
  return (
    <>
      <a className={css.skip} href="#main">
        {t("nav.skip")}
      </a>
      <header className={css.head}>
        <Link to="/" className={css.brand}>
          <img src="/icon.svg" alt="" width="36" height="36" />
          <span>{t("product")}</span>
        </Link>
        <nav aria-label={t("nav.label")} className={css.nav}>
          <Link to="/" activeOptions={{ exact: true }}>
            {t("nav.today")}
          </Link>
          <Link to="/buoi-tiep/moi">{t("nav.create")}</Link>
          <Link to="/kiem-tra-thiet-bi">{t("nav.check")}</Link>
        </nav>
        <div className={css.who}>
          <LanguageSwitch />
          <span className={css.name}>{user.name}</span>
          <Button onPress={() => void signOut()}>{t("nav.sign_out")}</Button>
        </div>
      </header>
      <main id="main" className={css.main} tabIndex={-1}>
        {stillIn && <Notice tone="bad">{t("failure.still_signed_in")}</Notice>}
        <Outlet />
      </main>
    </>
  );
}
