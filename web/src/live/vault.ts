// Text that must outlive the page, encrypted in IndexedDB. The key is made in this browser, is not extractable and
// lives beside the text: it protects against copying the profile's files and against reading by other programs
// that do not run inside this origin's page.

import { settle } from "./indexed";

const DATABASE = "diemcau";
const KEY_ID = "text-key";

interface Sealed {
  id: string;
  iv: Uint8Array<ArrayBuffer>;
  sealed: ArrayBuffer;
}

let shared: Promise<Vault> | undefined;

/** The vault of this page. */
export const openVault = (): Promise<Vault> => (shared ??= Vault.open());

/** Small encrypted key-value store; values are JSON. */
export class Vault {
  private constructor(
    private database: IDBDatabase,
    private key: CryptoKey,
  ) {}

  static async open(factory: IDBFactory = indexedDB): Promise<Vault> {
    const request = factory.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("keys");
      request.result.createObjectStore("texts", { keyPath: "id" });
    };
    const database = await settle(request);
    const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    // One transaction: two tabs that open at once end up with the same key.
    const store = database.transaction("keys", "readwrite").objectStore("keys");
    const kept = (await settle(store.get(KEY_ID))) as CryptoKey | undefined;
    if (!kept) await settle(store.put(made, KEY_ID));
    return new Vault(database, kept ?? made);
  }

  async put(id: string, value: unknown): Promise<void> {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(JSON.stringify(value));
    // The id is authenticated: a sealed text cannot be moved under another block's name.
    const sealed = await crypto.subtle.encrypt(this.cipher(id, iv), this.key, plain);
    await settle(this.texts("readwrite").put({ id, iv, sealed } satisfies Sealed));
  }

  async get<T>(id: string): Promise<T | undefined> {
    const found = (await settle(this.texts("readonly").get(id))) as Sealed | undefined;
    return found && (await this.unseal<T>(found));
  }

  /** All values whose id begins so; what does not open (key lost) is left out. */
  async all<T>(prefix: string): Promise<{ id: string; value: T }[]> {
    const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
    const found = (await settle(this.texts("readonly").getAll(range))) as Sealed[];
    const opened = await Promise.all(
      found.map(async (row) => ({ id: row.id, value: await this.unseal<T>(row).catch(() => undefined) })),
    );
    return opened.filter((row): row is { id: string; value: Awaited<T> } => row.value !== undefined);
  }

  async remove(id: string): Promise<void> {
    await settle(this.texts("readwrite").delete(id));
  }

  private texts(mode: IDBTransactionMode): IDBObjectStore {
    return this.database.transaction("texts", mode).objectStore("texts");
  }

  private cipher(id: string, iv: Uint8Array<ArrayBuffer>): AesGcmParams {
    return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(id) };
  }

  private async unseal<T>({ id, iv, sealed }: Sealed): Promise<T> {
    const plain = await crypto.subtle.decrypt(this.cipher(id, iv), this.key, sealed);
    return JSON.parse(new TextDecoder().decode(plain)) as T;
  }
}
