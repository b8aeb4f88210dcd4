//! The recorder with real VP8 and Opus, judged by ffmpeg.

mod bench;
mod faults;
mod film;
mod material;
mod playing;
mod recovery;
mod second;
mod tracks;
