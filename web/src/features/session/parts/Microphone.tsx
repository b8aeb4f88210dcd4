import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/primitives/Button";
import { Notice } from "@/primitives/Notice";
import { useRoomView } from "@/room/context";
import { useSession } from "../hooks/roomContext";
import { useMicrophoneKey } from "../hooks/useMicrophoneKey";
import { DEFAULT_KEY, lampOf } from "../model/microphone";
import { secondMain } from "../model/secondMain";
import { at } from "../model/sections";
import { Icon } from "./Icon";
import css from "./Microphone.module.css";
import { MicrophoneLevel } from "./MicrophoneLevel";
import { useAct } from "./useAct";

/** The microphone key, where there is one: a companion or second main device could only open the main one's microphone. */
export function Microphone({ setup = false }: { setup?: boolean }) {
  const { t } = useTranslation("session");
  const room = useSession();
  if (room.seat.device !== "main") return <p className={css.hint}>{t("microphone.at_main")}</p>;
  return secondMain(room) === undefined ? <Key setup={setup} /> : null;
}

/** The officer's key with its lamp in words. The floor allows, the key opens. */
function Key({ setup }: { setup: boolean }) {
  const { t } = useTranslation("session");
  const room = useSession();
  const { status } = useRoomView();
  const act = useAct();
  const own = at(room.public?.points, room.seat.point);
  const lamp = lampOf(room.point, room.public, room.seat.point, status === "live");
  const open = lamp === "open" || (lamp === "unlinked" && own?.microphone_open === true);
  const { run } = act;
  const toggle = useCallback(() => void run({ do: "microphone", open: !open }), [run, open]);
  const key = useMicrophoneKey(toggle);
  return (
    <div className={css.microphone}>
      <button type="button" className={[css.key, css[lamp]].join(" ")} aria-pressed={open} onClick={toggle} data-testid="microphone">
        <Icon name={lamp === "open" ? "microphone" : "muted"} size="2rem" />
        <span className={css.words}>
          <strong>{t(`microphone.${lamp}`)}</strong>
          <span className={css.hint}>{t(`microphone.${lamp}_hint`, { key: key.code === DEFAULT_KEY ? "F8" : t("microphone.pedal") })}</span>
        </span>
      </button>
      {lamp === "open" && room.seat.point !== null && <MicrophoneLevel point={room.seat.point} />}
      <span className="visually-hidden" role="status" aria-live="assertive">
        {t(`microphone.${lamp}`)}
      </span>
      {act.refused && <Notice tone="bad">{act.refused}</Notice>}
      {setup && (
        <p className={css.setup}>
          {key.learning ? (
            <strong>{t("microphone.learning")}</strong>
          ) : (
            <>
              <Button kind="quiet" onPress={key.learn}>
                {t("microphone.learn")}
              </Button>
              {key.code !== DEFAULT_KEY && (
                <Button kind="quiet" onPress={key.forget}>
                  {t("microphone.forget", { code: key.code })}
                </Button>
              )}
            </>
          )}
        </p>
      )}
    </div>
  );
}
