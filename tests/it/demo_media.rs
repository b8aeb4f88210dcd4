//! The committed pictures and voices decode without a word of complaint, and are small.

use std::path::PathBuf;
use std::process::Command;

#[test]
fn the_media_files_decode() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("config/demo/media");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let most = match path.extension().and_then(|extension| extension.to_str()) {
            Some("ivf") => 300_000,
            Some("ogg") => 100_000,
            _ => continue,
        };
        seen += 1;
        let bytes = std::fs::metadata(&path).unwrap().len();
        assert!(bytes <= most, "{}: {bytes} bytes", path.display());
        let output = Command::new("ffmpeg")
            .args(["-v", "error", "-i"])
            .arg(&path)
            .args(["-f", "null", "-"])
            .output()
            .expect("ffmpeg is there (make deps)");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{}: {said}", path.display());
    }
    assert_eq!(seen, 7 + 8, "a picture of every point, a voice for everything that was said");
}
