// The scenes of `screens.mjs`: who looks, from where, and what the server has published.

export function scenes({ ID, publicSection, staffSection, visitSection, pointSection, devicesSection, minutesSection, agendaRow }) {
  const now = "2026-11-21T01:24:05Z";
  const camera = (point, sound = true) => ({ point, picture: "camera", sound });
  const paper = (point) => ({ point, picture: "paper", sound: false });
  const none = { point: null, picture: null, sound: false };
  const units = [{ id: ID.unit, name: "Sở Nông nghiệp và Môi trường", kind: "agency", parent: null, valid_from: "2025-03-01", valid_to: null, successors: [], code: "SNNMT", place: "" }];
  const common = { now, units, user: ID.presider, name: "Vũ Quang Lâm", device: "main" };
  const staff = (more) => ({ public: publicSection(), staff: staffSection(more) });
  const presider = { ...common, point: ID.central, slots: [camera(ID.pointA), camera(ID.agency), paper(ID.pointA), none] };
  const central = { [`point:${ID.central}`]: pointSection({ point: ID.central, name: "Trụ sở Tiếp công dân tỉnh", visits: [], roster: {}, microphone_open: true, may_speak: true }) };
  const officer = { ...common, user: ID.officerA, name: "Giàng A Sử", point: ID.pointA, slots: [camera(ID.central), camera(ID.agency), none, none] };
  const visit = (more) => ({ [`visit:${ID.visit1}`]: visitSection(more) });
  const row = (status) => ({ ...staffSection().visits, [ID.visit1]: agendaRow({ status }) });
  const frozen = [
    ["content", "Bà Lò Thị Mận trình bày: gia đình có 420 m² đất trồng ngô trong hành lang tuyến đường liên xã, đã bàn giao mặt bằng tháng 3/2025, chưa nhận được tiền bồi thường."],
    ["requests", "Đề nghị chi trả tiền bồi thường trong năm 2026."],
    ["conclusion", "Giao Sở Nông nghiệp và Môi trường kiểm tra, trả lời công dân trước ngày 21/12/2026."],
    ["citizen_opinion", "Nhất trí với kết luận."],
  ];
  return [
    { file: "presider", ...presider, sections: { ...staff(), ...central, ...visit() } },
    {
      file: "presider-start",
      ...presider,
      sections: {
        ...central,
        public: publicSection({ status: "ready", recording: "off", running_number: null, floor: { point: null, person: null, since: null, hands: [] } }),
        staff: staffSection({ running: null, open_duties: ["advising_unit_present", `seen_and_heard:${ID.pointB}`, "trial_call"], visits: row("waiting"), next: ID.visit1 }),
      },
      then: (page) => page.getByTestId("main-button").click(),
    },
    {
      file: "presider-closing",
      ...presider,
      sections: { ...staff(), ...central, ...visit() },
      refuse: { code: "card_incomplete", field: "answer.contact", citation: "Điều 25 khoản 3 Nghị định 154/2026/NĐ-CP", vi: "Chưa có người liên hệ.", en: "The contact is missing." },
      then: async (page) => {
        await page.getByTestId("main-button").click();
        await page.getByLabel("Thời hạn", { exact: true }).fill("2026-12-21");
        await page.getByRole("button", { name: "Kết thúc phần nghe" }).click();
        await page.waitForTimeout(300);
      },
    },
    {
      file: "presider-paused",
      ...presider,
      slots: [camera(ID.pointA), none],
      sections: {
        ...central,
        public: publicSection({ status: "interrupted", notice: "Đường truyền xã Suối Mây mất từ 08:19", points: { ...publicSection().points, [ID.pointA]: { ...publicSection().points[ID.pointA], link: "lost", microphone_open: false } } }),
        staff: staffSection(),
        ...visit(),
      },
    },
    { file: "note-taker", ...presider, user: ID.noteTaker, slots: [camera(ID.pointA)], sections: { ...staff(), ...central, ...visit(), [`minutes:${ID.visit1}`]: minutesSection() } },
    {
      file: "note-taker-read-back",
      ...presider,
      user: ID.noteTaker,
      sections: { public: publicSection(), staff: staffSection({ visits: row("recorded") }), ...visit({ status: "recorded", frozen_text: frozen, frozen: "9f3c0a11d2e4b5a6c7" }) },
      then: (page) => page.getByTestId("paper-step").click(),
    },
    { file: "point-officer", ...officer, sections: { ...staff(), ...visit(), [`point:${ID.pointA}`]: pointSection() } },
    {
      file: "point-arrived",
      ...officer,
      slots: [none, none],
      sections: {
        public: publicSection({ running_number: 7 }),
        staff: staffSection({ visits: row("arrived"), running: null }),
        ...visit({ status: "arrived", recording_announced: false, began_at: null }),
        [`point:${ID.pointA}`]: pointSection({ may_speak: false, microphone_open: false }),
      },
    },
    {
      file: "point-signing",
      ...officer,
      slots: [none],
      sections: {
        public: publicSection({ running_number: 2 }),
        staff: staffSection({ visits: row("read_back"), running: ID.visit2 }),
        ...visit({ status: "read_back", frozen_text: frozen, frozen: "9f3c0a11d2e4b5a6c7", confirmed: { [ID.citizen1]: "fingerprint" } }),
        [`point:${ID.pointA}`]: pointSection({ may_speak: false, microphone_open: false }),
      },
    },
    { file: "agency", ...officer, user: "u-agency", point: ID.agency, slots: [camera(ID.pointA), camera(ID.central), none], sections: { public: publicSection(), staff: staffSection({ functions: { "u-agency": { name: "Bùi Thị Nga", title: "Phó Giám đốc", functions: ["agency_representative"], point: ID.agency, connected: true } } }), ...visit() } },
    { file: "citizen-heard", ...officer, user: "kiosk", device: "citizen_screen", slots: [camera(ID.central, false), camera(ID.pointA, false)], sections: { public: publicSection() } },
    { file: "citizen-waiting", ...officer, user: "kiosk", point: ID.pointB, device: "citizen_screen", slots: [none, none], sections: { public: publicSection() } },
    {
      file: "technician",
      ...common,
      user: "u-tech",
      point: null,
      device: "companion",
      slots: [],
      sections: {
        public: publicSection({ points: { ...publicSection().points, [ID.pointB]: { ...publicSection().points[ID.pointB], link: "absent" } } }),
        staff: staffSection({ functions: { "u-tech": { name: "Phạm Đức Anh", title: "", functions: ["technician"], point: ID.central, connected: true } }, agenda: [], visits: {} }),
        devices: devicesSection({ take_over: { c9: ID.pointA } }),
      },
    },
  ];
}
