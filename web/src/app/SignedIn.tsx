import { useQuery } from "@tanstack/react-query";
import { Outlet, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
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
  const { data: me, error, isPending, refetch } = useQuery(meQuery);
  if (me) return <Outlet />;
  if (me === null) return <GoSignIn />;
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

/** Once: this component stays on the page until the sign-in page has loaded, while the address has changed already. */
function GoSignIn() {
  const router = useRouter();
  useEffect(() => {
    const { href, pathname } = router.latestLocation;
    if (!pathname.startsWith("/dang-nhap")) void router.navigate({ to: "/dang-nhap", search: { den: href }, replace: true });
  }, [router]);
  return null;
}
