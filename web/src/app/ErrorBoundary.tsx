import { Component, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../primitives/Button";
import { Notice } from "../primitives/Notice";
import css from "./Centre.module.css";

/** Catches what a screen throws while drawing; the rest of the page is gone, saved data is not. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? <PageFailure /> : this.props.children;
  }
}

export function PageFailure() {
  const { t } = useTranslation("common");
  return (
    <main className={css.centre}>
      <Notice tone="bad">
        <p>{t("failure.page")}</p>
      </Notice>
      <Button kind="primary" onPress={() => location.reload()}>
        {t("failure.reload")}
      </Button>
    </main>
  );
}
