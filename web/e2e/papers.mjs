// What stands in a downloaded paper, read by pdftotext as a person would read the print.
import { spawn } from "node:child_process";

/** The text of a PDF as it is laid out. */
export function textOf(pdf) {
  return new Promise((resolve, reject) => {
    const reader = spawn("pdftotext", ["-layout", "-", "-"], { stdio: ["pipe", "pipe", "inherit"] });
    let text = "";
    reader.stdout.setEncoding("utf8");
    reader.stdout.on("data", (chunk) => (text += chunk));
    reader.once("error", reject);
    reader.once("exit", (code) => (code === 0 ? resolve(text) : reject(new Error(`pdftotext: ${code}`))));
    reader.stdin.end(pdf);
  });
}

/** The same with every gap and line break as one space: sentences wrap. */
export const oneLine = (text) => text.replaceAll(/\s+/g, " ");

/** A moment as the minutes write it, in the country's time. */
export function hourWords(moment) {
  const [hour, minute] = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Ho_Chi_Minh", hour: "2-digit", minute: "2-digit" }).format(moment).split(":");
  return `${hour} giờ ${minute} phút`;
}

/** The marks by which a paper is held against the record, as printed on its last page. */
export function marksOf(text) {
  // Whole marks stand alone on their line; the foot of each page has the beginning of one.
  const mark = (name) => {
    const [, value] = new RegExp(`${name}: +([0-9a-f-]+)$`, "m").exec(text) ?? [];
    if (value === undefined) throw new Error(`the paper has no ${name}`);
    return value;
  };
  const marks = {
    session: mark("Mã buổi tiếp"),
    visit: mark("Mã lượt tiếp"),
    seq: mark("Sự kiện khóa số"),
    head: mark("Mã chuỗi hồ sơ"),
    text: mark("Mã nội dung"),
    key: mark("Dấu vân khóa ký"),
  };
  const { session, visit, seq, head, text: hash, key } = marks;
  // What the QR code beside it holds.
  return { ...marks, qr: ["DIEMCAU-PAPER-1", session, visit, seq, head, hash, key].join(":") };
}

/** One point of the attendance annex: its rows, and how many gaps it names. */
export function attendanceOf(text, point) {
  const part = text.split(/^ +(?=\d+\. \S)/m).find((one) => one.replace(/^\d+\. /, "").startsWith(point));
  if (part === undefined) throw new Error(`the annex has no ${point}`);
  const rows = [...part.matchAll(/^ *(\d+) +(\S.*?) {2,}.*?(\d\d:\d\d|–) +(\d\d:\d\d|–) +(\S.*?)$/gm)];
  const [, gaps = "0"] = /Gián đoạn kết nối \((\d+) lần\)/.exec(part) ?? [];
  return { people: rows.map(([, , name, came, left, status]) => ({ name, came, left, status })), gaps: Number(gaps) };
}
