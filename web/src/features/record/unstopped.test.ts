import { expect, test } from "vitest";
import { unstopped } from "./unstopped";

test("a text goes on in a sentence with one stop, whoever wrote it", () => {
  expect(["Kiểm tra và trả lời bằng văn bản.", "Kiểm tra và trả lời bằng văn bản", " Kiểm tra và trả lời bằng văn bản .. "].map(unstopped)).toEqual(
    Array.from({ length: 3 }, () => "Kiểm tra và trả lời bằng văn bản"),
  );
  expect(unstopped("Đã trả lời chưa?")).toBe("Đã trả lời chưa?");
});
