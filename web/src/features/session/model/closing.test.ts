import { describe, expect, it } from "vitest";
import { cardFrom, draftOf, emptyCard, fieldOf } from "./closing";

const full = { ...emptyCard("u1", "Sở Nông nghiệp và Môi trường"), due: "2026-12-21", contact: "Bà Thu, 0203 000 000", conclusion: "Giao Sở kiểm tra" };

describe("closing card", () => {
  it("has no shape without a day or a unit", () => {
    expect(cardFrom({ ...full, due: "" })).toEqual({ missing: "answer.due" });
    expect(cardFrom({ ...full, unit: "" })).toEqual({ missing: "unit_name" });
  });

  it("leaves every other duty to the server, whose refusal names the field", () => {
    expect(cardFrom({ ...full, contact: " " })).toMatchObject({ card: { answer: { contact: "" } } });
    expect([fieldOf("answer.contact"), fieldOf("card.conclusion"), fieldOf("contact"), fieldOf("unit"), fieldOf(null)]).toEqual([
      "answer.contact",
      "conclusion",
      "answer.contact",
      "unit_name",
      null,
    ]);
  });

  it("sends no deadline with an answer given at once", () => {
    const built = cardFrom({ ...full, answer: "now", text: " Đã giải thích ", due: "" });
    expect(built).toMatchObject({ card: { answer: { answer: "now", text: "Đã giải thích" } } });
    expect(JSON.stringify(built)).not.toContain("contact");
  });

  it("reads a sent card back into the form", () => {
    const built = cardFrom(full);
    if (!("card" in built)) throw new Error("no card");
    expect(draftOf(built.card)).toEqual(full);
  });
});
