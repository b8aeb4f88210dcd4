// The disk of recordings is full in mid-visit: the alarm, the pause, going on without by two people, and recorded again.
//   DIEMCAU_BIN=target/debug/diemcau node e2e/disk.test.mjs
import { execFileSync, spawnSync } from "node:child_process";
import { statfsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { check, until } from "./lib.mjs";
import { scene } from "./scene.mjs";

/** A session starts with 2 GiB free; nothing of it is used unless written. */
const SIZE = 4 * 1024 * 1024 * 1024;
const ALARM_MS = 5000;
const INSIDE = "DIEMCAU_TEST_IN_NAMESPACE";

const mount = (...args) => spawnSync("mount", args, { stdio: "ignore" }).status === 0;

/** A disk of its own under the recordings. */
class Disk {
  constructor(folder) {
    this.folder = folder;
  }

  made() {
    return mount("-t", "tmpfs", "-o", `size=${SIZE}`, "tmpfs", this.folder);
  }

  /** As small as what is on it: not one page more fits. */
  fill() {
    const { blocks, bfree, bsize } = statfsSync(this.folder);
    execFileSync("mount", ["-o", `remount,size=${(blocks - bfree) * bsize}`, this.folder]);
  }

  empty() {
    execFileSync("mount", ["-o", `remount,size=${SIZE}`, this.folder]);
  }

  gone() {
    spawnSync("umount", ["-l", this.folder]);
  }
}

/** Mounting needs rights: where root's are missing the script runs itself in a namespace where it may. */
function mayMount() {
  if (mount("-t", "tmpfs", "tmpfs", "/mnt")) return spawnSync("umount", ["/mnt"]).status === 0;
  if (process.env[INSIDE]) {
    console.log("skipped: no file system can be mounted here, not even in a namespace: the full disk is left to the tests of the recorder");
    process.exit(77);
  }
  const again = spawnSync("unshare", ["--user", "--map-root-user", "--mount", process.execPath, fileURLToPath(import.meta.url)], { stdio: "inherit", env: { ...process.env, [INSIDE]: "1" } });
  process.exit(again.status ?? 1);
}

mayMount();
let disk;
const prepare = async (province) => {
  disk = new Disk(province.recordings);
  if (!disk.made()) throw new Error("a disk could be mounted a moment ago");
};
const demo = await scene({ prepare }, async ({ day }) => {
  const { presider, noteTaker, a } = day;
  await day.open();
  await day.beginVisit(a);
  const files = async () => (await presider.record()).segments.length;
  await until("the visit recorded", async () => (await files()) > 2);

  const full = Date.now();
  disk.fill();
  const alarms = [presider, noteTaker].map(async ({ page }) => {
    await page.getByTestId("recording").filter({ hasText: "Ghi hình bị lỗi" }).waitFor();
    await page.getByTestId("line-status").filter({ hasText: "vì máy ghi âm, ghi hình không ghi được" }).waitFor();
    return Date.now() - full;
  });
  const seen = await Promise.all(alarms);
  console.log(`figure: alarm and pause on the presider's screen after ${seen[0]} ms, on the note-taker's after ${seen[1]} ms`);
  check("alarm and pause are on both screens in time", Math.max(...seen) <= 3 * ALARM_MS);
  check("the point is told of the pause", await a.sees("line-status", "Buổi tiếp tạm dừng"));

  await presider.pressMain("Tiếp tục buổi tiếp");
  await presider.page.getByText("Máy ghi không ghi được nên chưa thể tiếp tục phiên.").first().waitFor();
  check("the presider alone does not go on", await presider.sees("line-status", "Buổi tiếp tạm dừng"));
  const reason = "Công dân ở xa đã đến; ghi biên bản đầy đủ";
  await presider.askUnrecorded(reason);
  await presider.page.getByText("Đang chờ người ghi biên bản đồng ý").first().waitFor();
  await noteTaker.agreeUnrecorded(reason);
  await presider.sees("recording", "Tiếp tục không ghi hình");
  await presider.pressMain("Tiếp tục buổi tiếp");
  await presider.page.getByTestId("line-status").waitFor({ state: "detached" });
  check("presider and note-taker go on without a recording", await noteTaker.sees("recording", "Tiếp tục không ghi hình"));

  const before = await files();
  disk.empty();
  await presider.sees("recording", "Đang ghi hình");
  await until("new files", async () => (await files()) > before);
  check("with space on the disk the recording goes on", true);
}).finally(() => disk.gone());
await demo.remove();
