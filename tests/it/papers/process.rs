//! The typeset process: bounded, killed, and never more than an error for the server.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use diemcau::documents::{PaperError, Press};

use super::{made, pages, press, request, sample};

fn script(dir: &Path, body: &str) -> std::path::PathBuf {
    let path = dir.join(format!("program-{}", body.len()));
    std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[tokio::test]
async fn a_runaway_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let pid = dir.path().join("pid");
    let program = script(dir.path(), &format!("echo $$ > {}\nwhile :; do :; done", pid.display()));
    let error = Press::new(program)
        .with_time_limit(Duration::from_millis(700))
        .render(&request(&sample::minutes()))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "paper_time_limit");
    let pid = std::fs::read_to_string(pid).unwrap();
    let stat = Path::new("/proc").join(pid.trim()).join("stat");
    for _ in 0..100 {
        // Gone, or a zombie that waits to be reaped.
        if std::fs::read_to_string(&stat).map_or(true, |line| line.contains(") Z ")) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("process {pid} still runs");
}

#[tokio::test]
async fn a_real_paper_over_time_is_an_error() {
    let error =
        press().with_time_limit(Duration::from_millis(5)).render(&request(&sample::minutes())).await.unwrap_err();
    assert!(matches!(error, PaperError::TimeLimit), "{error}");
}

#[tokio::test]
async fn a_process_that_talks_without_end_is_cut() {
    let dir = tempfile::tempdir().unwrap();
    let program = script(dir.path(), "exec /bin/cat /dev/zero");
    let error = Press::new(program).render(&request(&sample::minutes())).await.unwrap_err();
    assert_eq!(error.code(), "paper_process", "{error}");
}

#[tokio::test]
async fn failures_have_their_own_codes() {
    let mut unknown = request(&sample::minutes());
    unknown.form = "no_such_form".to_owned();
    let error = press().render(&unknown).await.unwrap_err();
    assert!(matches!(&error, PaperError::Form(what) if what.contains("no_such_form")), "{error}");

    let mut incomplete = request(&sample::minutes());
    incomplete.data.as_object_mut().unwrap().remove("officers");
    let error = press().render(&incomplete).await.unwrap_err();
    assert!(matches!(&error, PaperError::Form(what) if what.contains("officers")), "{error}");
    assert!(!error.to_string().contains("Đường"), "no personal data in an error: {error}");

    let mut huge = sample::minutes();
    huge.content = Some("x".repeat(diemcau::limits::PAPER_REQUEST_BYTES));
    assert!(matches!(press().render(&request(&huge)).await, Err(PaperError::TooLarge(_))));

    let error = Press::new("/nonexistent/program").render(&request(&sample::minutes())).await.unwrap_err();
    assert!(matches!(error, PaperError::Process(_)), "{error}");
}

#[tokio::test]
async fn endings_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let memory = script(dir.path(), "echo memory allocation of 5 bytes failed >&2\nkill -ABRT $$");
    let error = Press::new(memory).render(&request(&sample::minutes())).await.unwrap_err();
    assert!(matches!(error, PaperError::MemoryLimit), "{error}");
    let panic = script(dir.path(), "echo words >&2\nexit 101");
    let error = Press::new(panic).render(&request(&sample::minutes())).await.unwrap_err();
    assert!(matches!(&error, PaperError::Crashed { reason, .. } if reason == "words"), "{error}");
}

/// Here "this program" is the test binary, which does not know the verb: it is started, and what it says is no paper.
#[tokio::test]
async fn only_a_pdf_is_a_paper() {
    let error = Press::of_this_program().unwrap().render(&request(&sample::minutes())).await.unwrap_err();
    assert!(matches!(&error, PaperError::Crashed { status, .. } if status.success()), "{error}");
}

/// A typeset process that has put up its fence and waits for its request, and its limits as the kernel shows them.
fn fenced() -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_diemcau"))
        .arg("typeset")
        .env("RAYON_NUM_THREADS", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let limits = Path::new("/proc").join(child.id().to_string()).join("limits");
    let data = diemcau::limits::PAPER_MEMORY.to_string();
    for _ in 0..500 {
        let seen = std::fs::read_to_string(&limits).unwrap();
        if seen.lines().any(|line| line.starts_with("Max open files") && line.contains(" 16 ")) {
            assert!(seen.contains(&data), "{seen}");
            return (child, seen);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    panic!("no fence after five seconds: {}", child.wait().unwrap());
}

/// The limits are on the process itself, so they hold when the server is gone.
#[test]
fn the_fence_is_up_before_the_request_is_read() {
    let (mut child, seen) = fenced();
    let row = |name: &str| {
        seen.lines().find_map(|line| line.strip_prefix(name)).unwrap().split_whitespace().next().unwrap().to_owned()
    };
    assert_eq!(row("Max data size"), diemcau::limits::PAPER_MEMORY.to_string());
    assert_eq!(row("Max cpu time"), (diemcau::limits::PAPER_CPU.as_secs() + 1).to_string());
    assert_eq!(row("Max core file size"), "0");
    child.stdin.take().unwrap().write_all(b"not json").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(65));
}

/// The same ending as at the real limit, with less to allocate: `prlimit` (util-linux) lowers it to 30 MB.
#[test]
fn too_much_memory_ends_the_process_only() {
    let (mut child, _) = fenced();
    let lowered =
        Command::new("prlimit").args(["--pid", &child.id().to_string(), "--data=30000000:30000000"]).status().unwrap();
    assert!(lowered.success());
    let mut paper = sample::minutes();
    paper.content = Some("Một câu dài về việc bồi thường. ".repeat(40_000));
    child.stdin.take().unwrap().write_all(&serde_json::to_vec(&request(&paper)).unwrap()).unwrap();
    let out = child.wait_with_output().unwrap();
    assert_eq!(out.status.signal(), Some(6), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(String::from_utf8_lossy(&out.stderr).contains("memory allocation"));
    assert!(out.stdout.is_empty());
}

#[tokio::test]
async fn seven_pages() {
    let mut paper = sample::minutes();
    paper.content =
        Some("Ông Trần Văn Đường trình bày về diện tích, đơn giá bồi thường và việc tái định cư.\n".repeat(100));
    let pdf = made(&paper).await;
    assert_eq!(pages("seven", &pdf), 7);
    std::fs::write(
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("seven.json"),
        serde_json::to_vec(&request(&paper)).unwrap(),
    )
    .unwrap();
}
