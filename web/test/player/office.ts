import type { Directory, Me, RecordView, SessionRow } from "../../src/protocol/rest";
import { ID, person, publicSection, staffSection, visitSection } from "../../src/features/session/fixture/room";

const unit = {
  id: ID.unit,
  name: "Ban Tiếp công dân tỉnh",
  kind: "reception_board" as Directory["units"][number]["kind"],
  parent: null,
  valid_from: "2025-07-01",
  valid_to: null,
  successors: [],
  code: "BTCD",
  place: "Hạ Long",
};

const point = (id: string, name: string, address: string) => ({
  id,
  unit: ID.unit,
  name,
  address,
  equipment: "Camera USB, loa đàm thoại",
  phone: "0203 3 000 000",
  valid_from: "2025-07-01",
  valid_to: null,
});

export const points = [
  point(ID.central, "Trụ sở Tiếp công dân tỉnh", "Số 1 đường Trần Phú"),
  point(ID.pointA, "Điểm cầu xã An Bình", "UBND xã An Bình"),
  point(ID.pointB, "Điểm cầu phường Hòa Lạc", "UBND phường Hòa Lạc"),
  point(ID.agency, "Sở Nông nghiệp và Môi trường", "Số 9 đường Lê Lợi"),
];

const user = (id: string, login: string, name: string, title: string) => ({ id, login, name, title, disabled: false });

export const users = [
  user(ID.presider, "chu-tri", "Trần Quốc Hưng", "Chủ tịch UBND tỉnh"),
  user(ID.noteTaker, "thu-ky", "Lê Thu Hà", "Chuyên viên Ban Tiếp công dân"),
  user(ID.officerA, "xa-a", "Phạm Văn Đức", "Công chức xã An Bình"),
  user(ID.officerB, "xa-b", "Hoàng Thị Mai", "Công chức phường Hòa Lạc"),
];

export function me(id: string): Me {
  const found = users.find((one) => one.id === id);
  if (!found) throw new Error(`no user ${id}`);
  return {
    user: found,
    roles: [{ user: id, unit: ID.unit, role: id === ID.presider ? "head" : "reception_officer" }],
    points,
    kiosk: null,
  };
}

export const row = (more: Partial<SessionRow>): SessionRow => ({
  id: ID.session,
  unit: ID.unit,
  unit_name: unit.name,
  title: "Tiếp công dân định kỳ tháng 11 của Chủ tịch UBND tỉnh",
  kind: "periodic",
  status: "in_progress",
  starts_at: "2026-11-21T01:00:00Z",
  visits: 3,
  functions: ["presider"],
  my_points: [ID.central],
  ...more,
});

export const rows: SessionRow[] = [
  row({ functions: ["point_officer"], my_points: [ID.pointA, ID.pointB] }),
  row({
    id: `${ID.session.slice(0, -1)}2`,
    title: "Tiếp công dân đột xuất về thu hồi đất dự án hồ chứa nước",
    kind: "ad_hoc",
    status: "proposed",
    starts_at: "2026-11-21T06:30:00Z",
    functions: ["note_taker"],
    visits: 1,
  }),
  row({
    id: `${ID.session.slice(0, -1)}3`,
    title: "Tiếp công dân thường xuyên",
    kind: "regular",
    status: "concluded",
    starts_at: "2026-11-21T00:30:00Z",
    functions: [],
    visits: 12,
  }),
];

export const directory: Directory = { units: [unit], points, users };

const at = (time: string) => `2026-11-21T${time}Z`;
const hash = "9f2c4b1e7a6d5c3b2a1908f7e6d5c4b3a29180f7e6d5c4b3a29180f7e6d5c4b3";

export const record: RecordView = {
  session: row({ status: "concluded" }),
  points: points.map(({ id, unit: of, name, address }) => ({
    point: id,
    unit: of,
    role: id === ID.central ? "central" : "component",
    name,
    address,
  })),
  attendance: [
    {
      point: ID.central,
      person: person(ID.presider, "Trần Quốc Hưng", { role: "officer", title: "Chủ tịch UBND tỉnh" }),
      status: "present",
      intervals: [[at("00:55:00"), at("03:10:00")]],
      substitute_for: null,
      attested_by: "Lê Thu Hà",
    },
    {
      point: ID.pointA,
      person: person(ID.citizen1, "Nguyễn Thị Bình"),
      status: "late",
      intervals: [
        [at("01:12:00"), at("01:40:00")],
        [at("01:44:00"), at("02:05:00")],
      ],
      substitute_for: null,
      attested_by: "Phạm Văn Đức",
    },
  ],
  gaps: [{ point: ID.pointA, from: at("01:20:10"), to: at("01:20:42"), cause: "point_lost", visit: ID.visit1 }],
  visits: [
    {
      visit: ID.visit1,
      number: 1,
      class: "normal",
      status: "ended",
      summary: "Chậm cấp giấy chứng nhận quyền sử dụng đất",
      name: "Nguyễn Thị Bình",
      case: {
        id: ID.visit1,
        unit: ID.unit,
        class: "normal",
        summary: "Cấp giấy chứng nhận quyền sử dụng đất thôn Đông",
        opened_at: at("01:50:00"),
        receptions: 2,
      },
      petitions: [
        {
          id: ID.visit2,
          kind: "feedback_petition",
          content: "Đề nghị cấp giấy chứng nhận cho thửa 112, tờ 7.",
          request: "Có kết quả trong tháng 12",
          outcome: "forwarded",
          addressee: "Văn phòng Đăng ký đất đai",
        },
      ],
      promise: {
        id: ID.visit3,
        visit: ID.visit1,
        unit: ID.unit,
        text: "Văn phòng Đăng ký đất đai kiểm tra và trả lời bằng văn bản",
        due: "2026-12-15",
        contact: "Bà Vũ Lan, 0203 3 111 222",
      },
      register: "17/2026",
      text_hash: hash,
      files: [],
    },
  ],
  segments: ["camera", "microphone"].map((source, index) => ({
    segment: `${ID.session.slice(0, -1)}${index + 4}`,
    visit: ID.visit1,
    point: ID.pointA,
    source,
    began_at: at("01:12:30"),
    duration_ms: 60_000,
    bytes: 4_000_000,
    sha256: hash,
  })),
  recording_gaps: [
    { visit: ID.visit1, point: ID.pointA, source: "microphone", from: at("01:20:12"), to: at("01:20:44"), cause: "loss" },
  ],
  unrecorded: [
    {
      visits: [ID.visit1],
      from: at("01:30:05"),
      to: at("01:36:40"),
      by_presider: "Trần Quốc Hưng",
      by_note_taker: "Lê Thu Hà",
      reason: "Ổ lưu trữ hỏng, công dân ở xa không thể hẹn lại",
    },
  ],
  head_seq: 412,
  head_hash: hash,
  key_fingerprint: "a1b2 c3d4 e5f6 0718",
};

/** What a head sees of a proposed session. */
export const proposed = {
  public: publicSection({ status: "proposed", recording: "off" }),
  staff: {
    ...staffSection(),
    steps: [
      {
        step: "publication" as const,
        point: null,
        outcome: { result: "done" as const, note: "Niêm yết tại trụ sở, ảnh chụp 10/11" },
        by: "Lê Thu Hà",
        at: at("01:00:00"),
      },
    ],
  },
  [`visit:${ID.visit1}`]: visitSection(),
};
