//! The recordings of a visit as one film for people: all pictures side by side, all sounds together, in step by the wall
//! clock. Made by ffmpeg, a program of its own that need not be there. A film is for watching; what proves anything are
//! the sealed files.
//!
//! Every file becomes a piece of exactly so many pictures and samples as there are from its beginning to that of the next
//! one of its source, black and silent where nothing was recorded, so that an hour of pieces does not drift by a frame.
//! Only then are the sources laid side by side: no command ever opens more files than there are sources.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::domain::ids::PointId;

const PICTURES_PER_SECOND: i64 = 15;
const SAMPLES_PER_SECOND: i64 = 48_000;
/// More pictures than these would be too small to see.
const MOST_PICTURES: usize = 9;
const PROGRAM: &str = "ffmpeg";

/// Why there is no film.
#[derive(Debug, thiserror::Error)]
pub enum FilmError {
    /// No such program on this machine.
    #[error("ffmpeg is not installed")]
    Missing,
    /// It ended with an error; its last words.
    #[error("ffmpeg: {0}")]
    Failed(String),
    #[error("a film cannot be written: {0}")]
    Io(#[from] io::Error),
}

/// One opened recording.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// The WebM or Matroska file.
    pub(super) path: PathBuf,
    pub(super) point: PointId,
    /// `microphone`, `camera` or `paper`.
    pub(super) source: String,
    /// Wall clock of its beginning, microseconds.
    pub(super) began_us: i64,
    pub(super) duration_ms: u64,
}

impl Piece {
    fn is_picture(&self) -> bool {
        self.source != "microphone"
    }

    fn end_us(&self) -> i64 {
        self.began_us.saturating_add(i64::try_from(self.duration_ms).unwrap_or_default().saturating_mul(1_000))
    }
}

/// Whether films can be made here.
pub fn is_installed() -> bool {
    let asked = Command::new(PROGRAM).arg("-version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

/// Writes `target` (MP4: H.264, AAC) from all pieces of a visit; what is made on the way lies in `desk`. Waits for ffmpeg.
/// `first`: whose picture comes first.
///
/// # Errors
/// [`FilmError`]; `target` is then not there or not whole.
pub(super) fn compose(pieces: &[Piece], first: Option<PointId>, desk: &Path, target: &Path) -> Result<(), FilmError> {
    let from_us = pieces.iter().map(|piece| piece.began_us).min().unwrap_or_default();
    let to_us = pieces.iter().map(Piece::end_us).max().unwrap_or_default();
    let mut tracks: BTreeMap<(bool, bool, PointId, &str), Vec<&Piece>> = BTreeMap::new();
    for piece in pieces {
        let place = (!piece.is_picture(), Some(piece.point) != first, piece.point, piece.source.as_str());
        tracks.entry(place).or_default().push(piece);
    }
    let pictures = tracks.keys().filter(|(sound, ..)| !sound).count().min(MOST_PICTURES);
    let grid = Grid::of(pictures);
    fs::create_dir_all(desk)?;
    let (mut lists, mut sounds) = (Vec::new(), 0);
    for (number, ((sound, ..), mut track)) in tracks.into_iter().enumerate() {
        if !sound && lists.len() >= pictures {
            continue;
        }
        sounds += usize::from(sound);
        track.sort_by_key(|piece| piece.began_us);
        let mut list = String::from("ffconcat version 1.0\n");
        for (place, piece) in track.iter().enumerate() {
            let until_us = track.get(place.saturating_add(1)).map_or(to_us, |next| next.began_us);
            // The first one fills the time before it too.
            let since_us = if place == 0 { from_us } else { piece.began_us };
            let span = Span { from_us, since_us, began_us: piece.began_us, until_us };
            let name = format!("{number}-{place}.{}", if sound { "wav" } else { "mkv" });
            if cut(piece, &span, grid, &desk.join(&name))? {
                writeln!(list, "file {name}").map_err(io::Error::other)?;
            }
        }
        let path = desk.join(format!("{number}.txt"));
        fs::write(&path, list)?;
        lists.push(path);
    }
    let seconds = seconds(to_us.saturating_sub(from_us));
    run(join(&lists, (pictures, sounds), grid, &seconds).into_iter().chain([target.into()]))
}

/// Where a piece begins and ends, microseconds of wall clock.
struct Span {
    from_us: i64,
    since_us: i64,
    began_us: i64,
    until_us: i64,
}

impl Span {
    /// How many units lie before the piece begins, and how many it has with them. Counted from the start of the film, so
    /// that no rounding adds up.
    fn units(&self, per_second: i64) -> (i64, i64) {
        let at = |us: i64| {
            let units = us.saturating_sub(self.from_us).saturating_mul(per_second).saturating_add(500_000);
            units.div_euclid(1_000_000)
        };
        let (since, began, until) = (at(self.since_us), at(self.began_us), at(self.until_us));
        (began.saturating_sub(since), until.saturating_sub(since))
    }
}

/// Pictures in rows and columns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Grid {
    columns: usize,
    width: u32,
    height: u32,
}

impl Grid {
    fn of(pictures: usize) -> Self {
        let (columns, width, height) = match pictures {
            0 | 1 => (1, 1280, 720),
            2..=4 => (2, 640, 360),
            _ => (3, 426, 240),
        };
        Self { columns, width, height }
    }

    /// Corner of each picture, as `xstack` reads it.
    fn layout(self, pictures: usize) -> String {
        let corner = |number: usize| {
            let column = u32::try_from(number % self.columns).unwrap_or_default();
            let row = u32::try_from(number / self.columns).unwrap_or_default();
            format!("{}_{}", column.saturating_mul(self.width), row.saturating_mul(self.height))
        };
        (0..pictures).map(corner).collect::<Vec<_>>().join("|")
    }
}

/// Makes one piece; `false` when nothing of it is left because the next one begins at once.
fn cut(piece: &Piece, span: &Span, grid: Grid, to: &Path) -> Result<bool, FilmError> {
    let per_second = if piece.is_picture() { PICTURES_PER_SECOND } else { SAMPLES_PER_SECOND };
    let (before, all) = span.units(per_second);
    if all <= before {
        return Ok(false);
    }
    let mut args: Vec<OsString> = words("-protocol_whitelist file -i").collect();
    args.push(piece.path.clone().into());
    if piece.is_picture() {
        let Grid { width, height, .. } = grid;
        let filter = format!(
            "fps={PICTURES_PER_SECOND}:start_time=0,\
             scale={width}:{height}:force_original_aspect_ratio=decrease:force_divisible_by=2,\
             pad={width}:{height}:(ow-iw)/2:(oh-ih)/2,setsar=1,\
             tpad=start={before}:stop={all}:start_mode=add:stop_mode=add,trim=end_frame={all}"
        );
        args.extend(words("-an -vf").chain([filter.into()]));
        args.extend(words("-c:v libx264 -preset ultrafast -crf 18 -pix_fmt yuv420p"));
    } else {
        let filter = format!(
            "aresample={SAMPLES_PER_SECOND}:async=1:first_pts=0,aformat=channel_layouts=mono,\
             adelay=delays={before}S:all=1,apad=whole_len={all},atrim=end_sample={all}"
        );
        args.extend(words("-vn -af").chain([filter.into()]));
        args.extend(words("-c:a pcm_s16le"));
    }
    run(args.into_iter().chain([to.into()]))?;
    Ok(true)
}

/// Lays the tracks side by side and together: pictures first in `lists`.
fn join(lists: &[PathBuf], (pictures, sounds): (usize, usize), grid: Grid, seconds: &str) -> Vec<OsString> {
    let mut args: Vec<OsString> = Vec::new();
    for list in lists {
        args.extend(words("-f concat -safe 0 -protocol_whitelist file -i").chain([list.into()]));
    }
    let Grid { width, height, .. } = grid;
    let mut graph = String::new();
    for number in 0..pictures {
        graph.push_str(&format!("[{number}:v]setpts=N/({PICTURES_PER_SECOND}*TB)[v{number}];"));
    }
    let all = |name: char, from: usize, count: usize| -> String {
        (from..from.saturating_add(count)).map(|number| format!("[{name}{number}]")).collect()
    };
    graph.push_str(&match pictures {
        0 => format!("color=black:s={width}x{height}:r={PICTURES_PER_SECOND}[v];"),
        1 => "[v0]null[v];".to_owned(),
        many => format!("{}xstack=inputs={many}:fill=black:layout={}[v];", all('v', 0, many), grid.layout(many)),
    });
    for number in pictures..pictures.saturating_add(sounds) {
        graph.push_str(&format!("[{number}:a]asetpts=N/SR/TB[a{number}];"));
    }
    graph.push_str(&match sounds {
        0 => format!("anullsrc=r={SAMPLES_PER_SECOND}:cl=mono[a]"),
        // Several who speak at once are not made quieter for it; what would be too loud is held back.
        many => format!("{}amix=inputs={many}:normalize=0,alimiter=limit=0.9[a]", all('a', pictures, many)),
    });
    args.extend(words("-filter_complex").chain([graph.into()]));
    args.extend(words("-map [v] -map [a] -t").chain([seconds.into()]));
    args.extend(words("-c:v libx264 -preset veryfast -crf 24 -pix_fmt yuv420p -r 15 -c:a aac -b:a 96k"));
    args.extend(words("-movflags +faststart -f mp4"));
    args
}

fn words(text: &str) -> impl Iterator<Item = OsString> {
    text.split_ascii_whitespace().map(OsString::from)
}

fn seconds(us: i64) -> String {
    format!("{}.{:06}", us / 1_000_000, us % 1_000_000)
}

fn run(args: impl Iterator<Item = OsString>) -> Result<(), FilmError> {
    let done = Command::new(PROGRAM)
        .args(["-nostdin", "-hide_banner", "-loglevel", "error", "-y"])
        .args(args)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => FilmError::Missing,
            _ => error.into(),
        })?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    Err(FilmError::Failed(said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("no word").to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_follow_each_other_without_a_frame_between() {
        let second = 1_000_000;
        let edges = [0, 7_333_333, 61 * second + 11, 3_600 * second + 49_999];
        let spans =
            edges.windows(2).map(|edge| Span { from_us: 0, since_us: edge[0], began_us: edge[0], until_us: edge[1] });
        let frames: i64 = spans.map(|span| span.units(PICTURES_PER_SECOND).1).sum();
        assert_eq!(frames, 3_600 * 15 + 1, "an hour and three quarters of a frame");
        let late = Span { from_us: 0, since_us: 0, began_us: 2 * second, until_us: 3 * second };
        assert_eq!(late.units(SAMPLES_PER_SECOND), (96_000, 144_000));
    }

    #[test]
    fn pictures_lie_in_rows() {
        assert_eq!(Grid::of(2).layout(2), "0_0|640_0");
        assert_eq!(Grid::of(3).layout(3), "0_0|640_0|0_360");
        assert_eq!(Grid::of(9).layout(9).split('|').next_back(), Some("852_480"));
        assert_eq!(seconds(3_000_001), "3.000001");
    }
}
