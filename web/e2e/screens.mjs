// Pictures of every screen in the middle of a real day, for docs/screens and for whoever changes one.
//   DIEMCAU_BIN=target/debug/diemcau node e2e/screens.mjs ../docs/screens
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { launch, newPage, picturesFlow, signIn } from "./lib.mjs";
import { Day } from "./people.mjs";
import { province } from "./province.mjs";

const SIZES = [
  { width: 1920, height: 1080 },
  { width: 390, height: 844 },
];
const folder = process.argv[2] ?? ".";
await mkdir(folder, { recursive: true });

async function picture(page, name) {
  for (const size of SIZES) {
    await page.setViewportSize(size);
    // Pictures of the call and the layout settle.
    await page.waitForTimeout(900);
    await page.screenshot({ path: join(folder, `${name}-${size.width}.png`) });
  }
  await page.setViewportSize({ width: 1366, height: 768 });
}

const demo = await province();
const browser = await launch();
try {
  const visitor = await newPage(browser, { name: "visitor" });
  await visitor.goto(`${demo.url}/dang-nhap`);
  await picture(visitor, "sign-in");
  await visitor.close();
  const day = await Day.begin(browser, demo);
  const { presider, noteTaker, a, b } = day;
  await picture(presider.page, "today");
  await presider.page.getByRole("link", { name: "Chuẩn bị" }).first().click();
  await presider.page.getByRole("heading", { level: 1 }).waitFor();
  await picture(presider.page, "prepare");
  await presider.page.goto(new URL("/", presider.page.url()).href);
  await noteTaker.page.goto(new URL("/buoi-tiep/moi", noteTaker.page.url()).href);
  await picture(noteTaker.page, "create");
  await a.page.goto(new URL("/kiem-tra-thiet-bi", a.page.url()).href);
  await picture(a.page, "device-check");
  for (const { page } of [noteTaker, a]) await page.goto(new URL("/", page.url()).href);
  await Promise.all([presider.enter(), noteTaker.enter("companion"), a.enter(), b.enter()]);
  await presider.openLobby();
  await Promise.all([picturesFlow(presider.page, { atLeast: 2 }), picturesFlow(a.page), picturesFlow(b.page)]);
  await picture(presider.page, "presider-lobby");
  await Promise.all([a.seesAndHears(), b.seesAndHears()]);
  await Promise.all([a.seatEverybody(), b.seatEverybody()]);
  await presider.makeReady();
  await presider.start("Buổi thử của hệ thống");
  await a.prepareVisit();
  await picture(a.page, "point-waiting");
  await presider.callNext();
  await presider.beginVisit();
  await picturesFlow(presider.page);
  await presider.giveFloor(a);
  await a.microphone("open");
  await picture(presider.page, "presider-visit");
  await picture(a.page, "point-visit");
  await picture(b.page, "point-other-visit");
  await noteTaker.write("Nội dung trình bày", "Gia đình đã bàn giao 420 m² đất từ tháng 3 năm 2025 nhưng chưa nhận tiền bồi thường.");
  await picture(noteTaker.page, "note-taker");
  for (const [role, name] of [
    ["ky-thuat", "technician"],
    ["so", "agency"],
  ]) {
    const page = await newPage(browser, { name: role });
    await signIn(page, demo.url, demo.links.find((one) => one.role === role).link);
    await page.getByRole("link", { name: "Vào buổi tiếp" }).first().click();
    await page.getByTestId("recording").waitFor();
    await page.waitForTimeout(3000);
    const agency = page.getByRole("button", { name: "Màn hình đại diện cơ quan" });
    if (name === "agency" && (await agency.isVisible())) await agency.click();
    await picture(page, name);
    await page.context().close();
  }
  // The second screen of the point, turned to the citizen: the same browser, no controls.
  const citizen = await a.page.context().newPage();
  const address = new URL(a.page.url());
  address.searchParams.set("may", "citizen_screen");
  await citizen.goto(address.href);
  await citizen.getByTestId("recording").waitFor();
  await citizen.waitForTimeout(3000);
  await picture(citizen, "citizen-screen");
  await citizen.close();
  await presider.pressMain("Kết luận");
  await picture(presider.page, "closing-card");
  await presider.press("Quay lại lượt tiếp");
  await presider.conclude({ due: day.inDays(20), contact: "Bà Thu, điện thoại 0203 300 0000", conclusion: "Giao đơn vị chuyên môn kiểm tra, trả lời công dân." });
  await noteTaker.step("Chốt nội dung biên bản").click();
  await noteTaker.step("Đọc lại cho công dân nghe").click();
  await picture(noteTaker.page, "read-back");
  await noteTaker.press("Đã đọc lại xong");
  await a.signAll();
  await noteTaker.classifyAndEnd();
  await presider.page.goto(new URL(`/buoi-tiep/${presider.session}/ho-so`, presider.page.url()).href);
  await presider.page.waitForTimeout(1500);
  await picture(presider.page, "record");
  for (const [tab, name] of [
    ["Điểm danh", "record-attendance"],
    ["Bản ghi", "record-recording"],
    ["Văn bản", "record-papers"],
  ]) {
    await presider.page.getByRole("tab", { name: tab }).click();
    await picture(presider.page, name);
  }
} finally {
  await browser.close();
  await demo.close();
  await demo.remove();
}
