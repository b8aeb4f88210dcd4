import { describe, expect, it } from "vitest";
import { visitSection } from "../fixture/room";
import { edited, newPetition } from "./petitions";

describe("classification", () => {
  it("starts from what was presented and answered, which the officer may change", () => {
    const visit = visitSection({
      presented_as: "denunciation",
      card: { answer: { answer: "now", text: "x" }, unit: "u", unit_name: "U", conclusion: "c", citizen_opinion: "" },
    });
    expect(newPetition("p1", visit)).toMatchObject({ kind: "denunciation", outcome: "answered_on_spot" });
    expect(newPetition("p1", visitSection())).toMatchObject({ kind: "complaint", outcome: "accepted_for_proposal" });
  });

  it("changes one of several and forgets an addressee that no longer applies", () => {
    const two = [newPetition("p1", visitSection()), { ...newPetition("p2", visitSection()), outcome: "forwarded" as const, addressee: "Thanh tra tỉnh" }];
    expect(edited(two, "p2", { content: "khác" })[1]).toMatchObject({ content: "khác", addressee: "Thanh tra tỉnh" });
    expect(edited(two, "p2", { outcome: "explained_final" })[1]?.addressee).toBe("");
    expect(edited(two, "p2", { outcome: "guided" })[0]).toEqual(two[0]);
  });
});
