import { useQuery } from "@tanstack/react-query";
import { Navigate, Outlet, useLocation } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { meQuery } from "../api/queries";
import { useFailure } from "../api/useFailure";
import { Button } from "../primitives/Button";
import { Notice } from "../primitives/Notice";
import css from "./Centre.module.css";

/** Lets pages through that need an account; a page already open stays when the server is away for a while. */
export function SignedIn() {
  const { t } = useTranslation("common");
  const failure = useFailure();
  const { href } = useLocation();
  const { data: me, error, isPending, refetch } = useQuery(meQuery);
  if (me) return <Outlet />;
  if (me === null) return <Navigate to="/dang-nhap" search={{ den: href }} replace />;
  return (
    <main className={css.centre}>
      {isPending || !error ? (
        <p>{t("state.loading")}</p>
      ) : (
        <>
          <Notice tone="bad">{failure(error)}</Notice>
          <Button kind="primary" onPress={() => void refetch()}>
            {t("act.retry")}
          </Button>
        </>
      )}
    </main>
  );
}
