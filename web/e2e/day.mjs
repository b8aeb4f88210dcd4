// One reception day in four pages: presider, note-taker and two points, from sign-in to the downloaded papers.
//   DIEMCAU_BIN=target/debug/diemcau node e2e/day.mjs
// Roles used: chu-tri (presider), thu-ky (note-taker), xa-a and phuong-b (point officers).
//
// The attendance is counted at one component point, the ward: 4 people, 3 devices, 5 cuts, 1 latecomer.
import { writeFile } from "node:fs/promises";
import { check, framesDuring, layersSent, mediaStats, picturesFlow, soundDuring, until } from "./lib.mjs";
import { attendanceOf, hourWords, marksOf, oneLine, textOf } from "./papers.mjs";
import { scene } from "./scene.mjs";

/** Large enough for two layers of the camera, and the widths of these. */
const CAPTURE = { width: 640, height: 360 };
const [SMALL, LARGE] = [160, 320];

let paper;
const demo = await scene({ lines: ["phuong-b"], captures: { "phuong-b": CAPTURE } }, async ({ day, lines: { "phuong-b": line } }) => {
  const { presider, noteTaker, a, b } = day;

  const gaps = async () => (await presider.record()).gaps.filter((gap) => gap.point === b.point);

  /** A cut of the ward's line, as long as it takes to be written down and no longer. */
  async function cut(n) {
    await line.cut();
    await until(`gap ${n} in the record`, async () => (await gaps()).length >= n);
    await line.mend();
    await until(`the end of gap ${n}`, async () => (await gaps()).every((gap) => gap.to !== null));
    await b.page.getByTestId("line-wire").waitFor({ state: "detached" });
    // On a busy machine a cut of the running visit's point may take the 10 s that interrupt: then the presider goes on.
    if ((await presider.record()).session.status === "interrupted") await presider.pressMain("Tiếp tục buổi tiếp");
  }

  /** Width in which the presider is shown a point. */
  async function shownWidth(point) {
    const slot = Number(await presider.tile(point).getAttribute("data-slot"));
    return (await mediaStats(presider.page)).slots[slot]?.width;
  }

  /** One visit as far as the closing card; nothing of it reaches the other point. */
  async function hear(own, other, text) {
    await own.prepareVisit();
    // A second click on the way must not call twice.
    await presider.main().filter({ hasText: "Gọi lượt tiếp" }).dblclick();
    await own.page.getByText("Lượt của ông/bà. Xin mời ngồi vào chỗ.").waitFor();
    await until("the call in the note-taker's timeline", async () => (await noteTaker.happened("Lượt tiếp: Đã mời")) > 0);
    check("two clicks are one call", (await noteTaker.happened("Lượt tiếp: Đã mời")) === 1);
    const began = [new Date()];
    await presider.beginVisit();
    began.push(new Date());
    await Promise.all([picturesFlow(presider.page), picturesFlow(own.page), other.page.getByTestId("waiting-picture").waitFor()]);
    check("no frame of the visit at the other point", (await framesDuring(other.page, 2000)) === 0);

    await presider.microphone("closed");
    check("a page can send sound without the floor", await own.sendSound(true));
    check("no sound from a microphone without the floor", (await soundDuring(presider.page, 2000)) < 1e-6);
    await own.sendSound(false);
    await presider.giveFloor(own);
    await own.microphone("open");
    const heard = await Promise.all([soundDuring(presider.page, 2500), soundDuring(other.page, 2500)]);
    check("the floor and the key open the microphone", heard[0] > 1e-6);
    check("nothing of it at the other point", heard[1] < 1e-6);

    await noteTaker.write("Nội dung trình bày", text);
    await noteTaker.write("Yêu cầu, đề nghị", "Đề nghị giải quyết theo quy định.");
    return began;
  }

  async function conclude() {
    const ended = [new Date()];
    await presider.conclude({ due: day.inDays(20), contact: "Bà Thu, điện thoại 0203 300 0000", conclusion: "Giao đơn vị chuyên môn kiểm tra, trả lời công dân." });
    return [...ended, new Date()];
  }

  // --- in the room
  // All pages share the browser's one made-up camera, and who opens it first decides how large it is.
  await b.enter();
  await b.page.waitForFunction((width) => [...document.querySelectorAll("video")].some((video) => video.videoWidth === width), CAPTURE.width);
  await Promise.all([presider.enter(), noteTaker.enter("companion"), a.enter()]);
  const devices = await Promise.all([b.device("citizen_screen"), b.device("paper")]);
  await presider.openLobby();
  await Promise.all([picturesFlow(presider.page, { atLeast: 3 }), picturesFlow(a.page), picturesFlow(b.page)]);
  check("pictures flow in both directions before the first visit", (await mediaStats(a.page)).sent.frames > 0);
  await until("the small layer of the ward beside the large commune", async () => (await shownWidth(b)) === SMALL);
  await Promise.all([a.seesAndHears(), b.seesAndHears()]);
  await Promise.all([a.seatEverybody(), b.seatEverybody(), noteTaker.seatEverybody()]);
  await presider.makeReady();
  await presider.start("Buổi thử của hệ thống");
  check("the session is recorded", await presider.sees("recording", "Đang ghi hình"));
  await b.seat({ name: "Lò Thị Muộn", role: "Trợ giúp viên pháp lý", title: "Bà" });

  // --- the commune's visit; the ward's line is cut beside it
  await hear(a, b, "Gia đình đã bàn giao 420 m² đất từ tháng 3 năm 2025 nhưng chưa nhận tiền bồi thường.");
  await Promise.all([cut(1), conclude()]);
  await Promise.all([cut(2), noteTaker.freezeAndReadBack().then(() => a.signAll()).then(() => noteTaker.classifyAndEnd())]);

  // --- the ward's own visit, cut twice in the middle of it, and once when its text is read back
  const text = "Nước thải của cơ sở giết mổ chảy ra mương thủy lợi từ tháng 6 năm 2026.";
  const began = await hear(b, a, text);
  await until("the large layer of the ward on the stage", async () => (await shownWidth(b)) === LARGE);
  // Nobody watched the large layer in the lobby, so it was not sent; the small one stays for whoever has a thin line.
  const layers = await until("two layers of the ward's camera", async () => {
    const sent = await layersSent(b.page);
    return sent.length >= 2 && sent.map(({ rid, width }) => `${rid} ${width}`).join(", ");
  });
  check(`the ward's camera sends in layers: ${layers}`, true);
  check(`the server changes layers: ${SMALL} in the lobby, ${LARGE} on the stage`, true);
  await cut(3);
  check("after a cut the floor is the same", await presider.tile(b).getByTestId("take-floor").isVisible());
  await b.lamp("Được nói, micro còn tắt");
  check("after a cut the microphone is closed", true);
  await b.microphone("open");
  await cut(4);
  const ended = await conclude();
  await Promise.all([cut(5), noteTaker.freezeAndReadBack()]);
  for (const page of devices) await page.getByTestId("line-wire").waitFor({ state: "detached" });
  await b.signAll();
  await noteTaker.classifyAndEnd();

  // --- the end
  await presider.end();
  await Promise.all([a.attest(), b.attest()]);
  const record = await presider.record();
  check("each finished visit has one case entry", day.oneEntryEach(record));
  const rows = record.attendance.filter((row) => row.point === b.point);
  const names = ["Lò Thị Muộn", "Mai Thị Rươi", "Trịnh Văn Sậy", "Vũ Thị Mận"];
  check("4 people in the record, nobody twice", rows.map((row) => row.person.name).toSorted().join() === names.join());
  check("1 latecomer", rows.filter((row) => row.status === "late").map((row) => row.person.name).join() === "Lò Thị Muộn");
  check("nobody went and came because a line was cut", rows.every((row) => row.intervals.length === 1));
  const { gaps: lost, cuts, stray } = line.explain(record, b.point);
  check("5 cuts, each of them one gap", cuts.length === 5 && cuts.every((gaps) => gaps.length === 1));
  check("no gap but while the line stood still", stray.length === 0);
  check("all of them over 3 s, with their end", lost.every((gap) => gap.to - gap.from >= 3000));

  // --- the papers
  const visit = record.visits.find((one) => one.name === "Trịnh Văn Sậy");
  const { minutes, attendance } = await presider.papers(visit.visit);
  if (process.env.DAY_MINUTES) await writeFile(process.env.DAY_MINUTES, minutes);
  const annex = attendanceOf(await textOf(attendance), "Điểm cầu phường Bến Đá");
  check("the annex names the same 4 people once", annex.people.map((one) => one.name).toSorted().join() === names.join());
  check("the annex names the latecomer", annex.people.filter((one) => one.status.startsWith("Đến muộn")).map((one) => one.name).join() === "Lò Thị Muộn");
  check("the annex has the same gaps", annex.gaps === lost.length);
  const print = await textOf(minutes);
  const said = oneLine(print);
  check("the minutes have what was typed", said.includes(text) && said.includes("Đề nghị giải quyết theo quy định."));
  check("the minutes have the conclusion", said.includes("Giao đơn vị chuyên môn kiểm tra, trả lời công dân."));
  check("the minutes begin when the visit began", began.some((moment) => said.includes(`Hôm nay, vào hồi ${hourWords(moment)}`)));
  check("the minutes end when the hearing ended", ended.some((moment) => said.includes(`kết thúc vào hồi ${hourWords(moment)}`)));
  paper = marksOf(print);
  check("the paper has the text hash of the record", /^[0-9a-f]{64}$/.test(paper.text) && paper.text === visit.text_hash);
  return [paper.qr];
});
const other = paper.head.replace(/^./, (first) => (first === "0" ? "1" : "0"));
check("a paper of another record does not", (await demo.verify([paper.qr.replace(paper.head, other)])) !== 0);
await demo.remove();
