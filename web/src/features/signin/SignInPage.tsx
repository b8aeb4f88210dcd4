import { useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { LanguageSwitch } from "../../app/LanguageSwitch";
import { post } from "../../api/http";
import { queryClient } from "../../api/queries";
import { useFailure } from "../../api/useFailure";
import { Button } from "../../primitives/Button";
import { Field } from "../../primitives/Field";
import { Notice } from "../../primitives/Notice";
import type { SignIn } from "../../protocol/rest";
import { Frame } from "./Frame";
import { KioskSignIn } from "./KioskSignIn";

export function SignInPage() {
  const { t } = useTranslation("office");
  const failure = useFailure();
  const navigate = useNavigate();
  const { den } = useSearch({ from: "/dang-nhap" });
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [error, setError] = useState<unknown>();
  const [pending, setPending] = useState(false);

  const enter = () => {
    queryClient.clear();
    return navigate({ href: den ?? "/" });
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setPending(true);
    setError(undefined);
    try {
      await post<void>("/sign-in", { login: login.trim().toLowerCase(), password } satisfies SignIn);
      await enter();
    } catch (reason) {
      setError(reason);
      setPassword("");
    } finally {
      setPending(false);
    }
  };

  return (
    <Frame title={t("sign_in.title")}>
      <form onSubmit={(event) => void submit(event)}>
        {error !== undefined && <Notice tone="bad">{failure(error)}</Notice>}
        <Field label={t("sign_in.login")} value={login} onChange={setLogin} autoComplete="username" isRequired autoFocus />
        <Field
          label={t("sign_in.password")}
          type="password"
          value={password}
          onChange={setPassword}
          autoComplete="current-password"
          isRequired
        />
        <Button type="submit" kind="primary" size="large" wide isPending={pending}>
          {t("sign_in.go")}
        </Button>
      </form>
      <KioskSignIn onDone={() => void enter()} />
      <LanguageSwitch />
    </Frame>
  );
}
