import "fake-indexeddb/auto";
import { expect, test } from "vitest";
import { forgetKiosk, keepKiosk, newKeys, pairedKiosk, publicKeyOf, signChallenge } from "./kioskKey";

const bytes = (text: string) => Buffer.from(text, "base64url");

test("the signature is over context and challenge, and the key that is kept can sign but not be read", async () => {
  const keys = await newKeys();
  await keepKiosk({ device: "d1", keys });
  const kept = await pairedKiosk();
  if (!kept) throw new Error("not kept");
  const signature = await signChallenge(kept.keys, "nonce.60.seal");
  const spki = bytes(await publicKeyOf(keys));
  expect(spki).toHaveLength(91);
  expect(bytes(signature)).toHaveLength(64);
  const key = await crypto.subtle.importKey("spki", spki, { name: "ECDSA", namedCurve: "P-256" }, true, ["verify"]);
  const verifies = (text: string) =>
    crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, bytes(signature), new TextEncoder().encode(text));
  expect(await verifies("diemcau-kiosk-sign-in-1\nnonce.60.seal")).toBe(true);
  expect(await verifies("nonce.60.seal")).toBe(false);
  await expect(crypto.subtle.exportKey("pkcs8", kept.keys.privateKey)).rejects.toThrow();
  await forgetKiosk();
  expect(await pairedKiosk()).toBeUndefined();
});
