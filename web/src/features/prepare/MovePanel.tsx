import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../primitives/Button";
import { Section } from "../../primitives/Form";
import type { PublicSection } from "../../protocol/section";
import type { SessionAct } from "../../protocol/session";
import { useCommand } from "../../room/context";
import { MoveDialog } from "./MoveDialog";
import { exitsOf, FORWARD } from "./moves";
import css from "./PreparePage.module.css";
import { RefusalNotice } from "./RefusalNotice";

/** Moves the session towards its day, or away from it. */
export function MovePanel({ shared }: { shared: PublicSection }) {
  const { t } = useTranslation("office");
  const { run, pending, refusal } = useCommand();
  const [leaving, setLeaving] = useState<SessionAct | null>(null);
  const forward = FORWARD[shared.status];
  const exits = exitsOf(shared.status);
  if (!forward && exits.length === 0) return null;
  return (
    <Section title={t("prepare.move")}>
      <div className={css.buttons}>
        {forward && (
          <Button
            kind="primary"
            isPending={pending}
            onPress={() => void run({ do: "move_session", act: forward, reason: "", new_start: null })}
          >
            {t(`prepare.act.${forward}`)}
          </Button>
        )}
        {exits.map((act) => (
          <Button key={act} onPress={() => setLeaving(act)}>
            {t(`prepare.act.${act}`)}
          </Button>
        ))}
      </div>
      <RefusalNotice refusal={refusal} />
      {forward && refusal?.code === "gate_without_evidence" && (
        <Button onPress={() => setLeaving(forward)}>{t("prepare.with_reason")}</Button>
      )}
      {leaving && <MoveDialog act={leaving} onClose={() => setLeaving(null)} />}
    </Section>
  );
}
