// The server is killed in mid-visit and started again over the same data: everybody is back where they were.
//   DIEMCAU_BIN=target/debug/diemcau node e2e/kill.test.mjs
import { check, flowsAgain, silent, soundDuring, until } from "./lib.mjs";
import { scene } from "./scene.mjs";

/** What is promised once the server is ready again, with threefold head-room. */
const BOUNDS_MS = { sound: 3 * 3000, picture: 3 * 5000 };

const demo = await scene({ expects: /net::ERR_|WebSocket connection/ }, async ({ demo: province, browser, day }) => {
  const { presider, noteTaker, a, b } = day;
  await day.open();
  await day.beginVisit(a);
  await until("the point is heard", async () => (await soundDuring(presider.page, 1000)) > 1e-6);
  const seats = await a.seats();
  const signIns = await Promise.all(day.all.map(({ page }) => page.context().cookies()));
  const [said, half] = ["Bà Nếp trình bày: thửa 114 rộng 420 m². ", "Gia đình đề nghị đo lại, có mặt đại diện th"];
  const field = noteTaker.page.getByLabel("Nội dung trình bày", { exact: true });
  await noteTaker.write("Nội dung trình bày", said);
  await field.focus();
  await noteTaker.page.keyboard.press("End");

  // In the middle of a word, and of somebody's sentence.
  const typing = field.pressSequentially(half, { delay: 40 });
  await until("some of it typed", async () => (await field.inputValue()).length > said.length + half.length / 2);
  await province.kill();
  await typing;
  for (const { page } of day.all) await page.getByTestId("line-wire").waitFor();
  check("everybody is told that the line is lost", true);

  const starting = Date.now();
  await province.start();
  const watches = [a, presider].map(({ page }, nth) => flowsAgain(page, { sound: nth === 0 }));
  console.log(`figure: ready ${Date.now() - starting} ms after its start`);
  // All microphones are closed now: the presider's key is pressed as soon as their page lives, the point's later.
  await presider.lamp("Được nói, micro còn tắt");
  await presider.microphone("open");
  const [own, centre] = await Promise.all(watches);
  console.log(`figure: at the point sound after ${own.soundMs} ms, picture after ${own.pictureMs} ms; its picture at the centre after ${centre.pictureMs} ms`);
  check("sound is back in time", own.soundMs <= BOUNDS_MS.sound);
  check("pictures are back in time on both sides", Math.max(own.pictureMs, centre.pictureMs) <= BOUNDS_MS.picture);

  for (const { page } of day.all) await page.getByTestId("line-wire").waitFor({ state: "detached" });
  const now = await Promise.all(day.all.map(({ page }) => page.context().cookies()));
  const same = (one, other) => one.length > 0 && JSON.stringify(one.map(({ name, value }) => [name, value])) === JSON.stringify(other.map(({ name, value }) => [name, value]));
  check("nobody signed in again", signIns.every((cookies, nth) => same(cookies, now[nth])));
  check("everybody is where they were", day.all.every(({ page }) => new URL(page.url()).pathname === `/buoi-tiep/${presider.session}`));
  check("the visit goes on", await presider.main().filter({ hasText: "Kết luận" }).isVisible());
  check("the floor is as before", await presider.tile(a).getByTestId("take-floor").isVisible());
  check("everybody has the same seat", (await a.seats()).join() === seats.join());
  await a.lamp("Được nói, micro còn tắt");
  check("the microphone is closed", await silent(presider.page));
  await a.microphone("open");
  await until("the point is heard again", async () => (await soundDuring(presider.page, 1000)) > 1e-6);
  check("the key opens it again", true);

  await noteTaker.saved("Nội dung trình bày");
  check("the half-typed sentence stands in the page", (await field.inputValue()) === said + half);
  await noteTaker.isStored(browser, province, "Nội dung trình bày", said + half);
  check("the text is as before, to the last letter", true);

  const { gaps } = await presider.record();
  const linked = [presider, a, b].map(({ point }) => point).toSorted();
  check("each linked point has one marked gap, with its end", gaps.map((gap) => gap.point).toSorted().join() === linked.join() && gaps.every((gap) => gap.to > gap.from));
});
await demo.remove();
