import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/primitives/Button";
import { useSession } from "../hooks/roomContext";
import { paperStep, signatures } from "../model/minutes";
import { nameOf } from "../model/names";
import { moveVisit } from "../model/presider";
import { at } from "../model/sections";
import { ActButton } from "../parts/ActButton";
import { Panel } from "../parts/Panel";
import { ReasonDialog } from "../parts/ReasonDialog";
import { State } from "../parts/State";
import { ClosingCard } from "../presider/ClosingCard";
import { Classify } from "./Classify";
import css from "./minutes.module.css";
import { ReadBack } from "./ReadBack";

type Asked = "card" | "read_back" | "classify" | "reopen";

/** From the last word to the end of the visit: conclude, freeze, read back, sign, classify, end. */
export function PaperPanel({ visit }: { visit: string }) {
  const { t } = useTranslation("session");
  const room = useSession();
  const section = room.visits[visit];
  const status = section?.status ?? at(room.staff?.visits, visit)?.status ?? "waiting";
  const [asked, setAsked] = useState<Asked>();
  const step = paperStep(visit, status);
  const close = () => setAsked(undefined);
  return (
    <Panel title={t("paper.title")} aside={<State status={status} />}>
      {status === "in_session" && <Button onPress={() => setAsked("card")}>{t("paper.fill_card")}</Button>}
      {status === "heard" && <Button onPress={() => setAsked("card")}>{t("paper.change_card")}</Button>}
      {step.kind === "send" && step.command.do !== "read_back" && (
        <ActButton kind="primary" size="large" wide command={step.command} data-testid="paper-step">
          {t(step.key)}
        </ActButton>
      )}
      {step.kind === "send" && step.command.do === "read_back" && (
        <Button kind="primary" size="large" wide data-testid="paper-step" onPress={() => setAsked("read_back")}>
          {t(step.key)}
        </Button>
      )}
      {step.kind === "classify" && (
        <Button kind="primary" size="large" wide data-testid="paper-step" onPress={() => setAsked("classify")}>
          {t(step.key)}
        </Button>
      )}
      {(step.kind === "wait" || step.kind === "done") && <p>{t(step.key)}</p>}
      {section && ["recorded", "read_back", "confirmed", "refused_to_sign"].includes(status) && (
        <ul className={css.signatures}>
          {signatures(section).map((row) => (
            <li key={row.id}>
              {nameOf(t, row.person)}:{" "}
              {row.state === "confirmed" ? t(`confirmation.${row.detail}`) : row.state === "refused" ? t("paper.refused", { reason: row.detail }) : t("paper.owed")}
            </li>
          ))}
        </ul>
      )}
      {(status === "recorded" || status === "read_back") && (
        <div className={css.row}>
          {status === "read_back" && <Button onPress={() => setAsked("read_back")}>{t("paper.show_text")}</Button>}
          <Button onPress={() => setAsked("reopen")}>{t("paper.reopen")}</Button>
        </div>
      )}
      {section?.frozen != null && <p className={css.hash}>{t("paper.hash", { hash: section.frozen.slice(0, 16) })}</p>}
      {section?.register != null && <p>{t("paper.register", { register: section.register })}</p>}
      {asked === "card" && <ClosingCard visit={visit} onClose={close} />}
      {asked === "read_back" && section && <ReadBack section={section} canConfirm={status === "recorded"} onClose={close} />}
      {asked === "classify" && section && <Classify section={section} onClose={close} />}
      <ReasonDialog
        name={`reopen/${visit}`}
        title={t("paper.reopen_title")}
        hint={t("paper.reopen_hint")}
        label={t("dialog.reason")}
        confirm={t("paper.reopen")}
        isOpen={asked === "reopen"}
        onClose={close}
        command={(reason) => moveVisit(visit, "reopen", reason)}
      />
    </Panel>
  );
}
