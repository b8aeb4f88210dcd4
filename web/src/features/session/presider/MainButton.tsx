import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/primitives/Button";
import { Notice } from "@/primitives/Notice";
import { useSession } from "../hooks/roomContext";
import { concludeCommand, mainAction, startCommand } from "../model/presider";
import { ActButton } from "../parts/ActButton";
import { ReasonDialog } from "../parts/ReasonDialog";
import { useAct } from "../parts/useAct";
import { EndSession } from "./EndSession";
import { StartDialog } from "./StartDialog";

/** The one big button: its words follow the state of the session. */
export function MainButton({ onConclude }: { onConclude: (visit: string) => void }) {
  const { t } = useTranslation("session");
  const room = useSession();
  const action = mainAction(room);
  switch (action.kind) {
    case "none":
      return <Notice>{t(action.key)}</Notice>;
    case "card":
      return (
        <Button kind="primary" size="large" wide data-testid="main-button" onPress={() => onConclude(action.visit)}>
          {t(action.key)}
        </Button>
      );
    case "conclude":
      return <Conclude label={t(action.key)} />;
    case "start":
      return <Start duties={action.duties} />;
    case "send":
      if (action.command.do === "propose_end") return <EndSession main />;
      return (
        <ActButton kind="primary" size="large" wide command={action.command} data-testid="main-button">
          {t(action.key, { number: action.number ?? "" })}
        </ActButton>
      );
  }
}

function Conclude({ label }: { label: string }) {
  const { t } = useTranslation("session");
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button kind="primary" size="large" wide data-testid="main-button" onPress={() => setAsking(true)}>
        {label}
      </Button>
      <ReasonDialog
        name="conclude"
        title={t("conclude_session.title")}
        hint={t("conclude_session.hint")}
        label={t("conclude_session.text")}
        confirm={t("conclude_session.confirm")}
        isOpen={asking}
        onClose={() => setAsking(false)}
        command={concludeCommand}
      />
    </>
  );
}

function Start({ duties }: { duties: readonly string[] }) {
  const { t } = useTranslation("session");
  const [asking, setAsking] = useState(false);
  const act = useAct();
  const press = () => {
    if (duties.length > 0) setAsking(true);
    else void act.run(startCommand(""));
  };
  return (
    <>
      <Button kind="primary" size="large" wide isPending={act.pending} data-testid="main-button" onPress={press}>
        {t("main.start")}
      </Button>
      {act.refused && <Notice tone="bad">{act.refused}</Notice>}
      <StartDialog duties={duties} isOpen={asking} onClose={() => setAsking(false)} />
    </>
  );
}
