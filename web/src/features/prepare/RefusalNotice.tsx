import { useSentence } from "../../i18n";
import type { Refused } from "../../live/outbox";
import { Notice } from "../../primitives/Notice";

/** The server's no, with the article it rests on. */
export function RefusalNotice({ refusal }: { refusal: Refused | undefined }) {
  const sentence = useSentence();
  if (!refusal) return null;
  return (
    <Notice tone="bad">
      {sentence(refusal)}
      {refusal.citation && ` (${refusal.citation})`}
    </Notice>
  );
}
