import { useCallback, useEffect, useMemo, useSyncExternalStore } from "react";
import { BlockDraft } from "../live/draft";
import { findUnsent, forgetUnsent, keepUnsent } from "../live/unsent";
import type { BlockId, VisitId } from "../protocol/ids";
import type { BlockKind } from "../protocol/visit";
import { useRoomContext, useSection } from "./context";

/** One block of minutes as it is written here. Text that a page before this one could not send is taken up again. */
export function useBlockDraft({ visit, block, block_kind }: { visit: VisitId; block: BlockId; block_kind: BlockKind }) {
  const { room, session } = useRoomContext();
  const stored = useSection(`minutes:${visit}`)?.blocks[block];
  const draft = useMemo(
    () =>
      new BlockDraft({
        visit,
        block,
        block_kind,
        base: 0,
        text: "",
        send: (command) => room.command(command),
        keep: (unsent) => keepUnsent(session, unsent),
        forget: () => forgetUnsent(session, { visit, block }),
      }),
    [room, session, visit, block, block_kind],
  );
  const revision = stored?.revision;
  const text = stored?.text;
  useEffect(() => {
    if (revision !== undefined && text !== undefined) draft.receive(revision, text);
  }, [draft, revision, text]);
  useEffect(() => {
    findUnsent(session).then(
      (all) => {
        const left = all.find((one) => one.visit === visit && one.block === block);
        if (left && left.text !== draft.view.text) draft.write(left.text);
      },
      () => undefined,
    );
    const flush = () => draft.flush();
    addEventListener("pagehide", flush);
    return () => {
      removeEventListener("pagehide", flush);
      flush();
    };
  }, [draft, session, visit, block]);
  const view = useSyncExternalStore(draft.subscribe, () => draft.view);
  return {
    ...view,
    savedAt: stored?.saved_at,
    writer: stored?.writer ?? null,
    writerName: stored?.writer_name ?? "",
    write: useCallback((next: string) => draft.write(next), [draft]),
    flush: useCallback(() => draft.flush(), [draft]),
  };
}
