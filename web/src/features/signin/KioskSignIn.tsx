import { useEffect, useState } from "react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { signInKiosk } from "../../api/kiosk";
import { useFailure } from "../../api/useFailure";
import { pairedKiosk } from "../../live/kioskKey";
import { Button } from "../../primitives/Button";
import { Notice } from "../../primitives/Notice";

/** On a paired machine: sign in as the point, without a password. Elsewhere: the way to pair it. */
export function KioskSignIn({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation("office");
  const failure = useFailure();
  const [paired, setPaired] = useState<boolean>();
  const [error, setError] = useState<unknown>();
  const [pending, setPending] = useState(false);
  useEffect(() => {
    pairedKiosk().then(
      (kiosk) => setPaired(kiosk !== undefined),
      () => setPaired(false),
    );
  }, []);
  const enter = async () => {
    setPending(true);
    setError(undefined);
    try {
      if (await signInKiosk()) onDone();
    } catch (reason) {
      setError(reason);
    } finally {
      setPending(false);
    }
  };
  if (paired === undefined) return null;
  if (!paired) return <Link to="/dang-nhap/ghep-may">{t("pair.title")}</Link>;
  return (
    <>
      {error !== undefined && <Notice tone="bad">{failure(error)}</Notice>}
      <Button size="large" wide isPending={pending} onPress={() => void enter()}>
        {t("pair.enter")}
      </Button>
    </>
  );
}
