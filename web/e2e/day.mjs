// One reception day in four pages: presider, note-taker and two points, from sign-in to the downloaded minutes.
//   DIEMCAU_BIN=target/debug/diemcau node e2e/day.mjs        starts the province of `diemcau demo` in a folder of its own
//   node e2e/day.mjs links.json                              uses one that runs (`diemcau demo --json --by-hand`)
// Roles used: chu-tri (presider), thu-ky (note-taker), xa-a and phuong-b (point officers).
import { readFile, writeFile } from "node:fs/promises";
import { Day } from "./people.mjs";
import { province } from "./province.mjs";
import { check, framesDuring, launch, mediaStats, picturesFlow, soundDuring } from "./lib.mjs";

const given = process.argv[2];
const demo = given ? JSON.parse(await readFile(given, "utf8")) : await province();
const browser = await launch();
const day = await Day.begin(browser, demo);
try {
  const { presider, noteTaker, a, b } = day;

  // --- in the room
  await Promise.all([presider.enter(), noteTaker.enter("companion"), a.enter(), b.enter()]);
  await presider.openLobby();
  await Promise.all([picturesFlow(presider.page, { atLeast: 2 }), picturesFlow(a.page), picturesFlow(b.page)]);
  check("pictures flow in both directions before the first visit", (await mediaStats(a.page)).sent.frames > 0);
  await Promise.all([a.seesAndHears(), b.seesAndHears()]);
  await Promise.all([a.seatEverybody(), b.seatEverybody()]);
  await presider.makeReady();
  await presider.start("Buổi thử của hệ thống");
  check("the session is recorded", await presider.sees("recording", "Đang ghi hình"));

  // --- two visits, one at each point
  for (const [own, other, text] of [
    [a, b, "Gia đình đã bàn giao 420 m² đất từ tháng 3 năm 2025 nhưng chưa nhận tiền bồi thường."],
    [b, a, "Nước thải của cơ sở giết mổ chảy ra mương thủy lợi từ tháng 6 năm 2026."],
  ]) {
    await own.prepareVisit();
    await presider.callNext();
    await own.page.getByText("Lượt của ông/bà. Xin mời ngồi vào chỗ.").waitFor();
    await presider.beginVisit();
    await picturesFlow(presider.page);
    await picturesFlow(own.page);

    await other.page.getByTestId("waiting-picture").waitFor();
    check("no frame of the visit at the other point", (await framesDuring(other.page, 2000)) === 0);

    await presider.microphone("closed");
    check("no sound from a microphone without the floor", (await soundDuring(presider.page, 1500)) < 1e-6);
    await presider.giveFloor(own);
    await own.microphone("open");
    check("the floor and the key open the microphone", (await soundDuring(presider.page, 3000)) > 1e-6);
    check("nothing of it at the other point", (await soundDuring(other.page, 1500)) < 1e-6);
    await presider.takeFloor(own);
    await own.lamp("Micro tắt");

    await noteTaker.write("Nội dung trình bày", text);
    await noteTaker.write("Yêu cầu, đề nghị", "Đề nghị giải quyết theo quy định.");
    await presider.conclude({ due: day.inDays(20), contact: "Bà Thu, điện thoại 0203 300 0000", conclusion: "Giao đơn vị chuyên môn kiểm tra, trả lời công dân." });
    await noteTaker.freezeAndReadBack();
    await own.signAll();
    await noteTaker.classifyAndEnd();
  }

  // --- the end
  await Promise.all([a.attest(), b.attest()]);
  await presider.end();
  const { minutes, attendance } = await presider.papers();
  check("the minutes are a PDF", minutes.subarray(0, 5).toString() === "%PDF-");
  check("the attendance annex is a PDF", attendance.subarray(0, 5).toString() === "%PDF-");
  if (process.env.DAY_MINUTES) await writeFile(process.env.DAY_MINUTES, minutes);
  const record = await presider.record();
  check("each finished visit has one case entry", day.oneEntryEach(record));
  check("nobody of the roster is doubled", day.nobodyTwice(record));
  check("the pages had no errors", day.problems().length === 0);
} catch (error) {
  for (const problem of day.problems()) console.error(problem);
  if (process.env.DAY_PICTURES) await day.picture(process.env.DAY_PICTURES);
  throw error;
} finally {
  await browser.close();
  await demo.close?.();
}
if (demo.verify) {
  check("the chain of every session verifies", (await demo.verify()) === 0);
  await demo.remove();
}
