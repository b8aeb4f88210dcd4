import { useCallback, useEffect, useMemo, useRef } from "react";
import type { Unsent } from "@/live/unsent";
import { findUnsent, forgetUnsent, keepUnsent } from "@/live/unsent";
import type { BlockView } from "@/protocol/section";
import type { BlockKind } from "@/protocol/visit";
import { useRoomContext } from "@/room/context";
import { useSession } from "../hooks/roomContext";
import { BlockWriter } from "./blockWriter";

export type WriterOf = (visit: string, block: string, kind: BlockKind, view: BlockView | undefined) => BlockWriter;

/** The writers of this screen, one per block, with the text an earlier page could not send. */
export function useBlockWriters(): WriterOf {
  const { room, session } = useRoomContext();
  const { user } = useSession().seat;
  const owner = useMemo(() => ({ user: user ?? "", session }), [user, session]);
  const writers = useRef(new Map<string, BlockWriter>());
  const waiting = useRef(new Map<string, Unsent>());

  useEffect(() => {
    void findUnsent(owner)
      .then((found) => {
        for (const unsent of found) {
          const writer = writers.current.get(unsent.block);
          if (writer) writer.restore(unsent);
          else waiting.current.set(unsent.block, unsent);
        }
      })
      .catch(() => undefined);
  }, [owner]);

  useEffect(() => {
    const flush = () => writers.current.forEach((writer) => writer.flush());
    const ask = (event: BeforeUnloadEvent) => {
      flush();
      if ([...writers.current.values()].some((writer) => writer.unsaved)) event.preventDefault();
    };
    addEventListener("pagehide", flush);
    addEventListener("beforeunload", ask);
    return () => {
      removeEventListener("pagehide", flush);
      removeEventListener("beforeunload", ask);
      flush();
    };
  }, []);

  return useCallback(
    (visit, block, kind, view) => {
      const known = writers.current.get(block);
      if (known) return known;
      const writer = new BlockWriter(
        {
          visit,
          block,
          kind,
          send: (command) => room.command(command),
          keep: (unsent) => keepUnsent(owner, unsent),
          forget: () => forgetUnsent(owner, { visit, block }),
          now: () => performance.now(),
          serverTime: () => new Date(room.serverNowMs()).toISOString(),
        },
        view,
      );
      writers.current.set(block, writer);
      const unsent = waiting.current.get(block);
      waiting.current.delete(block);
      // After this drawing: restoring tells listeners, which must not happen while a component is drawn.
      if (unsent) queueMicrotask(() => writer.restore(unsent));
      return writer;
    },
    [room, owner],
  );
}
