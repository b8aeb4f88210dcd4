import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { I18nProvider } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { queryClient } from "../api/queries";
import { Announcer } from "../primitives/Announcer";
import { ErrorBoundary } from "./ErrorBoundary";
import { router } from "./router";

export function App() {
  const { i18n } = useTranslation();
  return (
    <I18nProvider locale={i18n.language === "en" ? "en-GB" : "vi-VN"}>
      <ErrorBoundary>
        <QueryClientProvider client={queryClient}>
          <Announcer>
            <RouterProvider router={router} />
          </Announcer>
        </QueryClientProvider>
      </ErrorBoundary>
    </I18nProvider>
  );
}
