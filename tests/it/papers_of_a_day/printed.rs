//! The papers of the day as PDF, read back by poppler.

use diemcau::domain::chain::CheckpointReason;
use diemcau::domain::session::SessionStatus;

use super::*;

/// Text of a PDF without any white space: narrow cells break values anywhere.
fn dense(name: &str, pdf: &[u8]) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, pdf).unwrap();
    let out = Process::new("pdftotext").arg("-raw").arg(&path).arg("-").output().expect("pdftotext (poppler-utils)");
    assert!(out.status.success(), "{}", said(&out));
    squeezed(&String::from_utf8(out.stdout).unwrap())
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace() && *letter != '\u{200B}').collect()
}

/// The end in two steps; the record closes when it can no longer be undone.
async fn closes(day: &Day) {
    let mut presider = day.joins(Who::Presider).await;
    presider.does(Command::ProposeEnd).await.unwrap();
    presider.does(Command::ConfirmEnd).await.unwrap();
    until(day, "the session closed", |state| state.status() == Some(SessionStatus::Closed)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn minutes_and_attendance_say_what_happened() {
    let day = lived().await;
    closes(&day).await;
    let state = state(&day).await;
    let proof = proof(&day, &state).await;
    let minutes = papers(&day).minutes(&state, VISIT_1).await.unwrap();
    assert!(minutes.file_name.starts_with("bien-ban-") && minutes.file_name.is_ascii(), "{}", minutes.file_name);
    let text = dense("day-minutes.pdf", &minutes.pdf);
    let cut = &state.gaps[0];
    let clock = |at| diemcau::domain::calendar::local_time(at).strftime("%H:%M:%S").to_string();
    let mark = &state.segments[&recorded(&state)].mark;
    for wanted in [
        "Nguyễn Văn Một",
        TEXT,
        "Giao Sở xem xét.",
        "Cơ quan, đơn vị chịu trách nhiệm:",
        "Thời hạn trả lời: chậm nhất ngày 07/12/2036.",
        "Người liên hệ: Bà B.",
        "Tôi đồng ý.",
        "Số: /BB-BTCD",
        "Người ghi biên bản: ông (bà) NoteTaker",
        "Các lần gián đoạn (01 lần)",
        "mất kết nối tại điểm cầu",
        &clock(cut.from),
        &clock(cut.to.unwrap()),
        "điểm chỉ trên bản giấy",
        &mark.sha256,
        &proof.text.to_string(),
        &proof.head.to_string(),
        &proof.key.to_string(),
        &VISIT_1.to_string(),
    ] {
        assert!(text.contains(&squeezed(wanted)), "{wanted} not in {text}");
    }
    assert!(!text.contains(&squeezed("Trần Thị Hai")), "one visit, one paper");
    assert!(!text.contains(&squeezed("Dự thảo")), "the text is frozen");

    let annex = papers(&day).attendance(&state).await.unwrap();
    let text = dense("day-attendance.pdf", &annex.pdf);
    for wanted in [
        "Nguyễn Văn Một",
        "Gián đoạn kết nối (01 lần)",
        &clock(cut.from),
        "OfficerA",
        "Sự kiện khóa số",
        &SESSION.to_string(),
    ] {
        assert!(text.contains(&squeezed(wanted)), "{wanted} not in {text}");
    }
    let absent = papers(&day).minutes(&state, VISIT_2).await.unwrap();
    let text = dense("day-no-show.pdf", &absent.pdf);
    for wanted in ["Trần Thị Hai", "công dân có tên nêu trên không đến", "không đến"] {
        assert!(text.contains(&squeezed(wanted)), "{wanted} not in {text}");
    }
    assert!(!text.contains(&squeezed("Dự thảo")), "what ends the visit freezes its paper: {text}");
}

/// The value after a label in the block that a paper can be checked against.
fn carried<'a>(text: &'a str, label: &str) -> &'a str {
    let block = text.find(&squeezed("Thông tin đối chiếu với hồ sơ điện tử")).map(|at| &text[at..]).unwrap();
    let label = squeezed(label);
    let value = block.find(&label).map(|at| &block[at + label.len()..]).unwrap_or_else(|| panic!("{label}: {text}"));
    let of_value = |letter: char| matches!(letter, '0'..='9' | 'a'..='f' | '-' | '.');
    &value[..value.find(|letter| !of_value(letter)).unwrap_or(value.len())]
}

/// SHA-256 of the installation's public key, as anybody who has it computes it.
fn public_key(day: &Day) -> String {
    let file = std::fs::read_to_string(day.world.keys_dir().join("public.json")).unwrap();
    let file: serde_json::Value = serde_json::from_str(&file).unwrap();
    let hex = file["keys"][0]["public_key"].as_str().unwrap();
    let bytes: Vec<u8> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    Hash::of(&bytes).to_string()
}

/// What stands on the papers is what stands in the log, read there without the code that printed it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_hashes_on_paper_are_those_of_the_log() {
    let day = lived().await;
    closes(&day).await;
    let state = state(&day).await;
    let log = day.world.store.load(SESSION, 0).await.unwrap();
    let signed = day.world.store.checkpoints(SESSION).await.unwrap();
    let key = public_key(&day);
    // The canonical text of the papers (domain.md §6.1): of every block its kind and length in bytes, then its words.
    let mut minutes = "diemcau-text-3\n".to_owned();
    for (kind, words) in [
        ("content", TEXT),
        ("requests", ""),
        ("documents", ""),
        ("opinions", ""),
        (
            "conclusion",
            "Giao Sở xem xét.\nSẽ trả lời.\nNội dung này được trả lời sau buổi tiếp công dân.\n\
             Cơ quan, đơn vị chịu trách nhiệm: Sở Nông nghiệp và Môi trường.\n\
             Thời hạn trả lời: chậm nhất ngày 07/12/2036.\nNgười liên hệ: Bà B.",
        ),
        ("citizen_opinion", "Tôi đồng ý."),
    ] {
        minutes += &format!("{kind} {}\n{words}\n", words.len());
    }
    let absence = format!("diemcau-text-2\ncontent {}\nkhông đến\n", "không đến".len());
    for (visit, words, kind) in [(VISIT_1, minutes, "text_frozen"), (VISIT_2, absence, "visit_moved")] {
        let paper = papers(&day).minutes(&state, visit).await.unwrap();
        let text = dense(&format!("day-hashes-{visit}.pdf"), &paper.pdf);
        let seq: u64 = carried(&text, "Sự kiện khóa số:").replace('.', "").parse().unwrap();
        let event = log.iter().find(|event| event.item.header.seq == seq).unwrap();
        assert_eq!(event.item.header.kind, kind);
        assert_eq!(event.item.header.scope.to_string(), format!("visit:{visit}"));
        assert_eq!(carried(&text, "Mã chuỗi hồ sơ:"), event.item.hash.to_string());
        assert_eq!(carried(&text, "Mã nội dung:"), Hash::of(words.as_bytes()).to_string(), "{visit}");
        assert_eq!(carried(&text, "Mã buổi tiếp:"), SESSION.to_string());
        assert_eq!(carried(&text, "Mã lượt tiếp:"), visit.to_string());
        assert!(signed.iter().any(|head| head.seq >= seq && head.reason == CheckpointReason::Frozen));
        assert_eq!(carried(&text, "Dấu vân khóa ký:"), key);
    }

    let annex = papers(&day).attendance(&state).await.unwrap();
    let text = dense("day-hashes-annex.pdf", &annex.pdf);
    let seq: u64 = carried(&text, "Sự kiện khóa số:").replace('.', "").parse().unwrap();
    let closed = signed.iter().rfind(|head| head.reason == CheckpointReason::Closed).unwrap();
    assert_eq!((seq, carried(&text, "Mã chuỗi hồ sơ:")), (closed.seq, closed.head.to_string().as_str()));
    assert_eq!(log.iter().find(|event| event.item.header.seq == seq).unwrap().item.hash, closed.head);

    // The annex too: its text as printed is compared; another one is not called a proof.
    let annex = PaperProof {
        session: SESSION,
        visit: None,
        seq,
        head: closed.head,
        text: carried(&text, "Mã nội dung:").parse().unwrap(),
        key: key.parse().unwrap(),
    };
    let forged = PaperProof { text: Hash::of(b"everybody was there"), ..annex.clone() };
    let out = day.world.dir.path().join("annex");
    let exporter = Exporter::new(day.world.store.clone(), recordings(&day), papers(&day));
    exporter.export(SESSION, &out, Opened::Nothing, day.clock.now()).await.unwrap();
    for (paper, compared) in [(&annex, true), (&forged, false)] {
        let against = Against { papers: vec![paper.mark()], ..Against::default() };
        assert_eq!(text_compared(&verify_bundle(&out, &against).unwrap()), compared);
        let report = day.world.store.verify(&against).await.unwrap();
        let (root, proofs) = (recordings(&day), std::slice::from_ref(paper));
        let live = prove::contents(report, &day.world.store, &root.clone().into(), proofs).await.unwrap();
        assert_eq!(text_compared(&live), compared);
    }
}
