import { useTranslation } from "react-i18next";
import { useSentence } from "../i18n";
import { RequestFailed } from "./http";

/** The sentence for anything a request rejected with. */
export function useFailure(): (error: unknown) => string {
  const { t } = useTranslation("common");
  const sentence = useSentence();
  return (error) => {
    if (!(error instanceof RequestFailed)) return t("failure.page");
    if (error.problem) return sentence(error.problem);
    return error.status === 0 ? t("failure.offline") : t("failure.unknown", { status: error.status });
  };
}
