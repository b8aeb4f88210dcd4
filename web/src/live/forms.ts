// Forms that are half filled in: kept encrypted in this browser, each under its account, until they are done.

import { openVault } from "./vault";

/** What nobody came back to within this time is dropped with the next look. */
const KEPT_MS = 7 * 24 * 3600 * 1000;
const PREFIX = "form/";

interface Kept {
  at: number;
  value: object;
}

export async function keepForm(name: string, value: object, now = Date.now()): Promise<void> {
  await (await openVault()).put(PREFIX + name, { at: now, value } satisfies Kept);
}

/** What an earlier page left of a form. */
export async function findForm<T extends object>(name: string, now = Date.now()): Promise<T | undefined> {
  const vault = await openVault();
  const all = await vault.all<Kept>(PREFIX);
  const old = all.filter(({ value }) => now - value.at > KEPT_MS);
  await Promise.all(old.map(({ id }) => vault.remove(id)));
  const found = all.find(({ id }) => id === PREFIX + name);
  return found && !old.includes(found) ? (found.value.value as T) : undefined;
}

export async function forgetForm(name: string): Promise<void> {
  await (await openVault()).remove(PREFIX + name);
}
