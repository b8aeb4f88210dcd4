import { useTranslation } from "react-i18next";
import { keptCheckpoints } from "../../live/checkpoints";

const asFile = (text: string) => `data:text/plain;charset=utf-8,${encodeURIComponent(text)}`;

/** Signed heads this browser was given during the session: proof that does not lie with the server. */
export function KeptHeads({ session }: { session: string }) {
  const { t } = useTranslation("office");
  const kept = keptCheckpoints(session);
  if (kept.length === 0) return null;
  return (
    <>
      <p>{t("record.kept")}</p>
      <ul>
        {kept.map(({ seq, file }) => (
          <li key={seq}>
            <a href={asFile(file)} download={`moc-${session.slice(0, 8)}-${seq}.txt`}>
              {t("record.kept_head", { seq })}
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}
