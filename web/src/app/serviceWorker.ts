interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): { createScriptURL(url: string): string };
}

/** The page's only policy (Trusted Types): one script address, known here. */
function scriptAddress(): string {
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  const createScriptURL = () => "/sw.js";
  return types ? types.createPolicy("diemcau", { createScriptURL }).createScriptURL("") : createScriptURL();
}

/** Keeps the shell for days without network. Not in development, where it would hide changes. */
export function startServiceWorker(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  navigator.serviceWorker.register(scriptAddress()).catch(() => undefined);
}
