import type { Plugin } from "vite";

const FILE = /live-announcer\/LiveAnnouncer\.mjs$/;

/**
 * react-aria empties its live regions by `innerHTML = ''`. Under Trusted Types, which the server's content policy asks
 * for, that is an error which takes the page down when somebody types a date. The same is said without HTML here; the
 * build fails when an upgrade of react-aria no longer has the place, so that this file goes with it.
 */
export function trustedAnnouncer(): Plugin {
  let found = false;
  return {
    name: "trusted-announcer",
    apply: "build",
    transform(code, id) {
      if (!FILE.test(id.split("?")[0] ?? "")) return undefined;
      const safe = code.replaceAll(/\.innerHTML = ''/g, ".replaceChildren()");
      found = safe !== code;
      return { code: safe, map: null };
    },
    buildEnd(error) {
      if (!error && !found) this.error("react-aria's announcer has changed: is the plugin trusted-announcer still needed?");
    },
  };
}
