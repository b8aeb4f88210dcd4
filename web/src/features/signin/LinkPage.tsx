import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { post } from "../../api/http";
import { queryClient } from "../../api/queries";
import { useFailure } from "../../api/useFailure";
import { Notice } from "../../primitives/Notice";
import type { SignInLink } from "../../protocol/rest";
import { Frame } from "./Frame";

/** Signs in with the token after `#`, which browsers never send to a server by themselves. */
export function LinkPage() {
  const { t } = useTranslation("office");
  const failure = useFailure();
  const navigate = useNavigate();
  const [error, setError] = useState<unknown>();
  const [token] = useState(() => decodeURIComponent(location.hash.slice(1)));
  // The link works once: a second effect of strict mode must not spend it twice.
  const spent = useRef(false);

  useEffect(() => {
    if (token === "" || spent.current) return;
    spent.current = true;
    history.replaceState(null, "", location.pathname);
    post<void>("/sign-in/link", { token } satisfies SignInLink).then(() => {
      queryClient.clear();
      return navigate({ to: "/", replace: true });
    }, setError);
  }, [token, navigate]);

  const trouble = token === "" ? t("sign_in.link_missing") : error === undefined ? undefined : failure(error);
  return (
    <Frame title={t("sign_in.title")}>
      {trouble === undefined ? (
        <p role="status">{t("sign_in.link")}</p>
      ) : (
        <>
          <Notice tone="bad">{trouble}</Notice>
          <Link to="/dang-nhap">{t("sign_in.by_password")}</Link>
        </>
      )}
    </Frame>
  );
}
