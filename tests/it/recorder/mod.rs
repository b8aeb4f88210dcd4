//! The recorder with real VP8, H.264 and Opus, judged by ffmpeg.

mod bench;
mod faults;
mod film;
mod h264;
mod material;
mod playing;
mod recovery;
mod second;
mod tracks;
