// Lines that are cut in mid-visit, pages that are loaded anew in mid-sentence, and a second machine at a point.
//   DIEMCAU_BIN=target/debug/diemcau node e2e/lines.test.mjs
import { check, flowsAgain, framesDuring, newPage, picturesFlow, signIn, silent, soundDuring, until } from "./lib.mjs";
import { PointOfficer } from "./people.mjs";
import { scene } from "./scene.mjs";

/** What is promised after a cut, with threefold head-room for a machine that does other things beside. */
const BOUNDS_MS = { sound: 3 * 3000, picture: 3 * 5000 };

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const demo = await scene({ lines: ["xa-a", "thu-ky"] }, async ({ demo: province, browser, day, lines }) => {
  const { presider, noteTaker, a, b } = day;
  await day.open();
  await day.beginVisit(a);
  const seats = await a.seats();
  const untouched = await b.connections();

  /** After the line is back: how soon, and what must not have changed. */
  async function afterCut(what) {
    const watch = [flowsAgain(a.page), flowsAgain(presider.page, { sound: false })];
    await lines["xa-a"].mend();
    const [own, centre] = await Promise.all(watch);
    console.log(`figure: ${what}: at the point sound after ${own.soundMs} ms, picture after ${own.pictureMs} ms; its picture at the centre after ${centre.pictureMs} ms`);
    check(`${what}: sound is back in time`, own.soundMs <= BOUNDS_MS.sound);
    check(`${what}: pictures are back in time on both sides`, Math.max(own.pictureMs, centre.pictureMs) <= BOUNDS_MS.picture);
    await a.lamp("Được nói, micro còn tắt");
    check(`${what}: the microphone is closed`, await silent(presider.page));
    check(`${what}: the floor is the same`, await presider.tile(a).getByTestId("take-floor").isVisible());
    check(`${what}: everybody has the same seat`, (await a.seats()).join() === seats.join());
    check(`${what}: the other point's page noticed nothing`, (await b.connections()) === untouched);
  }

  async function speaks() {
    await a.microphone("open");
    await until("the point is heard", async () => (await soundDuring(presider.page, 1000)) > 1e-6);
  }

  // --- five seconds
  await lines["xa-a"].cut();
  await sleep(5000);
  await afterCut("a cut of 5 s");
  check("a cut of 5 s does not interrupt", await presider.main().filter({ hasText: "Kết luận" }).isVisible());
  await speaks();

  // --- thirty seconds, and the note-taker's line beside it
  const [said, half] = ["Bà Nếp trình bày: thửa 114 rộng 420 m². ", "Gia đình đề nghị đo lại, có mặt đại diện th"];
  const field = noteTaker.page.getByLabel("Nội dung trình bày", { exact: true });
  await noteTaker.write("Nội dung trình bày", said);
  await lines["xa-a"].cut();
  await lines["thu-ky"].cut();
  const began = Date.now();
  await field.focus();
  await noteTaker.page.keyboard.press("End");
  await field.pressSequentially(half, { delay: 15 });
  await noteTaker.reload();
  await presider.page.getByTestId("line-status").filter({ hasText: "gián đoạn" }).waitFor();
  const interrupted = Date.now() - began;
  console.log(`figure: interrupted after ${interrupted} ms`);
  check("after 10 s the session is interrupted by itself", interrupted >= 10_000 && interrupted < 20_000);
  await sleep(Math.max(0, 30_000 - (Date.now() - began)));
  await afterCut("a cut of 30 s");
  await lines["thu-ky"].mend();
  check("a cut of 30 s interrupts until the presider goes on", await presider.page.getByTestId("line-status").isVisible());
  await presider.pressMain("Tiếp tục buổi tiếp");
  await presider.page.getByTestId("line-status").waitFor({ state: "detached" });
  await speaks();
  const { cuts, stray } = lines["xa-a"].explain(await presider.record(), a.point);
  check("two cuts are two gaps of the point that was cut", cuts.length === 2 && cuts.every((gaps) => gaps.length === 1) && stray.length === 0);
  const [, [long]] = cuts;
  check("the long gap has its length", long.to - long.from >= 28_000);

  // --- the half-typed sentence
  await until("the whole text in the page that was loaded anew", async () => (await field.inputValue()) === said + half);
  await noteTaker.saved("Nội dung trình bày");
  await noteTaker.isStored(browser, province, "Nội dung trình bày", said + half);
  check("no character is lost when a page dies in mid-sentence on a cut line", true);

  // --- the officer's page is loaded anew with an open microphone
  await a.reload();
  await a.lamp("Được nói, micro còn tắt");
  check("after a reload the microphone is closed", await silent(presider.page));
  check("after a reload everybody has the same seat", (await a.seats()).join() === seats.join());
  await picturesFlow(presider.page);
  await speaks();

  // --- a second machine
  await presider.microphone("open");
  const second = new PointOfficer(await newPage(browser, { name: "xa-a second" }), "xa-a");
  await signIn(second.page, province.url, await province.link("xa-a"));
  await second.enter();
  const told = second.page.getByTestId("line-second");
  await told.filter({ hasText: "Máy này đang chờ làm máy chính." }).waitFor();
  const [first, other, frames] = await Promise.all([soundDuring(a.page, 2500), soundDuring(second.page, 2500), framesDuring(second.page, 2500)]);
  check("the first machine sounds, the second gets neither sound nor picture", first > 1e-6 && other < 1e-6 && frames === 0);
  check("the second machine has no microphone key", (await second.page.getByTestId("microphone").count()) === 0);
  await second.page.keyboard.press("F8");
  check("the second machine's key opens nothing and closes nothing", (await soundDuring(presider.page, 1500)) > 1e-6);
  await second.press("Dùng máy này");
  await a.page.getByText("Một máy khác đã trở thành máy chính của điểm cầu này.").waitFor();
  await told.waitFor({ state: "detached" });
  check("the first machine is told, and has no line left", (await a.connections("connected")) === 0);
  await second.lamp("Được nói, micro còn tắt");
  check("the microphone stays closed when a machine takes over", await silent(presider.page));
  await picturesFlow(second.page);
  check("the second machine sounds now", (await soundDuring(second.page, 2500)) > 1e-6);
  await second.microphone("open");
  await until("the second machine is heard", async () => (await soundDuring(presider.page, 1000)) > 1e-6);
});
await demo.remove();
