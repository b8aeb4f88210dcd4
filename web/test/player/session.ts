import {
  agendaRow,
  devicesSection,
  ID,
  minutesSection,
  person,
  pointSection,
  publicSection,
  staffSection,
  visitSection,
} from "../../src/features/session/fixture/room";
import type { SlotView } from "../../src/protocol/frame";
import type { SessionFunction } from "../../src/protocol/people";
import type { StaffSection, VisitSection } from "../../src/protocol/section";
import type { DeviceKind } from "../../src/protocol/units";
import type { VisitStatus } from "../../src/protocol/visit";
import { ALARMED } from "./alarms";
import { directory, row as sessionRow, users } from "./office";
import type { Played } from "./play";
import type { Act, Main } from "./screens";

// The in-session screens: who looks, from where, and what the server has published to them.

interface Scene extends Partial<Played> {
  name: string;
  user?: string;
  device?: DeviceKind;
  /** The machine of the point itself, nobody signed in. */
  kiosk?: boolean;
  /** Of those who are told of no agenda. */
  functions?: SessionFunction[];
  act?: Act;
  main?: Main;
}

const camera = (point: string, sound = true): SlotView => ({ point, picture: "camera", sound, paused: false, undecoded: false });
const none: SlotView = { point: null, picture: null, sound: false, paused: false, undecoded: false };
const row = (status: VisitStatus): StaffSection["visits"] => ({ ...staffSection().visits, [ID.visit1]: agendaRow({ status }) });
const visit = (more: Partial<VisitSection> = {}) => ({ [`visit:${ID.visit1}`]: visitSection(more) });
const linked = (point: string, link: "lost" | "absent") => {
  const { points } = publicSection();
  const view = points[point];
  return { ...points, ...(view ? { [point]: { ...view, link, microphone_open: false } } : {}) };
};
/** A visit of the other commune is being received. */
const elsewhere = (running_number: number) => {
  const { points } = publicSection();
  const staged = Object.entries(points).map(([point, view]) => [point, { ...view, on_stage: point === ID.pointB }] as const);
  return publicSection({ running_number, running_point: ID.pointB, points: Object.fromEntries(staged) });
};
/** A point with a line like this. */
const doing = (user: string, name: string, of: "agency_representative" | "technician", point: string) =>
  staffSection({ functions: { [user]: { name, title: "", functions: [of], point, connected: true } } });

const central = {
  [`point:${ID.central}`]: pointSection({ point: ID.central, name: "Trụ sở Tiếp công dân tỉnh", visits: [], roster: {} }),
};
const silent = { [`point:${ID.pointA}`]: pointSection({ may_speak: false, microphone_open: false }) };
const hq = { point: ID.central, slots: [camera(ID.pointA), camera(ID.agency), { point: ID.pointA, picture: "paper", sound: false, paused: false, undecoded: false }, none] };
const xaA = { point: ID.pointA, user: ID.officerA, slots: [camera(ID.central), camera(ID.agency), none, none] };
const frozen: Partial<VisitSection> = {
  frozen: "9f3c0a11d2e4b5a6c7",
  frozen_text: [
    ["content", "Bà Lò Thị Mận trình bày: gia đình có 420 m² đất trồng ngô trong hành lang tuyến đường liên xã, đã bàn giao mặt bằng tháng 3/2025, chưa nhận được tiền bồi thường."],
    ["requests", "Đề nghị chi trả tiền bồi thường trong năm 2026."],
    [
      "conclusion",
      [
        "Giao Sở Nông nghiệp và Môi trường kiểm tra, trả lời công dân.",
        "Nội dung này được trả lời sau buổi tiếp công dân.",
        "Cơ quan, đơn vị chịu trách nhiệm: Sở Nông nghiệp và Môi trường.",
        "Thời hạn trả lời: chậm nhất ngày 21/12/2026.",
        "Người liên hệ: Bà Thu, 0203 300 0000.",
      ].join("\n"),
    ],
    ["citizen_opinion", "Nhất trí với kết luận."],
  ],
};

const unwritten = publicSection({ status: "paused", recording: "failed", notice: "recorder_failed" });
const asked = { by: ID.presider, reason: "Ổ ghi hỏng, bốn công dân chờ từ sáng" };

/** A point with three visits: one is signed and waits for the note-taker, one has come, one is expected. */
const several = {
  public: publicSection({ running_number: null, running_point: null }),
  staff: staffSection({ running: null }),
  ...visit({ status: "confirmed" }),
  [`visit:${ID.visit2}`]: visitSection({
    visit: ID.visit2,
    number: 2,
    status: "arrived",
    summary: "Nước thải chảy ra mương thủy lợi",
    persons: [person(ID.citizen2, "Đặng Văn Bền", { title: "Ông" })],
    identity_seen: {},
    recording_announced: false,
    began_at: null,
  }),
  [`visit:${ID.visit3}`]: visitSection({
    visit: ID.visit3,
    number: 3,
    status: "registered",
    summary: "Cấp đổi giấy chứng nhận quyền sử dụng đất",
    persons: [person("01939f00-0000-7000-8000-000000000105", "Hà Thị Chiên")],
    identity_seen: {},
    recording_announced: false,
    began_at: null,
  }),
  [`point:${ID.pointA}`]: pointSection({ may_speak: false, microphone_open: false, visits: [ID.visit1, ID.visit2, ID.visit3] }),
};

/** What the officer beside those of a restricted visit is told: that they are there, and nothing that says who. */
const restricted = (status: VisitStatus) => {
  const nameless = { class: "restricted", title: "" } as const;
  const roster = pointSection().roster;
  for (const entry of Object.values(roster)) if (entry?.visit) entry.person = person(entry.person.id, "", nameless);
  return {
    public: publicSection({ running_number: null, running_point: null }),
    staff: staffSection({ running: null, agenda: [], visits: {} }),
    ...visit({
      status,
      class: "restricted",
      summary: "",
      persons: [person(ID.citizen1, "", nameless), person(ID.daughter1, "", { ...nameless, role: "representative" })],
      identity_seen: {},
      timeline: [],
    }),
    [`point:${ID.pointA}`]: pointSection({ may_speak: false, microphone_open: false, roster }),
  };
};

const SCENES: Scene[] = [
  { name: "presider", main: { role: "button", name: "session:main.conclude" }, ...hq, sections: { public: publicSection(), staff: staffSection(), ...central, ...visit() } },
  {
    name: "presider-alarms",
    main: { role: "button", name: "session:main.conclude" },
    ...hq,
    sections: { ...ALARMED, ...central, ...visit() },
  },
  {
    name: "presider-start",
    main: { role: "button", name: "session:start.all_the_same" },
    ...hq,
    sections: {
      ...central,
      public: publicSection({ status: "ready", recording: "off", running_number: null, floor: { point: null, person: null, since: null, hands: [] } }),
      staff: staffSection({ running: null, next: ID.visit1, visits: row("waiting"), open_duties: ["advising_unit_present", `seen_and_heard:${ID.pointB}`, "trial_call"] }),
    },
    act: (page) => page.getByTestId("main-button").click(),
  },
  {
    name: "presider-closing",
    main: { role: "button", name: "session:closing.send" },
    ...hq,
    sections: { public: publicSection(), staff: staffSection(), ...central, ...visit() },
    refused: { code: "card_incomplete", field: "answer.contact", citation: "Điều 25 khoản 3 Nghị định 154/2026/NĐ-CP", vi: "Chưa có người liên hệ.", en: "The contact is missing." },
    act: async (page, t) => {
      await page.getByTestId("main-button").click();
      await page.getByRole("group", { name: t("session:closing.due") }).getByRole("spinbutton").first().click();
      await page.keyboard.type("21122026", { delay: 20 });
      await page.getByRole("button", { name: t("session:closing.unit") }).click();
      await page.getByRole("option").first().click();
      await page.getByRole("button", { name: t("session:closing.send") }).click();
    },
  },
  {
    name: "presider-interrupted",
    main: { role: "button", name: "session:main.resume" },
    ...hq,
    sections: {
      ...central,
      public: publicSection({ status: "interrupted", notice: "Đường truyền xã Suối Mây mất từ 08:19", points: linked(ID.pointA, "lost") }),
      staff: staffSection(),
      ...visit(),
    },
  },
  {
    name: "presider-postpone",
    main: { role: "textbox", name: "office:prepare.reason" },
    ...hq,
    sections: {
      ...central,
      public: publicSection({ status: "interrupted", notice: "Mất điện tại trụ sở", points: linked(ID.pointA, "lost") }),
      staff: staffSection(),
      ...visit(),
    },
    act: (page, t) => page.getByRole("button", { name: t("session:tools.postpone") }).click(),
  },
  {
    name: "presider-room-wide",
    main: { role: "button", name: "session:room_wide.confirm" },
    ...hq,
    sections: { public: publicSection(), staff: staffSection(), ...central, ...visit() },
    act: (page, t) => page.getByRole("button", { name: t("session:room_wide.on") }).click(),
  },
  {
    name: "presider-visit-points",
    main: { role: "button", name: "session:visit_points.save" },
    ...hq,
    sections: { public: publicSection({ room_wide: true }), staff: staffSection({ room_wide: true }), ...central, ...visit() },
    act: (page, t) => page.getByRole("button", { name: t("session:visit_points.open") }).click(),
  },
  {
    name: "note-taker",
    main: { role: "textbox", name: "session:block.content" },
    point: ID.central,
    user: ID.noteTaker,
    slots: [camera(ID.pointA)],
    sections: { public: publicSection(), staff: staffSection(), ...central, ...visit(), [`minutes:${ID.visit1}`]: minutesSection() },
  },
  {
    name: "presider-unrecorded",
    main: { role: "button", name: "session:main.resume" },
    ...hq,
    sections: { public: unwritten, staff: staffSection({ unrecorded_asked: asked }), ...central, ...visit() },
  },
  {
    name: "note-taker-unrecorded",
    main: { role: "button", name: "session:unrecorded.agree" },
    point: ID.central,
    user: ID.noteTaker,
    slots: [camera(ID.pointA)],
    sections: { public: unwritten, staff: staffSection({ unrecorded_asked: asked }), ...central, ...visit(), [`minutes:${ID.visit1}`]: minutesSection() },
  },
  {
    name: "note-taker-read-back",
    main: { role: "button", name: "session:read_back.done" },
    point: ID.central,
    user: ID.noteTaker,
    slots: [camera(ID.pointA)],
    sections: { public: publicSection(), staff: staffSection({ visits: row("recorded") }), ...visit({ status: "recorded", ...frozen }) },
    act: (page) => page.getByTestId("paper-step").click(),
  },
  { name: "point-officer", main: { role: "button", name: "session:microphone.open" }, ...xaA, sections: { public: publicSection(), staff: staffSection(), ...visit(), [`point:${ID.pointA}`]: pointSection() } },
  {
    name: "point-arrived",
    main: { role: "button", name: "session:step.identify" },
    ...xaA,
    slots: [none, none],
    sections: {
      public: elsewhere(7),
      staff: staffSection({ visits: row("arrived"), running: null }),
      ...visit({ status: "arrived", recording_announced: false, began_at: null }),
      ...silent,
    },
  },
  {
    name: "point-identified",
    main: { role: "button", name: "session:appointment.confirm" },
    ...xaA,
    slots: [none, none],
    sections: {
      public: elsewhere(7),
      staff: staffSection({ visits: row("identified"), running: null }),
      ...visit({ status: "identified", began_at: null }),
      ...silent,
    },
    act: (page, t) => page.getByRole("button", { name: t("session:appointment.make") }).click(),
  },
  {
    name: "point-stand-by",
    main: { role: "link", name: "session:stand_by.sign_in" },
    ...xaA,
    kiosk: true,
    sections: { public: publicSection() },
  },
  {
    name: "point-signing",
    main: { role: "button", name: "session:signing.confirm" },
    ...xaA,
    slots: [none],
    sections: {
      public: elsewhere(2),
      staff: staffSection({ visits: row("read_back"), running: ID.visit2 }),
      ...visit({ status: "read_back", ...frozen, confirmed: { [ID.citizen1]: "fingerprint" } }),
      ...silent,
    },
  },
  {
    name: "point-several",
    main: { role: "button", name: "session:step.arrive" },
    ...xaA,
    slots: [none],
    sections: several,
    act: (page) => page.getByTestId("point-visit").last().click(),
  },
  {
    name: "point-restricted",
    main: { role: "button", name: "session:step.identify" },
    ...xaA,
    slots: [none],
    sections: restricted("arrived"),
  },
  {
    name: "point-restricted-signing",
    main: { role: "button", name: "session:signing.confirm" },
    ...xaA,
    slots: [none],
    sections: restricted("read_back"),
  },
  {
    name: "point-second",
    main: { role: "button", name: "session:second_main.take_over" },
    ...xaA,
    slots: [none],
    sections: { public: publicSection(), staff: staffSection(), ...visit(), [`point:${ID.pointA}`]: pointSection({ take_over: ["c1"] }) },
  },
  {
    name: "point-companion",
    main: { role: "button", name: "session:hand.raise" },
    ...xaA,
    device: "companion",
    slots: [],
    sections: { public: publicSection(), staff: staffSection(), ...visit(), [`point:${ID.pointA}`]: pointSection() },
  },
  {
    name: "interpreter",
    main: { role: "button", name: "session:hand.raise" },
    ...xaA,
    functions: ["interpreter"],
    device: "companion",
    slots: [camera(ID.central, false), none, none, none],
    sections: { public: publicSection(), ...visit({ files: [], timeline: [] }) },
  },
  {
    name: "observer",
    main: { role: "link", name: "session:bar.leave" },
    ...xaA,
    functions: ["observer"],
    device: "companion",
    slots: [camera(ID.central, false), none, none, none],
    sections: { public: publicSection() },
  },
  {
    name: "agency",
    main: { role: "button", name: "session:hand.lower" },
    point: ID.agency,
    user: ID.officerB,
    slots: [camera(ID.pointA), camera(ID.central), none],
    sections: { public: publicSection(), staff: doing(ID.officerB, "Bùi Thị Nga", "agency_representative", ID.agency), ...visit() },
  },
  { name: "citizen-heard", ...xaA, device: "citizen_screen", slots: [camera(ID.central, false), camera(ID.pointA, false)], sections: { public: publicSection() } },
  { name: "citizen-unseen", ...xaA, device: "citizen_screen", slots: [none, camera(ID.pointA, false)], sections: { public: publicSection() } },
  { name: "citizen-waiting", point: ID.pointB, user: ID.officerB, device: "citizen_screen", slots: [none, none], sections: { public: publicSection() } },
  {
    name: "citizen-watching",
    point: ID.pointB,
    user: ID.officerB,
    device: "citizen_screen",
    slots: [camera(ID.central, false), camera(ID.pointB, false)],
    sections: { public: publicSection({ room_wide: true }) },
  },
  {
    name: "citizen-postponed",
    point: ID.pointB,
    user: ID.officerB,
    device: "citizen_screen",
    slots: [none, none],
    sections: { public: publicSection({ status: "postponed", recording: "off", starts_at: "2026-11-25T01:00:00Z", notice: "Mất điện tại trụ sở" }) },
  },
  {
    name: "technician",
    main: { role: "button", name: "session:devices.take_over_allow" },
    point: null,
    user: ID.officerB,
    device: "companion",
    slots: [none],
    sections: {
      public: publicSection({ points: linked(ID.pointB, "absent") }),
      staff: doing(ID.officerB, "Phạm Đức Anh", "technician", ID.central),
      devices: devicesSection({ take_over: { c9: ID.pointA } }),
    },
  },
];

/** Screens as `screens.ts` takes them. */
export const SESSION_SCREENS = SCENES.map(({ name, user = ID.presider, device = "main", kiosk = false, functions = [], act, main, ...played }) => {
  const point = played.point ?? null;
  const query = new URLSearchParams({ may: device, ...(point === null ? {} : { diem: point }) });
  // A citizen screen belongs to a point and to nobody: no name of an account shows on it.
  const me = {
    user: users.find((one) => one.id === user) ?? null,
    roles: [],
    points: [],
    kiosk: kiosk ? { point, device, name: "Máy chính" } : null,
  };
  const api = { "/me": me, "/directory": directory, [`/sessions/${ID.session}`]: sessionRow({ functions, my_points: [ID.pointA] }) };
  return {
    name,
    path: `/buoi-tiep/${ID.session}?${query.toString()}`,
    played: { api, sections: {}, now: "2026-11-21T01:24:05Z", ...played, point } satisfies Played,
    ...(act ? { act } : {}),
    ...(main ? { main } : {}),
  };
});
