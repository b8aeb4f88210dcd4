import { useCallback } from "react";
import { useSentence } from "@/i18n";
import type { Command } from "@/protocol/command";
import { useCommand } from "@/room/context";

/** One kind of act of a screen: sends it and holds the sentence of its refusal. */
export interface Act {
  run: (command: Command) => Promise<boolean>;
  pending: boolean;
  /** Sentence of the last refusal with its article, in the reader's language. */
  refused: string | undefined;
  /** Field of the command the refusal is about. */
  field: string | null;
  clear: () => void;
}

export function useAct(): Act {
  const { run, pending, refusal, clear } = useCommand();
  const sentence = useSentence();
  const send = useCallback(async (command: Command) => (await run(command)).done, [run]);
  const cited = refusal && (refusal.citation ? `${sentence(refusal)} (${refusal.citation})` : sentence(refusal));
  return { run: send, pending, refused: cited, field: refusal?.field ?? null, clear };
}
