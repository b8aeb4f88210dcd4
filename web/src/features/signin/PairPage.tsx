import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { pairKiosk, signInKiosk } from "../../api/kiosk";
import { queryClient } from "../../api/queries";
import { useFailure } from "../../api/useFailure";
import { Button } from "../../primitives/Button";
import { Field } from "../../primitives/Field";
import { Notice } from "../../primitives/Notice";
import { Frame } from "./Frame";

/** Once per machine: the administrator's code binds this browser to its point. */
export function PairPage() {
  const { t } = useTranslation("office");
  const failure = useFailure();
  const navigate = useNavigate();
  const [code, setCode] = useState("");
  const [error, setError] = useState<unknown>();
  const [pending, setPending] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setPending(true);
    setError(undefined);
    try {
      await pairKiosk(code.trim());
      await signInKiosk();
      queryClient.clear();
      await navigate({ to: "/" });
    } catch (reason) {
      setError(reason);
    } finally {
      setPending(false);
    }
  };
  return (
    <Frame title={t("pair.title")}>
      <p>{t("pair.explain")}</p>
      <form onSubmit={(event) => void submit(event)}>
        {error !== undefined && <Notice tone="bad">{failure(error)}</Notice>}
        <Field label={t("pair.code")} value={code} onChange={setCode} autoComplete="off" isRequired autoFocus />
        <Button type="submit" kind="primary" size="large" wide isPending={pending}>
          {t("pair.go")}
        </Button>
      </form>
      <Link to="/dang-nhap">{t("sign_in.by_password")}</Link>
    </Frame>
  );
}
