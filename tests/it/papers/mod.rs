//! Papers: made by the real program as a child process, read back by poppler.

#![cfg(feature = "pdf")]

mod sample;

use std::path::PathBuf;
use std::process::Command;

use diemcau::documents::{Paper, PaperError, PaperRequest, Press};

fn press() -> Press {
    Press::new(env!("CARGO_BIN_EXE_diemcau"))
}

fn request(paper: &impl Paper) -> PaperRequest {
    PaperRequest::new(paper, "test", "2026-02-05T09:40:00+07:00[Asia/Ho_Chi_Minh]".parse().unwrap()).unwrap()
}

async fn made(paper: &impl Paper) -> Vec<u8> {
    press().render(&request(paper)).await.unwrap_or_else(|error| panic!("{error}"))
}

/// Keeps the PDF under `name` in the target folder and returns its text, white space folded.
fn text_of(name: &str, pdf: &[u8]) -> String {
    let path = kept(name, pdf);
    let out = Command::new("pdftotext").arg("-layout").arg(&path).arg("-").output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn kept(name: &str, pdf: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.pdf"));
    std::fs::write(&path, pdf).unwrap();
    path
}

#[tokio::test]
async fn minutes_hold_every_field() {
    let request = request(&sample::minutes());
    std::fs::write(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("minutes.json"), serde_json::to_vec(&request).unwrap()).unwrap();
    let pdf = made(&sample::minutes()).await;
    let text = text_of("minutes", &pdf);
    assert!(text.contains("BIÊN BẢN"), "{text}");
    let _ = PaperError::NotBuilt;
}
