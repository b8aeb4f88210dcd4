// The people of the day as the script speaks of them: each has a page and the acts of their function, found by role and
// accessible name as a person with a screen reader would find them.
import { join } from "node:path";
import { newPage, signIn, until } from "./lib.mjs";

/** A day as `2026-12-21` into a field of segments: day, month, year, as the page's language has them. */
export async function typeDay(group, day) {
  await group.getByRole("spinbutton").first().click();
  await group.page().keyboard.type(day.split("-").reverse().join(""), { delay: 20 });
}

class Somebody {
  constructor(page, name) {
    this.page = page;
    this.name = name;
  }

  button(name) {
    return this.page.getByRole("button", { name, exact: typeof name === "string" });
  }

  async press(name) {
    await this.button(name).first().click();
  }

  /** Goes to the day's session; `device` is given in the address as the Today page does. */
  async enter(device = "main") {
    const { page } = this;
    await page.getByRole("link", { name: "Vào buổi tiếp", exact: true }).first().click();
    await page.waitForURL(/\/buoi-tiep\/[0-9a-f-]{36}/);
    if (device !== "main") {
      const address = new URL(page.url());
      address.searchParams.set("may", device);
      await page.goto(address.href);
    }
    const place = new URL(page.url());
    this.session = place.pathname.split("/")[2];
    this.point = place.searchParams.get("diem");
    await page.getByTestId("recording").waitFor();
  }

  async sees(testId, text) {
    await this.page.getByTestId(testId).filter({ hasText: text }).waitFor();
    return true;
  }

  /** Brings the own microphone to `open` or `closed` by its key. */
  async microphone(wanted) {
    const key = this.page.getByTestId("microphone");
    const now = (await key.getAttribute("aria-pressed")) === "true" ? "open" : "closed";
    if (now !== wanted) await this.page.keyboard.press("F8");
    await until(`microphone ${wanted}`, async () => (await key.getAttribute("aria-pressed")) === String(wanted === "open"));
  }

  /** The recorder has failed: the presider asks, with a reason, to go on without. */
  async askUnrecorded(reason) {
    await this.press("Đề nghị tiếp tục không ghi hình…");
    const card = this.page.getByRole("dialog");
    await card.getByLabel("Lý do").fill(reason);
    await card.getByRole("button", { name: "Gửi đề nghị" }).click();
    await card.waitFor({ state: "detached" });
  }

  /** The note-taker reads the presider's reason and agrees in one act. */
  async agreeUnrecorded(reason) {
    await this.page.getByText(`Lý do: ${reason}`).first().waitFor();
    await this.page.getByTestId("unrecorded-agree").click();
    await this.page.getByTestId("unrecorded-agree").waitFor({ state: "detached" });
  }

  /** Loads the page anew, as F5 does, whatever it says about text that is not sent. */
  async reload() {
    this.page.once("dialog", (dialog) => dialog.accept());
    await this.page.reload({ waitUntil: "commit" });
  }

  /** How many connections the page has made since it was loaded, or how many are in that state. */
  connections(state) {
    return this.page.evaluate((wanted) => window.peers.filter((peer) => wanted === undefined || peer.connectionState === wanted).length, state);
  }

  /** Who sits where at the own point, as the roster says it. */
  async seats() {
    await this.page.getByTestId("roster-line").first().waitFor();
    return this.page.getByTestId("roster-line").allTextContents();
  }

  /**
   * What a broken or dishonest page would do: sends the sound of its microphone, or not, whatever the server allows.
   * True when there is a track to send.
   */
  sendSound(on) {
    return this.page.evaluate((enabled) => {
      const peer = window.peers.findLast((one) => one.connectionState === "connected");
      const track = peer?.getSenders().find((sender) => sender.track?.kind === "audio")?.track;
      if (track) track.enabled = enabled;
      return track !== undefined;
    }, on);
  }

  /** Everybody on the list of the own point comes in, one after the other. */
  async seatEverybody() {
    const come = this.page.getByTestId("roster-line").getByRole("button", { name: /^Vào/ });
    for (let left = await come.count(); left > 0; left -= 1) {
      await come.first().click();
      await until("one more seated", async () => (await come.count()) < left);
    }
  }

  /** Somebody who was not on the list sits down. */
  async seat({ name, role, title }) {
    const { page } = this;
    await this.press("Thêm người");
    const card = page.getByRole("dialog");
    await card.getByLabel("Họ và tên").fill(name);
    await card.getByRole("button", { name: /Tư cách/ }).click();
    await page.getByRole("option", { name: role, exact: true }).click();
    await card.getByLabel("Chức vụ hoặc danh xưng").fill(title);
    await card.getByRole("button", { name: "Vào chỗ ngay" }).click();
    await card.waitFor({ state: "detached" });
  }

  async lamp(words) {
    await this.page.getByTestId("microphone").filter({ hasText: words }).waitFor();
  }
}

export class Presider extends Somebody {
  main() {
    return this.page.getByTestId("main-button");
  }

  async pressMain(words) {
    await this.main().filter({ hasText: words }).click();
  }

  /** From here on the points see each other. */
  async openLobby() {
    await this.pressMain("Mở kết nối các điểm cầu");
    await this.main().filter({ hasText: "Xác nhận sẵn sàng" }).waitFor();
  }

  /** All points see and hear: the session can be started. */
  async makeReady() {
    await this.pressMain("Xác nhận sẵn sàng");
    await this.main().filter({ hasText: "Mở phiên" }).waitFor();
  }

  async start(reason) {
    const why = this.page.getByLabel("Lý do vẫn mở phiên");
    const started = this.main().filter({ hasNotText: "Mở phiên" }).first();
    await this.pressMain("Mở phiên");
    await why.or(started).first().waitFor();
    if (await why.isVisible()) await why.fill(reason);
    // The recorder may still have to show that it can write: then the same is pressed again.
    await until("the session begun", async () => {
      if (await started.isVisible()) return true;
      await this.button("Vẫn mở phiên").click({ timeout: 1000 }).catch(() => undefined);
      return false;
    });
  }

  callNext() {
    return this.pressMain("Gọi lượt tiếp");
  }

  beginVisit() {
    return this.pressMain("Bắt đầu lượt");
  }

  /** The camera of a point; its papers have a tile of their own. */
  tile(point) {
    return this.page.locator(`[data-testid=tile][data-point="${point.point}"]:not([aria-label^="Tài liệu"])`).first();
  }

  async giveFloor(point) {
    await this.tile(point).getByTestId("give-floor").click();
    await this.tile(point).getByTestId("take-floor").waitFor();
  }

  async takeFloor(point) {
    await this.tile(point).getByTestId("take-floor").click();
    await this.tile(point).getByTestId("give-floor").waitFor();
  }

  async conclude({ due, contact, conclusion }) {
    const { page } = this;
    await this.pressMain("Kết luận");
    const card = page.getByRole("dialog");
    await typeDay(card.getByRole("group", { name: "Thời hạn" }), due);
    await card.getByLabel("Người liên hệ").fill(contact);
    await card.getByLabel("Việc sẽ làm").fill("Kiểm tra và trả lời bằng văn bản.");
    await card.getByRole("button", { name: /Đơn vị chịu trách nhiệm/ }).click();
    await page.getByRole("option").first().click();
    await card.getByLabel("Kết luận của người chủ trì").fill(conclusion);
    await card.getByLabel("Ý kiến của công dân về kết luận").fill("Nhất trí.");
    await card.getByRole("button", { name: "Kết thúc phần nghe" }).click();
    await card.waitFor({ state: "detached" });
  }

  async end() {
    await this.page.getByTestId("main-button").or(this.page.getByTestId("end-session")).filter({ hasText: "Kết thúc buổi tiếp" }).first().click();
    await this.press("Kết thúc, còn 30 giây để hoàn tác");
    await this.page.getByTestId("line-end").waitFor();
    // Nobody undoes it: the server closes when the 30 seconds are over.
    await this.page.getByText("Buổi tiếp đã kết thúc.").first().waitFor({ timeout: 60_000 });
  }

  /** `GET` by the page itself: it has the cookie, and the browser alone knows names under `localhost`. */
  async fetch(path) {
    const { status, body } = await this.page.evaluate(async (address) => {
      const answer = await fetch(address);
      const bytes = new Uint8Array(await answer.arrayBuffer());
      return { status: answer.status, body: Array.from(bytes) };
    }, path);
    if (status !== 200) throw new Error(`${path}: ${status}`);
    return Buffer.from(body);
  }

  async record() {
    return JSON.parse((await this.fetch(`/api/v1/sessions/${this.session}/record`)).toString());
  }

  async papers(visit) {
    return {
      minutes: await this.fetch(`/api/v1/sessions/${this.session}/visits/${visit}/minutes.pdf`),
      attendance: await this.fetch(`/api/v1/sessions/${this.session}/attendance.pdf`),
    };
  }
}

export class NoteTaker extends Somebody {
  /** Types as a person does and waits for the server's word that it is stored. */
  async write(label, text) {
    const field = this.page.getByLabel(label, { exact: true });
    await field.click();
    await field.pressSequentially(text, { delay: 15 });
    await field.blur();
    await this.saved(label);
  }

  saved(label) {
    const block = this.page.getByLabel(label, { exact: true }).locator("xpath=ancestor::div[1]");
    return until(`${label} saved`, async () => /Đã lưu/.test((await block.textContent()) ?? ""));
  }

  /** Waits until a browser that knows nothing of this one is shown exactly that text: it comes from the server. */
  async isStored(browser, demo, label, text) {
    const other = new NoteTaker(await newPage(browser, { name: `${this.name} elsewhere` }), this.name);
    await signIn(other.page, demo.url, await demo.link(this.name));
    await other.enter("companion");
    await until(`the stored ${label}`, async () => (await other.page.getByLabel(label, { exact: true }).inputValue()) === text);
    await other.page.context().close();
  }

  /** How often the timeline of the visit that is shown says so. */
  happened(words) {
    return this.page.getByRole("listitem").filter({ hasText: words }).count();
  }

  step(words) {
    return this.page.getByTestId("paper-step").filter({ hasText: words });
  }

  async freezeAndReadBack() {
    await this.step("Chốt nội dung biên bản").click();
    await this.step("Đọc lại cho công dân nghe").click();
    await this.press("Đã đọc lại xong");
  }

  async classifyAndEnd() {
    await this.step("Phân loại").click();
    await this.press("Lưu phân loại");
    await this.step("Kết thúc lượt").click();
  }
}

export class PointOfficer extends Somebody {
  async seesAndHears() {
    const button = this.button("Thấy rõ và nghe rõ");
    if (await button.isVisible()) await button.click();
  }

  /** A further device of the point in the same browser: its citizen's screen or its document camera. */
  async device(kind) {
    const page = await this.page.context().newPage();
    const address = new URL(this.page.url());
    address.searchParams.set("may", kind);
    await page.goto(address.href);
    await page.getByTestId("recording").waitFor();
    return page;
  }

  /** Arrived, identity seen, recording announced, waiting: what a visit needs before it is called. */
  async prepareVisit() {
    const { page } = this;
    const step = page.getByTestId("visit-step");
    const arrive = step.filter({ hasText: "Công dân đã đến" });
    const identify = step.filter({ hasText: "Đã xác định nhân thân" });
    const wait = step.filter({ hasText: "Đưa vào hàng chờ" });
    const waiting = page.getByText("Đang chờ người chủ trì gọi.");
    await arrive.or(identify).or(wait).or(waiting).first().waitFor();
    if (await arrive.isVisible()) await arrive.click();
    await identify.or(wait).or(waiting).first().waitFor();
    if (await identify.isVisible()) {
      const seen = this.button(/^Đã xem: /);
      for (let left = await seen.count(); left > 0; left -= 1) {
        await seen.first().click();
        await until("one more identity seen", async () => (await seen.count()) < left);
      }
      await identify.click();
    }
    await wait.or(waiting).first().waitFor();
    const announce = this.button("Đã đọc cho công dân nghe");
    if (await announce.isVisible()) await announce.click();
    if (await wait.isVisible()) await wait.click();
    await waiting.waitFor();
  }

  async signAll() {
    const sign = this.button(/^Đã xác nhận: /);
    await sign.first().waitFor();
    for (let left = await sign.count(); left > 0; left -= 1) {
      await sign.first().click();
      await until("one more signature", async () => (await sign.count()) < left);
    }
  }

  async attest() {
    await this.press("Xác nhận danh sách");
    await this.page.getByText(/đã xác nhận$/).waitFor();
  }
}

/** All of them, signed in. */
export class Day {
  /** `lines` by login: whose pages reach the server through a line that can be cut. `captures`: other sizes of pictures. */
  static async begin(browser, { url, links }, { lines = {}, captures = {} } = {}) {
    const of = (...roles) => links.filter((link) => roles.includes(link.role));
    const [presiderLink] = of("chu-tri");
    const [noteLink] = of("thu-ky");
    const [aLink, bLink] = of("xa-a", "phuong-b");
    if (!presiderLink || !noteLink || !aLink || !bLink) throw new Error(`links of four roles are needed, got ${links.map((link) => link.role).join(", ")}`);
    const open = async (Kind, { role, link }) => {
      const page = await newPage(browser, { name: role, line: lines[role], ...(captures[role] ? { capture: captures[role] } : {}) });
      await signIn(page, url, link);
      return new Kind(page, role);
    };
    const day = new Day();
    day.presider = await open(Presider, presiderLink);
    day.noteTaker = await open(NoteTaker, noteLink);
    day.a = await open(PointOfficer, aLink);
    day.b = await open(PointOfficer, bLink);
    return day;
  }

  /** Everybody in the room, and the session begun. */
  async open() {
    const { presider, noteTaker, a, b } = this;
    await Promise.all([presider.enter(), noteTaker.enter("companion"), a.enter(), b.enter()]);
    await presider.openLobby();
    await Promise.all([a.seesAndHears(), b.seesAndHears(), a.seatEverybody(), b.seatEverybody()]);
    await presider.makeReady();
    await presider.start("Buổi thử của hệ thống");
  }

  /** The visit of that point under way, with the floor and an open microphone on both sides. */
  async beginVisit(own) {
    await own.prepareVisit();
    await this.presider.callNext();
    await this.presider.beginVisit();
    await this.presider.giveFloor(own);
    await Promise.all([this.presider.microphone("open"), own.microphone("open")]);
  }

  get all() {
    return [this.presider, this.noteTaker, this.a, this.b];
  }

  problems() {
    return this.all.flatMap((somebody) => somebody.page.problems);
  }

  async picture(folder) {
    for (const { page, name } of this.all) await page.screenshot({ path: join(folder, `day-${name}.png`) }).catch(() => undefined);
  }

  /** A day from now in the country's calendar, as a date field takes it. */
  inDays(days) {
    return new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Ho_Chi_Minh" }).format(Date.now() + days * 86_400_000);
  }

  oneEntryEach(record) {
    const ended = record.visits.filter((visit) => visit.status === "ended");
    const registers = ended.map((visit) => visit.register);
    return ended.length >= 2 && ended.every((visit) => visit.case && visit.register) && new Set(registers).size === registers.length;
  }
}
