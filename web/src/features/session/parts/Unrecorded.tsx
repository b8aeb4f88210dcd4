import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/primitives/Button";
import { Notice } from "@/primitives/Notice";
import { useSession } from "../hooks/roomContext";
import { unrecordedTurn } from "../model/unrecorded";
import { ActButton } from "./ActButton";
import { Panel } from "./Panel";
import { ReasonDialog } from "./ReasonDialog";

/** The recorder has failed and the session paused: the presider asks with a reason, the note-taker agrees to it. */
export function Unrecorded() {
  const { t } = useTranslation("session");
  const now = unrecordedTurn(useSession());
  if (!now) return null;
  if (now.turn === "ask") return <Asking asked={now.asked} />;
  return (
    <Panel title={t("unrecorded.title")}>
      {now.turn === "wait" ? (
        <Notice>{t("unrecorded.presider_first")}</Notice>
      ) : (
        <>
          <Notice tone="warn">{t("unrecorded.asked", { name: now.by, reason: now.reason })}</Notice>
          <p>{t("unrecorded.consequence")}</p>
          {/* The server takes the presider's reason: agreeing has no words of its own. */}
          <ActButton kind="danger" wide command={{ do: "allow_unrecorded", reason: "" }} data-testid="unrecorded-agree">
            {t("unrecorded.agree")}
          </ActButton>
        </>
      )}
    </Panel>
  );
}

function Asking({ asked }: { asked: string | undefined }) {
  const { t } = useTranslation("session");
  const [open, setOpen] = useState(false);
  return (
    <>
      {asked !== undefined && <Notice tone="warn">{t("unrecorded.waiting", { reason: asked })}</Notice>}
      <Button kind={asked === undefined ? "danger" : "secondary"} wide onPress={() => setOpen(true)}>
        {t(asked === undefined ? "unrecorded.ask" : "unrecorded.ask_again")}
      </Button>
      <ReasonDialog
        name="unrecorded"
        title={t("unrecorded.title")}
        hint={t("unrecorded.hint")}
        label={t("dialog.reason")}
        confirm={t("unrecorded.send")}
        danger
        isOpen={open}
        onClose={() => setOpen(false)}
        command={(reason) => ({ do: "allow_unrecorded", reason })}
      />
    </>
  );
}
