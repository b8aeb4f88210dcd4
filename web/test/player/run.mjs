// Looks at screens without a server: node test/player/run.mjs [part of a screen's name] [--dir DIR]
import { createServer } from "vite";

const vite = await createServer({ server: { middlewareMode: true, hmr: false, ws: false }, appType: "custom", logLevel: "error" });
try {
  const { main } = await vite.ssrLoadModule("/test/player/screens.ts");
  await main(process.argv.slice(2));
} finally {
  await vite.close();
}
