import type { BlockId, SessionId, VisitId } from "../protocol/ids";
import type { BlockKind } from "../protocol/visit";
import { Vault } from "./vault";

/** Text of one block of minutes that only this browser has. */
export interface Unsent {
  visit: VisitId;
  block: BlockId;
  block_kind: BlockKind;
  /** Text that the server has not acknowledged. */
  unsaved: Unsaved | null;
  /** Text that stands beside what somebody else wrote meanwhile, until a person decides. */
  lost: string | null;
}

export interface Unsaved {
  text: string;
  /** Revision that certainly was the server's when the page wrote on from it. */
  base: number;
  /** What was on its way: if the server has one of these, nobody else wrote after it. */
  written: readonly string[];
}

let vault: Promise<Vault> | undefined;
const open = () => (vault ??= Vault.open());

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
