import type { BlockId, SessionId, UserId, VisitId } from "../protocol/ids";
import type { BlockKind } from "../protocol/visit";
import { openVault as open } from "./vault";

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

/** Whose text it is: another account at the same machine must not send it as its own. */
export interface UnsentOwner {
  user: UserId;
  session: SessionId;
}

const prefixOf = ({ user, session }: UnsentOwner) => `${user}/${session}/`;
const idOf = (owner: UnsentOwner, { visit, block }: Pick<Unsent, "visit" | "block">) => `${prefixOf(owner)}${visit}/${block}`;

/** Keeps the text until `forgetUnsent`; a browser without storage keeps it in the page alone. */
export async function keepUnsent(owner: UnsentOwner, unsent: Unsent): Promise<void> {
  await (await open()).put(idOf(owner, unsent), unsent);
}

/** What a page that died left behind for this session. */
export async function findUnsent(owner: UnsentOwner): Promise<Unsent[]> {
  return (await (await open()).all<Unsent>(prefixOf(owner))).map(({ value }) => value);
}

export async function forgetUnsent(owner: UnsentOwner, which: Pick<Unsent, "visit" | "block">): Promise<void> {
  await (await open()).remove(idOf(owner, which));
}
