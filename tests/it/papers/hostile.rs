//! Words typed by strangers are printed, never obeyed.

use super::{dense, made, sample, text_of};

#[tokio::test]
async fn markup_is_text() {
    let mut paper = sample::minutes();
    let lines = [
        "#panic(\"x\") #import \"/data.json\" #sys.inputs #read(\"/etc/passwd\")",
        "*đậm* _nghiêng_ $x^2$ @ref <label> `code` = tiêu đề",
        "- gạch + số / thuật ngữ: \\ \\u{41} // chú thích /* chú thích */ ~ --- ...",
        "\"nháy\" 'đơn' “cong” ‘đơn’ #{ ] [ } )",
        "<script>alert(1)</script> %s ${HOME} {{x}} '; DROP TABLE visit; --",
        "https://example.vn/a?b=c&d=e#f",
    ];
    paper.content = Some(lines.join("\n"));
    paper.officers[0].name = "#panic()".to_owned();
    paper.head.agency = "*#Ban $x$".to_owned();
    let text = text_of("markup", &made(&paper).await);
    let printed = dense(&text);
    for line in lines.iter().chain(&["#panic()", "*#Ban $x$"]) {
        assert!(printed.contains(&dense(line)), "{line:?} is not printed as typed:\n{text}");
    }
}

#[tokio::test]
async fn letters_without_glyph_are_printed_by_code() {
    let mut paper = sample::minutes();
    paper.content = Some(
        "trước 😀 giữa \u{202E}ngược\u{202C} 漢 \u{0}\u{7} \u{E000} \u{FEFF} עברית sau\r\nhàng hai\rhàng ba".to_owned(),
    );
    // The same name, decomposed: it must come out composed.
    paper.reply = Some(
        "Nguye\u{302}\u{303}n Thi\u{323} A\u{301}nh Tuye\u{302}\u{301}t, \u{110}a\u{300} Na\u{306}\u{303}ng".to_owned(),
    );
    let text = text_of("letters", &made(&paper).await);
    for part in [
        "trước [U+1F600] giữa [U+202E]ngược[U+202C] [U+6F22] [U+0000][U+0007] [U+E000] [U+FEFF]",
        "sau hàng hai hàng ba",
        "Nguyễn Thị Ánh Tuyết, Đà Nẵng",
    ] {
        assert!(text.contains(part), "{part:?}:\n{text}");
    }
}

#[tokio::test]
async fn endless_words_and_texts_stay_on_the_paper() {
    let mut paper = sample::minutes();
    let endless = "Nguyễn".repeat(60);
    paper.officers[0].name.clone_from(&endless);
    paper.head.agency.clone_from(&endless);
    paper.signatures[0].name = Some(endless.clone());
    paper.exhibits[0].name.clone_from(&endless);
    if let Some(online) = &mut paper.online {
        online.points[0].name.clone_from(&endless);
        online.interruptions[0].cause = Some(endless.clone());
    }
    let sentences: String = (0..900).map(|n| format!("Một câu dài về việc bồi thường số-{n}-. ")).collect();
    paper.content = Some(format!("{endless}\n{sentences}"));
    let pdf = made(&paper).await;
    let path = super::kept("endless", &pdf);
    let out = std::process::Command::new("pdftotext").arg("-bbox").arg(path).arg("-").output().unwrap();
    let boxes = String::from_utf8(out.stdout).unwrap();
    let right = boxes
        .lines()
        .filter_map(|line| line.split("xMax=\"").nth(1)?.split('"').next()?.parse::<f64>().ok())
        .fold(0.0, f64::max);
    let margin = (210.0 - 15.0) / 25.4 * 72.0;
    assert!(right > 300.0 && right <= margin + 1.0, "text reaches {right} pt, the margin is at {margin} pt");
    let text = text_of("endless", &pdf);
    assert!((0..900).all(|n| text.contains(&format!("số-{n}-."))), "a sentence is lost:\n{text}");
}
