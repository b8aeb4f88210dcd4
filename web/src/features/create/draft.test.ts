import { expect, test } from "vitest";
import type { Point } from "../../protocol/units";
import { emptyDraft, missing, newPerson, newVisit, toNewSession, type SessionDraft } from "./draft";

const point = (id: string): Point => ({
  id,
  unit: "u1",
  name: `Điểm ${id}`,
  address: "Số 1",
  equipment: "",
  phone: "",
  valid_from: "2026-01-01",
  valid_to: null,
});

function filled(): SessionDraft {
  const draft = emptyDraft("2026-11-23");
  return {
    ...draft,
    unit: "u1",
    title: " Tiếp công dân định kỳ ",
    grounds: ["remote_or_weak"],
    central: "tt",
    components: ["xa-a"],
    functions: draft.functions.map((one) => ({
      ...one,
      user: `user-${one.function}`,
      point: one.function === "point_officer" ? "xa-a" : "tt",
    })),
    visits: [{ ...newVisit("xa-a"), main: { ...newPerson("citizen"), name: "Nguyễn Văn An" }, summary: "Đất đai" }],
  };
}

test("an empty proposal names each thing that is missing", () => {
  expect(missing(emptyDraft("2026-11-23")).map(({ code }) => code)).toEqual([
    "unit",
    "title",
    "grounds",
    "central",
    "component",
    "presider",
    "note_taker",
    "function",
  ]);
});

test("a filled proposal misses nothing and starts at the country's time", () => {
  expect(missing(filled())).toEqual([]);
  const body = toNewSession(filled(), [point("tt"), point("xa-a")]);
  expect(body.starts_at).toBe("2026-11-23T08:00:00+07:00");
  expect(body.title).toBe("Tiếp công dân định kỳ");
  expect(body.points.map(({ role }) => role)).toEqual(["central", "component"]);
});

test("the question about secrecy is a denouncer's, and is sent with its answer alone", () => {
  const registered = (part: Partial<SessionDraft["visits"][number]>) =>
    toNewSession({ ...filled(), visits: filled().visits.map((visit) => ({ ...visit, ...part })) }, []).visits[0];
  expect(registered({ presentedAs: "denunciation", secrecyRequested: false })).toHaveProperty("secrecy_requested", false);
  expect(registered({ presentedAs: "denunciation" })).not.toHaveProperty("secrecy_requested");
  expect(registered({ presentedAs: "complaint", secrecyRequested: false })).not.toHaveProperty("secrecy_requested");
});

test("a person at a point that was taken out is missing again", () => {
  const draft = { ...filled(), components: ["xa-b"] };
  expect(missing(draft).map(({ code, number }) => [code, number])).toEqual([
    ["function", undefined],
    ["visit", 1],
  ]);
});

test("names are sent composed, and a visit never lists the citizen's point twice", () => {
  const draft = filled();
  const visits = draft.visits.map((visit) => ({
    ...visit,
    main: { ...visit.main, name: "Nguyễn Văn An".normalize("NFD") },
    agencyPoints: ["xa-a", "tt"],
  }));
  const [visit] = toNewSession({ ...draft, visits }, []).visits;
  expect(visit?.persons[0]?.name).toBe("Nguyễn Văn An".normalize("NFC"));
  expect(visit?.agency_points).toEqual(["tt"]);
});

test("a group, its interpreter and its lawyer are sent as they were filled in, each beside the one they came with", () => {
  const draft = filled();
  const others = [
    { ...newPerson("representative"), name: " Hà Thị Bưởi ", identityKind: "citizen_identity" as const, identityNumber: " 001 " },
    { ...newPerson("interpreter"), name: "Giàng A Lử" },
    { ...newPerson("citizen"), name: "Hà Văn Nụ" },
  ];
  const visits = draft.visits.map((visit) => ({ ...visit, class: "restricted" as const, groupSize: "8", others }));
  expect(missing({ ...draft, visits })).toEqual([]);
  const [visit] = toNewSession({ ...draft, visits }, []).visits;
  expect(visit?.group_size).toBe(8);
  expect(visit?.persons.map(({ name, role }) => [name, role])).toEqual([
    ["Nguyễn Văn An", "citizen"],
    ["Hà Thị Bưởi", "representative"],
    ["Giàng A Lử", "interpreter"],
    ["Hà Văn Nụ", "citizen"],
  ]);
  const [main, representative] = visit?.persons ?? [];
  expect(visit?.persons.map(({ on_behalf_of }) => on_behalf_of)).toEqual([null, main?.id, main?.id, null]);
  expect(visit?.persons.every((person) => person.class === "restricted")).toBe(true);
  expect(representative?.identity).toMatchObject({ kind: "citizen_identity", number: "001" });
  expect(new Set(visit?.persons.map(({ id }) => id)).size).toBe(4);
});

test("everybody who comes has a name", () => {
  const draft = filled();
  const visits = draft.visits.map((visit) => ({ ...visit, others: [newPerson("interpreter")] }));
  expect(missing({ ...draft, visits })).toEqual([{ code: "visit", number: 1 }]);
});
