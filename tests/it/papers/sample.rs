//! Papers of a fictional reception day.

use diemcau::documents::parts::*;
use diemcau::documents::*;
use diemcau::domain::cases::PetitionKind;
use diemcau::domain::chain::Hash;
use diemcau::domain::ids::{SessionId, VisitId};
use diemcau::domain::people::Function;
use jiff::civil::{Date, DateTime, date};
use uuid::Uuid;

pub(crate) const DAY: Date = date(2026, 2, 5);

pub(crate) fn at(hour: i8, minute: i8, second: i8) -> DateTime {
    DAY.at(hour, minute, second, 0)
}

pub(crate) fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub(crate) fn head(number: Option<u32>, symbol: &str) -> Head {
    Head {
        superior: some("Ủy ban nhân dân tỉnh Hải Vân"),
        agency: "Ban Tiếp công dân tỉnh".to_owned(),
        number,
        symbol: symbol.to_owned(),
        place: "Hải Vân".to_owned(),
        date: Some(DAY),
    }
}

pub(crate) fn officer(name: &str, title: &str, function: Function, point: &str) -> Officer {
    Officer { name: name.to_owned(), title: some(title), function: Some(function), point: some(point) }
}

pub(crate) fn officers() -> Vec<Officer> {
    vec![
        officer(
            "Nguyễn Thị Ánh Tuyết",
            "Phó Chủ tịch Ủy ban nhân dân tỉnh",
            Function::Presider,
            "Trụ sở Tiếp công dân tỉnh",
        ),
        officer(
            "Lê Quang Huỳnh",
            "Chuyên viên Ban Tiếp công dân tỉnh",
            Function::NoteTaker,
            "Trụ sở Tiếp công dân tỉnh",
        ),
        officer(
            "Phạm Đức Thịnh",
            "Phó Giám đốc Sở Nông nghiệp và Môi trường",
            Function::AgencyRepresentative,
            "Trụ sở Tiếp công dân tỉnh",
        ),
        officer(
            "Vũ Thị Hằng",
            "Công chức Văn phòng Ủy ban nhân dân xã",
            Function::PointOfficer,
            "Điểm cầu xã Bình Khê",
        ),
    ]
}

pub(crate) fn citizen() -> CitizenData {
    CitizenData {
        name: some("Trần Văn Đường"),
        standing: some("người khiếu nại"),
        address: some("Thôn Đông Thành, xã Bình Khê, tỉnh Hải Vân"),
        telephone: some("0912 345 678"),
        identity_number: some("022065001234"),
        identity_date: Some(date(2021, 11, 9)),
        identity_place: some("Cục Cảnh sát quản lý hành chính về trật tự xã hội"),
    }
}

pub(crate) fn exhibits() -> Vec<Exhibit> {
    let paper = |name: &str, pages, copy: &str, point: &str| Exhibit {
        name: name.to_owned(),
        pages: Some(pages),
        condition: some("rõ, đầy đủ"),
        copy: some(copy),
        point: some(point),
        sha256: some("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    };
    vec![
        paper(
            "Giấy chứng nhận quyền sử dụng đất số AB 123456 cấp năm 2004",
            4,
            "bản sao có chứng thực",
            "Điểm cầu xã Bình Khê",
        ),
        paper("Quyết định số 512/QĐ-UBND về việc thu hồi đất", 12, "bản sao", "Điểm cầu xã Bình Khê"),
    ]
}

pub(crate) fn online() -> Online {
    Online {
        platform: "Điểm Cầu (phiên bản 0.1.0)".to_owned(),
        points: vec![
            PointLine {
                name: "Trụ sở Tiếp công dân tỉnh".to_owned(),
                central: true,
                address: some("Số 12 đường Trần Phú, phường Hải Châu, tỉnh Hải Vân"),
                head: some("Đỗ Minh Khôi"),
                present: ["Nguyễn Thị Ánh Tuyết", "Lê Quang Huỳnh", "Phạm Đức Thịnh"].map(str::to_owned).to_vec(),
                connected_from: Some(at(7, 52, 10)),
                connected_to: Some(at(9, 41, 2)),
            },
            PointLine {
                name: "Điểm cầu xã Bình Khê".to_owned(),
                central: false,
                address: some("Trụ sở Ủy ban nhân dân xã Bình Khê, thôn Trại Mới"),
                head: some("Vũ Thị Hằng"),
                present: ["Trần Văn Đường", "Vũ Thị Hằng"].map(str::to_owned).to_vec(),
                connected_from: Some(at(7, 55, 31)),
                connected_to: None,
            },
        ],
        connected_from: at(7, 52, 10),
        connected_to: Some(at(9, 41, 2)),
        interruptions: vec![
            Interruption {
                point: some("Điểm cầu xã Bình Khê"),
                from: at(8, 31, 4),
                to: Some(at(8, 33, 9)),
                seconds: Some(125),
                cause: some("mất đường truyền tại điểm cầu"),
            },
            Interruption { point: None, from: at(9, 2, 0), to: None, seconds: None, cause: None },
        ],
        recording: Recording {
            announced_at: Some(at(8, 6, 0)),
            announced_by: some("Lê Quang Huỳnh"),
            files: vec![RecordingFile {
                id: "0192aaaa-0000-7000-8000-00000000f11e".to_owned(),
                source: "Điểm cầu xã Bình Khê".to_owned(),
                from: at(8, 5, 0),
                to: at(9, 40, 0),
                sha256: "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae".to_owned(),
            }],
            gaps: vec![RecordingGap {
                source: "Điểm cầu xã Bình Khê, tiếng".to_owned(),
                from: at(8, 31, 4),
                to: Some(at(8, 31, 44)),
                cause: "máy chủ khởi động lại".to_owned(),
            }],
            unrecorded: vec![Unrecorded {
                from: at(9, 2, 0),
                to: Some(at(9, 12, 30)),
                by_presider: some("Nguyễn Thị Ánh Tuyết"),
                by_note_taker: some("Lê Quang Huỳnh"),
                reason: "công dân ở xa, không thể hẹn lại trong ngày".to_owned(),
            }],
        },
    }
}

pub(crate) fn proof() -> PaperProof {
    PaperProof {
        session: SessionId(Uuid::from_u128(0x0192_aaaa_0000_7000_8000_0000_0000_00ff)),
        visit: Some(VisitId(Uuid::from_u128(0x0192_bbbb_0000_7000_8000_0000_0000_0001))),
        seq: 1412,
        head: Hash(std::array::from_fn(|index| u8::try_from(index * 7).unwrap())),
        text: Hash([0xab; 32]),
        key: Hash(std::array::from_fn(|index| u8::try_from(255 - index * 3).unwrap())),
    }
}

pub(crate) fn signature(role: SignatureRole, name: &str, point: &str) -> Signature {
    Signature { role, name: some(name), point: some(point), manner: Manner::Ink, at: Some(at(9, 45, 0)) }
}

pub(crate) fn signatures() -> Vec<Signature> {
    vec![
        signature(SignatureRole::Citizen, "Trần Văn Đường", "Điểm cầu xã Bình Khê"),
        signature(SignatureRole::Presider, "Nguyễn Thị Ánh Tuyết", "Trụ sở Tiếp công dân tỉnh"),
        signature(SignatureRole::NoteTaker, "Lê Quang Huỳnh", "Trụ sở Tiếp công dân tỉnh"),
        signature(SignatureRole::Witness, "Vũ Thị Hằng", "Điểm cầu xã Bình Khê"),
        signature(SignatureRole::Member, "Phạm Đức Thịnh", "Trụ sở Tiếp công dân tỉnh"),
    ]
}

pub(crate) fn minutes() -> VisitMinutes {
    VisitMinutes {
        head: head(Some(5), "BB-BTCD"),
        reception: some("tiếp công dân định kỳ của Chủ tịch Ủy ban nhân dân tỉnh"),
        opened_at: at(8, 5, 0),
        place: "Trụ sở Tiếp công dân tỉnh".to_owned(),
        address: some("số 12 đường Trần Phú, phường Hải Châu, tỉnh Hải Vân"),
        officers: officers(),
        citizens: vec![Citizen::Open(citizen())],
        group_size: Some(12),
        online: Some(online()),
        matters: vec![PetitionKind::Complaint],
        content: some(
            "Ông Trần Văn Đường khiếu nại Quyết định số 512/QĐ-UBND về việc thu hồi 1.250 m² đất nông nghiệp của gia đình tại thửa số 48, tờ bản đồ số 7, thôn Đông Thành.\nÔng cho rằng diện tích bồi thường tính thiếu 84,5 m², đơn giá áp dụng thấp hơn bảng giá đất năm 2025 và gia đình không được niêm yết phương án trong 20 ngày.",
        ),
        requests: some(
            "Đề nghị đo đạc lại diện tích; áp giá bồi thường theo bảng giá đất hiện hành; bố trí tái định cư trước ngày 30/6/2026.",
        ),
        documents: some(
            "Ông Trần Văn Đường xuất trình hai tài liệu tại điểm cầu, cán bộ điểm cầu đã đối chiếu bản chính.",
        ),
        exhibits: exhibits(),
        added: vec![Exhibit {
            name: "Biên lai nộp thuế sử dụng đất năm 2019".to_owned(),
            pages: Some(1),
            condition: some("mờ góc dưới"),
            copy: some("bản chụp"),
            point: some("Điểm cầu xã Bình Khê"),
            sha256: some("60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"),
        }],
        opinions: some(
            "Ông Phạm Đức Thịnh: Sở sẽ cử đoàn đo đạc lại thửa đất với sự chứng kiến của gia đình.\nBà Vũ Thị Hằng: Xã đã niêm yết phương án từ ngày 03/11/2025 đến ngày 24/11/2025.",
        ),
        conclusion: Conclusion {
            text: some(
                "Giao Sở Nông nghiệp và Môi trường chủ trì đo đạc lại, báo cáo Chủ tịch Ủy ban nhân dân tỉnh; Ban Tiếp công dân tỉnh thông báo kết quả cho công dân.\nĐo đạc lại thửa đất số 48 và trả lời bằng văn bản.\nNội dung này được trả lời sau buổi tiếp công dân.\nCơ quan, đơn vị chịu trách nhiệm: Sở Nông nghiệp và Môi trường.\nThời hạn trả lời: chậm nhất ngày 06/03/2026.\nNgười liên hệ: Hoàng Văn Nghĩa, 0203 3838 383.",
            ),
            answered_now: false,
            promised: Vec::new(),
        },
        reply: some("Ông Trần Văn Đường nhất trí với kết luận, đề nghị thực hiện đúng thời hạn."),
        ended_at: Some(at(9, 40, 0)),
        read_back: ReadBack::ReadAloud { by: some("Lê Quang Huỳnh") },
        copies: 2,
        signatures: signatures(),
        restricted: false,
        proof: Some(proof()),
    }
}

pub(crate) fn no_show() -> NoShowMinutes {
    NoShowMinutes {
        head: head(Some(12), "BB-BTCD"),
        reception: some("tiếp công dân định kỳ của Chủ tịch Ủy ban nhân dân tỉnh"),
        opened_at: at(8, 0, 0),
        place: "Trụ sở Tiếp công dân tỉnh".to_owned(),
        address: None,
        officers: officers(),
        invited: vec![Invited {
            name: "Trần Văn Đường".to_owned(),
            address: some("Thôn Đông Thành, xã Bình Khê"),
            at: Some(at(8, 30, 0)),
            invitation: some("07/GM-BTCD"),
        }],
        online: None,
        waited_until: at(11, 30, 0),
        remark: some("Đã gọi điện thoại hai lần, không liên lạc được."),
        copies: 2,
        signatures: signatures().into_iter().filter(|one| one.role != SignatureRole::Citizen).collect(),
        proof: Some(proof()),
    }
}

pub(crate) fn denunciation() -> DenunciationMinutes {
    DenunciationMinutes {
        head: head(Some(3), "BB-BTCD"),
        opened_at: at(14, 0, 0),
        place: "Trụ sở Tiếp công dân tỉnh".to_owned(),
        address: None,
        officers: officers(),
        denouncer: Citizen::Masked { code: "TC-2026-0007".to_owned() },
        online: None,
        content: some("Tố cáo ông Ng. V. T., cán bộ địa chính, về việc nhận tiền khi lập hồ sơ đất."),
        documents: some("Người tố cáo giao hai tài liệu, không giao vật chứng."),
        exhibits: exhibits(),
        added: Vec::new(),
        requests: some("Đề nghị giữ bí mật danh tính và áp dụng biện pháp bảo vệ."),
        opinions: some("Ông Lê Quang Huỳnh: nội dung tố cáo đã rõ, có tài liệu kèm theo."),
        conclusion: Conclusion {
            text: some("Tiếp nhận nội dung tố cáo, xử lý theo trình tự của Luật Tố cáo."),
            answered_now: false,
            promised: vec![Promised {
                task: "Thông báo việc thụ lý tố cáo".to_owned(),
                unit: "Ban Tiếp công dân tỉnh".to_owned(),
                due: Some(date(2026, 2, 16)),
                contact: some("Lê Quang Huỳnh, 0203 3838 384"),
            }],
        },
        reply: some("Người tố cáo đề nghị được giữ bí mật danh tính."),
        ended_at: Some(at(15, 20, 0)),
        read_back: ReadBack::Refused {
            reason: some("chưa thống nhất nội dung mục II"), witness: some("Vũ Thị Hằng")
        },
        copies: 2,
        signatures: vec![
            Signature {
                name: some("TC-2026-0007"),
                manner: Manner::Refused,
                at: None,
                ..signature(SignatureRole::Citizen, "", "Trụ sở Tiếp công dân tỉnh")
            },
            signature(SignatureRole::NoteTaker, "Lê Quang Huỳnh", "Trụ sở Tiếp công dân tỉnh"),
            signature(SignatureRole::Witness, "Vũ Thị Hằng", "Trụ sở Tiếp công dân tỉnh"),
        ],
        proof: Some(PaperProof { visit: None, ..proof() }),
    }
}

pub(crate) fn annex() -> AttendanceAnnex {
    let person = |name: &str, attendance, came, left| Attendee {
        name: name.to_owned(),
        title: some("Chuyên viên Ban Tiếp công dân tỉnh"),
        attendance,
        came_at: came,
        left_at: left,
        substitute_for: None,
        remark: None,
    };
    let (came, left) = (Some(at(7, 55, 0)), Some(at(11, 30, 0)));
    AttendanceAnnex {
        belongs_to: MainPaper {
            number: some("05/BB-BTCD"),
            date: Some(DAY),
            agency: "Ban Tiếp công dân tỉnh".to_owned(),
        },
        session: "tiếp công dân định kỳ tháng 02 của Chủ tịch Ủy ban nhân dân tỉnh".to_owned(),
        day: DAY,
        extract: false,
        points: vec![
            PointAttendance {
                name: "Trụ sở Tiếp công dân tỉnh".to_owned(),
                address: some("Số 12 đường Trần Phú, phường Hải Châu, tỉnh Hải Vân"),
                people: vec![
                    person("Nguyễn Thị Ánh Tuyết", Attendance::Present, came, left),
                    person("Lê Quang Huỳnh", Attendance::Late, Some(at(8, 17, 0)), left),
                    Attendee {
                        remark: some("họp Quốc hội"),
                        ..person("Bùi Văn Sơn", Attendance::AbsentExcused, None, None)
                    },
                    Attendee {
                        substitute_for: some("Bùi Văn Sơn"),
                        ..person("Phạm Đức Thịnh", Attendance::Unexpected, came, left)
                    },
                ],
                gaps: vec![],
                attested_by: some("Đỗ Minh Khôi"),
                attested_title: some("Phó Trưởng ban Ban Tiếp công dân tỉnh"),
                attested_at: Some(at(11, 42, 0)),
            },
            PointAttendance {
                name: "Điểm cầu xã Bình Khê".to_owned(),
                address: None,
                people: vec![
                    person("Vũ Thị Hằng", Attendance::LateAndLeftEarly, Some(at(8, 9, 0)), Some(at(10, 58, 0))),
                    person("Trần Văn Đường", Attendance::LeftEarly, came, Some(at(9, 50, 0))),
                    person("Hồ Sỹ Lâm", Attendance::Absent, None, None),
                ],
                gaps: online().interruptions,
                attested_by: None,
                attested_title: None,
                attested_at: None,
            },
        ],
        proof: Some(PaperProof { visit: None, ..proof() }),
    }
}

pub(crate) fn receipt() -> Receipt {
    Receipt {
        head: head(None, ""),
        at: at(9, 15, 0),
        place: "Ủy ban nhân dân xã Bình Khê".to_owned(),
        receiver: "Vũ Thị Hằng".to_owned(),
        receiver_title: some("Công chức Văn phòng Ủy ban nhân dân xã"),
        provider: CitizenData { standing: None, telephone: None, ..citizen() },
        items: exhibits().into_iter().map(|item| Exhibit { point: None, sha256: None, ..item }).collect(),
        copies: 2,
    }
}

pub(crate) fn signer() -> Signer {
    Signer {
        authority: some("KT. TRƯỞNG BAN"), title: "Phó Trưởng ban".to_owned(), name: some("Đỗ Minh Khôi")
    }
}

pub(crate) fn refusal() -> RefusalNotice {
    RefusalNotice {
        head: head(Some(9), "TB-BTCD"),
        citizen: CitizenData { standing: None, telephone: None, ..citizen() },
        came_on: date(2026, 12, 3),
        matters: vec![PetitionKind::Complaint, PetitionKind::FeedbackPetition],
        about: some("bồi thường khi Nhà nước thu hồi đất."),
        reason: some("vụ việc đã được giải quyết hết thẩm quyền, đã có thông báo và không có tình tiết mới"),
        basis: some("khoản 3 Điều 9 Luật Tiếp công dân"),
        refused_content: some("khiếu nại Quyết định số 512/QĐ-UBND"),
        recipients: vec![
            "Chủ tịch Ủy ban nhân dân tỉnh (để báo cáo)".to_owned(),
            "Ủy ban nhân dân xã Bình Khê (để phối hợp)".to_owned(),
        ],
        filed: "VT, hồ sơ".to_owned(),
        signer: signer(),
    }
}

pub(crate) fn appointment() -> AppointmentSlip {
    AppointmentSlip {
        head: head(Some(21), "PH-BTCD"),
        citizen: CitizenData { standing: None, telephone: None, ..citizen() },
        matters: vec![PetitionKind::Denunciation],
        at: at(8, 30, 0),
        place: "Điểm cầu xã Bình Khê".to_owned(),
        address: some("Trụ sở Ủy ban nhân dân xã Bình Khê, thôn Trại Mới"),
        receiver: some("Chủ tịch Ủy ban nhân dân tỉnh"),
        online: true,
        bring: vec!["bản chính Giấy chứng nhận quyền sử dụng đất".to_owned()],
        contact: some("0203 3838 383"),
        filed: "VT, hồ sơ".to_owned(),
        signer: signer(),
    }
}
