import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/primitives/Button";
import { Dialog } from "@/primitives/Dialog";
import { Notice } from "@/primitives/Notice";
import { useSession } from "../hooks/roomContext";
import { openAtEnd } from "../model/presider";
import { useAct } from "../parts/useAct";
import css from "./presider.module.css";

/** The two steps that end the session: what is still open is shown, then the end is confirmed and can be undone. */
export function EndSession({ main = false }: { main?: boolean }) {
  const { t } = useTranslation("session");
  const room = useSession();
  const [asking, setAsking] = useState(false);
  const act = useAct();
  const open = openAtEnd(room);
  const close = () => {
    act.clear();
    setAsking(false);
  };
  const propose = () => {
    setAsking(true);
    void act.run({ do: "propose_end" });
  };
  const confirm = async () => {
    if (await act.run({ do: "confirm_end" })) close();
  };
  return (
    <>
      <Button kind={main ? "primary" : "secondary"} size={main ? "large" : "normal"} wide data-testid={main ? "main-button" : "end-session"} onPress={propose}>
        {t("main.end")}
      </Button>
      <Dialog
        title={t("end.title")}
        isOpen={asking}
        onClose={close}
        actions={
          <>
            <Button onPress={close}>{t("dialog.back")}</Button>
            <Button kind="danger" isPending={act.pending} onPress={() => void confirm()}>
              {t("end.propose")}
            </Button>
          </>
        }
      >
        <p>{t("end.explain")}</p>
        {open.length > 0 && (
          <>
            <p>{t("end.open")}</p>
            <ul className={css.duties}>
              {open.map(([id, row]) => (
                <li key={id}>
                  {t("card.number", { number: row.number })}: {t(`terms:visit_status.${row.status}`)}
                </li>
              ))}
            </ul>
          </>
        )}
        {act.refused && <Notice tone="bad">{act.refused}</Notice>}
      </Dialog>
    </>
  );
}
