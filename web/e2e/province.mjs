// The fictional province of `diemcau demo` as a process of its own, for scripts.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The program itself, in a folder of its own; what `close` leaves behind is proven by `diemcau verify`. */
export async function province(more = ["--by-hand"]) {
  const program = process.env.DIEMCAU_BIN;
  if (!program) throw new Error("DIEMCAU_BIN names the program, or an argument the file of links");
  const folder = await mkdtemp(join(tmpdir(), "diemcau-day-"));
  const server = spawn(program, ["demo", "--json", ...more, "--listen", "127.0.0.1:0", "--data", folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => server.once("exit", resolve));
  let line = "";
  server.stdout.setEncoding("utf8");
  for await (const chunk of server.stdout) {
    line += chunk;
    if (line.includes("\n")) break;
  }
  if (!line.includes("\n")) throw new Error("the program ended before it served");
  const close = async () => {
    server.kill("SIGTERM");
    await ended;
  };
  const verify = () =>
    new Promise((resolve) => {
      const proof = spawn(program, ["verify", "--config", join(folder, "diemcau.toml")], { stdio: "inherit" });
      proof.once("exit", resolve);
    });
  return { ...JSON.parse(line), config: join(folder, "diemcau.toml"), close, verify, remove: () => rm(folder, { recursive: true, force: true }) };
}

