//! What a paper says: every field, in the order of the form, in Vietnamese formats, as PDF/A and PDF/UA.

use std::process::Command;

use diemcau::documents::Paper;
use diemcau::documents::parts::{Head, ReadBack};
use serde_json::Value;

use super::{dense, kept, made, pages, sample, text_of};

/// Strings of a model as the form prints them; words of enumerations are checked by name below.
fn leaves(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            let word = text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            let moment = text.starts_with("20") && text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
            if !word && !moment {
                out.extend(text.lines().map(str::to_owned));
            }
        }
        Value::Array(items) => items.iter().for_each(|item| leaves(item, out)),
        Value::Object(fields) => fields.values().for_each(|field| leaves(field, out)),
        _ => {}
    }
}

async fn says_everything(name: &str, paper: &impl Paper) -> String {
    let text = text_of(name, &made(paper).await);
    let printed = dense(&text);
    let mut all = Vec::new();
    leaves(&serde_json::to_value(paper).unwrap(), &mut all);
    for value in all {
        assert!(printed.contains(dense(&value).trim_end_matches('.')), "{name} lacks {value:?}:\n{text}");
    }
    // The whole wording, one sentence a line: what changes in a legal paper is seen in review.
    insta::assert_snapshot!(name, text.replace(". ", ".\n"));
    text
}

fn in_order(text: &str, parts: &[&str]) {
    let mut from = 0;
    for part in parts {
        let at = text[from..].find(part).unwrap_or_else(|| panic!("{part:?} is not after byte {from}:\n{text}"));
        from += at + part.len();
    }
}

#[tokio::test]
async fn minutes_of_a_visit() {
    let text = says_everything("visit_minutes", &sample::minutes()).await;
    in_order(
        &text,
        &[
            "ỦY BAN NHÂN DÂN TỈNH HẢI VÂN",
            "BAN TIẾP CÔNG DÂN TỈNH",
            "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
            "Độc lập - Tự do - Hạnh phúc",
            "Số: 05/BB-BTCD",
            "Hải Vân, ngày 05 tháng 02 năm 2026",
            "BIÊN BẢN",
            "Về việc tiếp công dân",
            "Hôm nay, vào hồi 08 giờ 05 phút, ngày 05 tháng 02 năm 2026, tại",
            "I. THÀNH PHẦN THAM GIA",
            "1. Người tiếp công dân",
            "2. Người được tiếp",
            "3. Hình thức tiếp và các điểm cầu",
            "4. Kết nối",
            "Bắt đầu kết nối: 07 giờ 52 phút",
            "08:31:04 08:33:09 2 phút 05 giây mất đường truyền",
            "09:02:00 không nối lại",
            "5. Ghi âm, ghi hình",
            "vào hồi 08 giờ 06 phút",
            "Các đoạn không có trong bản ghi (01 đoạn):",
            "08:31:04 08:31:44 máy chủ khởi động lại",
            "Từ 09:02:00 đến 09:12:30, việc tiếp công dân được tiếp tục mà không ghi âm, ghi hình.",
            "Lê Quang Huỳnh (người ghi biên bản). Lý do: công dân ở xa",
            "II. NỘI DUNG TIẾP",
            "1. Nội dung khiếu nại",
            "2. Yêu cầu, đề nghị",
            "3. Thông tin, tài liệu, chứng cứ",
            "III. KẾT QUẢ TIẾP",
            "1. Ý kiến của các thành viên tham gia",
            "2. Kết luận của người chủ trì",
            "chậm nhất ngày 06/03/2026",
            "3. Ý kiến của người được tiếp",
            "kết thúc vào hồi 09 giờ 40 phút cùng ngày",
            "đã được nghe đọc lại biên bản",
            "được lập thành 02 bản, có nội dung và giá trị như nhau, mỗi bên giữ 01 bản",
            "NGƯỜI ĐƯỢC TIẾP",
            "NGƯỜI CHỦ TRÌ",
            "NGƯỜI TIẾP CÔNG DÂN GHI BIÊN BẢN",
            "NGƯỜI CHỨNG KIẾN",
            "THÀNH VIÊN THAM GIA",
            "Nơi ký và hình thức ký",
            "Tài liệu bổ sung sau khi chốt nội dung",
            "không thuộc phần đã đọc lại và ký xác nhận",
            "Biên lai nộp thuế",
            "Thông tin đối chiếu với hồ sơ điện tử",
            "Sự kiện khóa số: 1.412",
        ],
    );
}

#[tokio::test]
async fn minutes_when_nobody_came() {
    let text = says_everything("no_show_minutes", &sample::no_show()).await;
    in_order(
        &text,
        &[
            "BIÊN BẢN",
            "I. THÀNH PHẦN",
            "07/GM-BTCD",
            "Đến 11 giờ 30 phút cùng ngày, công dân có tên nêu trên không đến.",
        ],
    );
    assert!(!text.contains("NGƯỜI ĐƯỢC TIẾP"), "signed by officers only:\n{text}");
    assert!(!text.contains("Kết nối"), "nothing online at a desk:\n{text}");
}

#[tokio::test]
async fn minutes_of_a_denunciation_keep_the_secret() {
    let text = says_everything("denunciation_minutes", &sample::denunciation()).await;
    in_order(
        &text,
        &[
            "Ghi nội dung tố cáo trực tiếp",
            "2. Người tố cáo",
            "thông tin được bảo vệ bí mật",
            "TC-2026-0007",
            "II. NỘI DUNG TỐ CÁO",
            "III. THÔNG TIN, TÀI LIỆU",
            "Người tố cáo giao hai tài liệu",
            "IV. YÊU CẦU",
            "V. KẾT QUẢ TIẾP",
            "2. Kết luận của người chủ trì",
            "16/02/2026",
            "3. Ý kiến của người tố cáo",
            "Người tố cáo không ký biên bản. Lý do: chưa thống nhất nội dung mục II. Người chứng kiến: ông (bà) Vũ Thị Hằng",
            "(cả buổi tiếp)",
        ],
    );
    assert!(!text.contains("Điện thoại:"), "no personal field is printed at all:\n{text}");
}

/// A restricted visit that is no denunciation: the ordinary form, and for whom it is.
#[tokio::test]
async fn minutes_of_a_restricted_visit_say_who_gets_them() {
    let few = "(Lưu hành hạn chế: chỉ giao cho người tiếp công dân và người được tiếp)";
    let mut paper = sample::minutes();
    assert!(!text_of("open", &made(&paper).await).contains("hạn chế"));
    paper.restricted = true;
    let text = text_of("restricted", &made(&paper).await);
    in_order(&text, &["Về việc tiếp công dân", few, "I. THÀNH PHẦN", "mỗi bên giữ 01 bản, không sao gửi nơi khác"]);
    paper.proof = None;
    in_order(&text_of("restricted-draft", &made(&paper).await), &[few, "(Dự thảo, nội dung chưa khóa)"]);
}

/// At a desk a denunciation is only written down: there is no part about a conclusion nobody drew.
#[tokio::test]
async fn a_denunciation_without_a_conclusion_has_four_parts() {
    let mut paper = sample::denunciation();
    (paper.opinions, paper.reply, paper.conclusion) = (None, None, diemcau::documents::Conclusion::default());
    let text = text_of("four-parts", &made(&paper).await);
    assert!(text.contains("IV. YÊU CẦU") && !text.contains("V. KẾT QUẢ"), "{text}");
}

#[tokio::test]
async fn attendance_annex() {
    let text = says_everything("attendance_annex", &sample::annex()).await;
    in_order(
        &text,
        &[
            "PHỤ LỤC",
            "(Kèm theo Biên bản số 05/BB-BTCD ngày 05 tháng 02 năm 2026 của Ban Tiếp công dân tỉnh)",
            "I. TỔNG HỢP",
            "Trụ sở Tiếp công dân tỉnh 3 3 1 1 0 1",
            "Điểm cầu xã Bình Khê 3 2 1 1 2 0",
            "Tổng cộng 6 5 2 2 2 1",
            "II. THEO TỪNG ĐIỂM CẦU",
            "08:17 11:30 Đến muộn",
            "– – Vắng, có lý do; họp Quốc hội",
            "Có mặt, ngoài danh sách; dự thay Bùi Văn Sơn",
            "không bị gián đoạn",
            "Xác nhận lúc 11 giờ 42 phút",
            "08:09 10:58 Đến muộn, về sớm",
            "Vắng, không có lý do",
            "Gián đoạn kết nối (02 lần)",
        ],
    );
}

#[tokio::test]
async fn receipt_refusal_and_appointment() {
    let text = says_everything("receipt", &sample::receipt()).await;
    in_order(
        &text,
        &["GIẤY BIÊN NHẬN", "Vào hồi 09 giờ 15 phút", "Tôi là: Vũ Thị Hằng", "Số trang", "04", "NGƯỜI NHẬN"],
    );
    assert!(!text.contains("Số: "), "form 02/TCD carries no number:\n{text}");

    let text = says_everything("refusal_notice", &sample::refusal()).await;
    in_order(
        &text,
        &[
            "Số: 09/TB-BTCD",
            "Kính gửi: ông (bà) Trần Văn Đường",
            "Ngày 03 tháng 12 năm 2026",
            "khiếu nại; kiến nghị, phản ánh về việc bồi thường khi Nhà nước thu hồi đất. Lý do từ chối:",
            "Căn cứ khoản 3 Điều 9 Luật Tiếp công dân",
            "Nơi nhận:",
            "- Như trên;",
            "(để phối hợp);",
            "- Lưu: VT, hồ sơ.",
            "KT. TRƯỞNG BAN",
            "PHÓ TRƯỞNG BAN",
        ],
    );

    let text = says_everything("appointment_slip", &sample::appointment()).await;
    in_order(
        &text,
        &["PHIẾU HẸN", "Có mặt vào hồi 08 giờ 30 phút, ngày 05 tháng 02 năm 2026", "trực tuyến", "Nơi nhận:"],
    );
}

#[tokio::test]
async fn archive_and_accessibility_are_claimed_in_the_metadata() {
    let pdf = made(&sample::minutes()).await;
    let metadata = String::from_utf8_lossy(&pdf);
    for claim in [
        "<pdfaid:part>2</pdfaid:part>",
        "<pdfaid:conformance>A</pdfaid:conformance>",
        "<pdfuaid:part>1</pdfuaid:part>",
        "2026-02-05T09:40:00+07:00",
        "Biên bản về việc tiếp công dân",
    ] {
        assert!(metadata.contains(claim), "no {claim}");
    }
}

#[tokio::test]
async fn structure_and_fonts_hold_what_the_metadata_claim() {
    let path = kept("structure", &made(&sample::minutes()).await);
    let say = |program: &str, option: &[&str]| {
        let out = Command::new(program).args(option).arg(&path).output().unwrap();
        String::from_utf8_lossy(&out.stdout).into_owned()
    };
    let tree = say("pdfinfo", &["-struct"]);
    let many = |tag: &str| tree.lines().filter(|line| line.trim_start().split(' ').next() == Some(tag)).count();
    assert_eq!((many("H1"), many("H2")), (3, 13), "{tree}");
    assert_eq!((many("Table"), many("THead"), many("Figure:") + many("Figure")), (7, 7, 1), "{tree}");
    let fonts = say("pdffonts", &[]);
    let rows: Vec<_> = fonts.lines().skip(2).collect();
    assert_eq!(rows.len(), 3, "{fonts}");
    assert!(rows.iter().all(|row| row.contains("Tinos") && row.contains(" yes yes yes ")), "{fonts}");
}

#[tokio::test]
async fn absent_data_are_dotted_lines() {
    let mut paper = sample::minutes();
    paper.head = Head { superior: None, number: None, date: None, ..paper.head };
    paper.citizens = vec![diemcau::documents::parts::Citizen::Open(Default::default())];
    (paper.content, paper.requests, paper.reply, paper.ended_at, paper.address) = (None, None, None, None, None);
    (paper.matters, paper.exhibits, paper.officers) = (vec![], vec![], vec![]);
    (paper.documents, paper.opinions) = (None, None);
    paper.conclusion.text = None;
    paper.read_back = ReadBack::Pending;
    paper.signatures.iter_mut().for_each(|one| (one.name, one.point, one.at) = (None, None, None));
    paper.proof = None;
    let text = text_of("blank", &made(&paper).await);
    in_order(
        &text,
        &[
            "Số: /BB-BTCD",
            "ngày ...",
            "Dự thảo",
            "Ông (bà): ....",
            "Địa chỉ: ....",
            "Điện thoại: ....",
            "không cung cấp",
            "và xác nhận: ....",
        ],
    );
}

#[tokio::test]
async fn two_hundred_people_page_well() {
    let mut paper = sample::annex();
    let one = paper.points[1].people[0].clone();
    paper.points[1].people =
        (0..200).map(|n| diemcau::documents::Attendee { name: format!("Người thứ {n}"), ..one.clone() }).collect();
    let pdf = made(&paper).await;
    let count = pages("two_hundred", &pdf);
    let text = text_of("two_hundred", &pdf);
    let heads = text.matches("TT Họ và tên Chức vụ, đơn vị").count();
    assert!(count >= 7, "{count} pages");
    assert!(heads >= count - 2, "the header is repeated on each page: {heads} of {count}");
    assert!(text.contains("Người thứ 199"), "nobody is lost");
    assert!((2..=count).all(|page| text.contains(&format!(" {page} "))), "pages are numbered");
}

#[tokio::test]
async fn the_same_request_gives_the_same_bytes() {
    assert_eq!(made(&sample::minutes()).await, made(&sample::minutes()).await);
}
