//! Papers: made by the real program as a child process, read back by poppler.

#![cfg(feature = "pdf")]

mod contents;
mod hostile;
mod process;
mod sample;

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use diemcau::documents::{Paper, PaperRequest, Press};

/// Unoptimized and on a busy machine: what a paper says is tested here, its time limit in `process`.
fn press() -> Press {
    Press::new(env!("CARGO_BIN_EXE_diemcau")).with_time_limit(Duration::from_secs(180))
}

fn request(paper: &impl Paper) -> PaperRequest {
    PaperRequest::new(paper, "test", "2026-02-05T09:40:00+07:00[Asia/Ho_Chi_Minh]".parse().unwrap()).unwrap()
}

async fn made(paper: &impl Paper) -> Vec<u8> {
    press().render(&request(paper)).await.unwrap_or_else(|error| panic!("{error}"))
}

/// Keeps the PDF under `name` in the target folder, to be looked at.
fn kept(name: &str, pdf: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.pdf"));
    std::fs::write(&path, pdf).unwrap();
    path
}

/// Its text in drawing order, so that a cell stays in one piece; white space folded, break hints left out.
fn text_of(name: &str, pdf: &[u8]) -> String {
    let out = Command::new("pdftotext")
        .arg("-raw")
        .arg(kept(name, pdf))
        .arg("-")
        .output()
        .expect("pdftotext (poppler-utils)");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).unwrap().replace('\u{200B}', "");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text without any white space, in small letters: for values that a narrow cell breaks anywhere.
fn dense(text: &str) -> String {
    text.to_lowercase().chars().filter(|letter| !letter.is_whitespace() && *letter != '\u{200B}').collect()
}

fn pages(name: &str, pdf: &[u8]) -> usize {
    let out = Command::new("pdfinfo").arg(kept(name, pdf)).output().expect("pdfinfo (poppler-utils)");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    text.lines().find_map(|line| line.strip_prefix("Pages:")).and_then(|count| count.trim().parse().ok()).unwrap()
}
