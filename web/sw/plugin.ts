import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { Plugin } from "vite";

/** Writes `/sw.js` with the list of what was built; its version is the hash of that list and of the worker itself. */
export function serviceWorker(workerFile: string, publicFolder: string): Plugin {
  return {
    name: "service-worker",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const built = Object.keys(bundle).filter((name) => !name.endsWith(".map"));
        const shell = [...built, ...readdirSync(publicFolder)].map((name) => `/${name}`).toSorted();
        // Names of parts carry their hash; the page itself does not.
        const page = bundle["index.html"];
        const html = page?.type === "asset" ? page.source : "";
        const worker = readFileSync(workerFile, "utf8");
        const version = createHash("sha256").update(worker).update(shell.join()).update(html).digest("hex").slice(0, 16);
        const source = worker.replace("__VERSION__", version).replace("__SHELL__", JSON.stringify(shell, null, 2));
        this.emitFile({ type: "asset", fileName: "sw.js", source });
      },
    },
  };
}
