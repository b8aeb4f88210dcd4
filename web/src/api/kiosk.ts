import { keepKiosk, newKeys, pairedKiosk, publicKeyOf, signChallenge } from "../live/kioskKey";
import type { KioskPair, KioskSignIn } from "../protocol/rest";
import { get, post } from "./http";

/** Makes this browser a machine of a point; the code was shown once to the administrator. */
export async function pairKiosk(code: string): Promise<void> {
  const keys = await newKeys();
  const asked: KioskPair = { code, public_key: await publicKeyOf(keys) };
  const { device } = await post<{ device: string }>("/kiosk/pair", asked);
  await keepKiosk({ device, keys });
}

/** Signs in as the paired machine; `false` when this browser is none. */
export async function signInKiosk(): Promise<boolean> {
  const kiosk = await pairedKiosk();
  if (!kiosk) return false;
  const { challenge } = await get<{ challenge: string }>("/kiosk/challenge");
  const signature = await signChallenge(kiosk.keys, challenge);
  await post<void>("/kiosk/sign-in", { device: kiosk.device, challenge, signature } satisfies KioskSignIn);
  return true;
}
