//! Machines without a page of ours: encoders (WHIP) and wall displays (WHEP), by the `webrtc` crate and by the libraries
//! that real ones are built on.

mod aiortc;
mod ffmpeg;
mod gstreamer;
mod house;
mod http;
mod rules;
mod stage;
mod verbs;
