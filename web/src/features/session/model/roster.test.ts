import { describe, expect, it } from "vitest";
import { ID, person, pointSection } from "../fixture/room";
import { freeSeat, personFrom, rosterCommand, rosterLines, seatNew } from "./roster";

describe("roster", () => {
  it("lists by seat and gives each person the one act that comes next", () => {
    expect(rosterLines(pointSection()).map((line) => [line.person.name, line.seat, line.act])).toEqual([
      ["Giàng A Sử", 1, "out"],
      ["Lò Thị Mận", 2, "out"],
      ["Lò Thị Hoa", null, "in"],
    ]);
  });

  it("keeps presence by act: the button sends in, out or back, with the seat", () => {
    const point = pointSection();
    const lines = rosterLines(point);
    const expected = lines[2];
    const present = lines[1];
    if (!expected || !present) throw new Error("fixture");
    expect(freeSeat(point)).toBe(3);
    expect(rosterCommand(point, expected, 3)).toMatchObject({ do: "seat_person", seat: 3, person: { id: ID.daughter1 } });
    expect(rosterCommand(point, present, 2)).toEqual({ do: "person_out", point: ID.pointA, person: ID.citizen1 });
    expect(rosterCommand(point, { ...present, act: "back" }, 2)).toEqual({
      do: "person_back",
      point: ID.pointA,
      person: ID.citizen1,
      seat: 2,
    });
  });

  it("names whom a substitute stands in for", () => {
    const point = pointSection();
    const row = point.roster[ID.daughter1];
    if (!row) throw new Error("fixture");
    row.substitute_for = ID.officerPersonA;
    expect(rosterLines(point).find((line) => line.id === ID.daughter1)?.substituteFor).toEqual({ name: "Giàng A Sử", ordinal: null });
    expect(seatNew(ID.pointA, { name: " A ", title: "", role: "officer", substituteFor: ID.officerPersonA }, "p9", 4)).toMatchObject({
      substitute_for: ID.officerPersonA,
      seat: 4,
    });
  });

  it("calls a person of a restricted visit by their number there", () => {
    const point = pointSection();
    for (const row of Object.values(point.roster)) {
      if (row?.visit) row.person = person(row.person.id, "", { class: "restricted", title: "" });
    }
    expect(rosterLines(point).map((line) => line.person)).toEqual([
      { name: "Giàng A Sử", ordinal: null },
      { name: "", ordinal: 1 },
      { name: "", ordinal: 2 },
    ]);
  });

  it("stores names composed, whatever the keyboard sent", () => {
    expect(personFrom({ name: " Lê Vân ", title: "", role: "citizen", substituteFor: null }, "p1").name).toBe("Lê Vân");
  });
});
