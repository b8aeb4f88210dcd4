import type { BlockId, SessionId, VisitId } from "../protocol/ids";
import type { BlockKind } from "../protocol/visit";
import { openVault as open } from "./vault";

/** Text of one block of minutes that the server has not acknowledged. */
export interface Unsent {
  visit: VisitId;
  block: BlockId;
  block_kind: BlockKind;
  /** Revision the writer started from. */
  base: number;
  text: string;
}

const idOf = (session: SessionId, { visit, block }: Pick<Unsent, "visit" | "block">) => `${session}/${visit}/${block}`;

/** Keeps the text until `forgetUnsent`; a browser without storage keeps it in the page alone. */
export async function keepUnsent(session: SessionId, unsent: Unsent): Promise<void> {
  await (await open()).put(idOf(session, unsent), unsent);
}

/** What a page that died left behind for this session. */
export async function findUnsent(session: SessionId): Promise<Unsent[]> {
  return (await (await open()).all<Unsent>(`${session}/`)).map(({ value }) => value);
}

export async function forgetUnsent(session: SessionId, which: Pick<Unsent, "visit" | "block">): Promise<void> {
  await (await open()).remove(idOf(session, which));
}
