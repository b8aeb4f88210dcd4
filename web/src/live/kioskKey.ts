import { settle } from "./indexed";

// A paired machine of a point is a key that cannot leave its browser (ECDSA P-256, not extractable).

const DATABASE = "diemcau-kiosk";
const STORE = "kiosk";
const ID = "this-browser";
/** What is signed in front of the challenge, so that the signature serves nothing else. */
const CONTEXT = "diemcau-kiosk-sign-in-1\n";
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;

export interface Kiosk {
  device: string;
  keys: CryptoKeyPair;
}

async function store(mode: IDBTransactionMode): Promise<IDBObjectStore> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return (await settle(request)).transaction(STORE, mode).objectStore(STORE);
}

/** The pairing of this browser, when it is a kiosk. */
export async function pairedKiosk(): Promise<Kiosk | undefined> {
  return (await settle((await store("readonly")).get(ID))) as Kiosk | undefined;
}

export async function keepKiosk(kiosk: Kiosk): Promise<void> {
  await settle((await store("readwrite")).put(kiosk, ID));
}

export async function forgetKiosk(): Promise<void> {
  await settle((await store("readwrite")).delete(ID));
}

export const newKeys = (): Promise<CryptoKeyPair> => crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);

/** SPKI in base64url. */
export const publicKeyOf = async (keys: CryptoKeyPair): Promise<string> =>
  base64url(await crypto.subtle.exportKey("spki", keys.publicKey));

/** Signature (r ‖ s) over context and challenge in base64url. */
export async function signChallenge(keys: CryptoKeyPair, challenge: string): Promise<string> {
  const message = new TextEncoder().encode(CONTEXT + challenge);
  return base64url(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, keys.privateKey, message));
}

function base64url(bytes: ArrayBuffer): string {
  const text = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
