import { useTranslation } from "react-i18next";
import { storedFile } from "@/api/paths";
import type { StoredFile } from "@/protocol/cases";
import css from "./parts.module.css";

/** Papers of a visit with links to open them. */
export function FileList({ files }: { files: readonly StoredFile[] }) {
  const { t } = useTranslation("session");
  if (files.length === 0) return <p className={css.soft}>{t("documents.none")}</p>;
  return (
    <ul className={css.files}>
      {files.map((file) => (
        <li key={file.id}>
          <a href={storedFile(file.id)} target="_blank" rel="noreferrer">
            {file.name}
          </a>{" "}
          <span className={css.soft}>
            {t(`terms:file_kind.${file.kind}`)}, {t("documents.kilobytes", { kilobytes: Math.max(1, Math.round(file.bytes / 1024)) })}
          </span>
        </li>
      ))}
    </ul>
  );
}
