import { useTranslation } from "react-i18next";
import type { VisitStatus } from "@/protocol/visit";
import css from "./parts.module.css";

/** The state of a visit in words, read out when it changes. */
export function State({ status }: { status: VisitStatus }) {
  const { t } = useTranslation("terms");
  return (
    <span className={css.state} role="status">
      {t(`visit_status.${status}`)}
    </span>
  );
}
