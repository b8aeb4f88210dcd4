import { useEffect, useId, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { useSentence } from "@/i18n";
import { LINE_LOST } from "@/live/outbox";
import { useTimes } from "@/i18n/time";
import { Button } from "@/primitives/Button";
import { Notice } from "@/primitives/Notice";
import type { BlockKind } from "@/protocol/visit";
import { useSession } from "../hooks/roomContext";
import { blockFor, otherWriter } from "../model/minutes";
import { isUnsaved } from "../model/writer";
import type { BlockWriter } from "./blockWriter";
import css from "./minutes.module.css";
import type { WriterOf } from "./useBlockWriters";

interface Props {
  visit: string;
  kind: BlockKind;
  writerOf: WriterOf;
  /** Nothing can be written any more, or not yet. */
  closed: boolean;
  onWrite: () => void;
}

/** One part of the minutes in a plain text field of the browser. */
export function BlockField({ visit, kind, writerOf, closed, onWrite }: Props) {
  const { t } = useTranslation("session");
  const room = useSession();
  const sentence = useSentence();
  const id = useId();
  const { id: block, view } = blockFor(room.minutes[visit], visit, kind);
  const writer = writerOf(visit, block, kind, view);
  const state = useSyncExternalStore(writer.subscribe, () => writer.state);
  const other = otherWriter(view, room.seat.user);
  useEffect(() => {
    if (view) writer.published(view);
  }, [writer, view]);
  // A field that is taken away gets no blur: its lease would stay and others could not write.
  useEffect(() => () => {
    if (writer.state.writer.focused) writer.blur();
  }, [writer]);
  const focus = () => {
    onWrite();
    if (other === null && !closed) writer.focus();
  };
  return (
    <div className={css.block}>
      <div className={css.blockHead}>
        <label htmlFor={id} className={css.blockLabel}>
          {t(`block.${kind}`)}
        </label>
        <Saved writer={writer} />
      </div>
      <textarea
        id={id}
        className={css.text}
        lang="vi"
        rows={kind === "content" ? 6 : 3}
        value={state.writer.text}
        readOnly={closed || (other !== null && !state.writer.focused)}
        aria-describedby={`${id}-who`}
        onChange={(event) => writer.input(event.target.value)}
        onFocus={focus}
        onBlur={() => state.writer.focused && writer.blur()}
        onCompositionStart={() => writer.compose(true)}
        onCompositionEnd={() => writer.compose(false)}
      />
      <p id={`${id}-who`} className={css.who} role="status">
        {other !== null && t("block.written_by", { name: other })}
      </p>
      {state.refusal && <Notice tone="bad">{t("block.refused", { sentence: sentence(state.refusal) })}</Notice>}
      {state.lost !== null && <Lost writer={writer} text={state.lost} />}
    </div>
  );
}

function Saved({ writer }: { writer: BlockWriter }) {
  const { t } = useTranslation("session");
  const { seconds } = useTimes();
  const { writer: now } = useSyncExternalStore(writer.subscribe, () => writer.state);
  if (now.refused !== null && now.refused !== LINE_LOST) return <span className={css.saving}>{t("block.not_saved")}</span>;
  if (isUnsaved(now)) return <span className={css.saving}>{t("block.saving")}</span>;
  if (now.savedAt === null) return <span className={css.saved}>{t("block.empty")}</span>;
  return <span className={css.saved}>{t("block.saved", { time: seconds(now.savedAt) })}</span>;
}

function Lost({ writer, text }: { writer: BlockWriter; text: string }) {
  const { t } = useTranslation("session");
  return (
    <Notice tone="warn">
      <p>{t("block.lost")}</p>
      <blockquote className={css.quote}>{text}</blockquote>
      <div className={css.row}>
        <Button kind="primary" onPress={() => writer.settleLost(true)}>
          {t("block.lost_use")}
        </Button>
        <Button onPress={() => writer.settleLost(false)}>{t("block.lost_drop")}</Button>
      </div>
    </Notice>
  );
}
