import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { serviceWorker } from "./sw/plugin.ts";
import { trustedAnnouncer } from "./sw/trustedAnnouncer.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const server = process.env["DIEMCAU"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), serviceWorker(here("./sw/worker.js"), here("./public")), trustedAnnouncer()],
  resolve: { alias: { "@texts": here("../config/i18n"), "@": here("./src") } },
  // Inlined assets would need `data:` in the content security policy.
  build: { target: "es2023", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: {
    fs: { allow: [here(".."), here(".")] },
    // The host stays as the browser said it: the server refuses others than its configured origins.
    proxy: {
      "/api": { target: server, changeOrigin: false },
      "/ws": { target: server, changeOrigin: false, ws: true },
    },
  },
  test: {
    environment: "node",
    include: ["src/**/*.test.{ts,tsx}", "test/**/*.test.{ts,tsx}"],
    // What comes is waited for: a machine that builds beside the browser may need longer than the default second.
    expect: { poll: { timeout: 15_000 } },
  },
});
