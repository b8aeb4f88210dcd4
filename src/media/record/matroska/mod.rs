//! Matroska (RFC 9559 with RFC 8794 EBML), restricted to the WebM profile where the codec is one of it: one track per
//! file, clusters of known size.

mod ebml;
mod index;
mod parse;
mod writer;

pub(super) use index::{Cue, Extent, Index};
pub(super) use parse::ClusterScan;
pub(super) use writer::{Cluster, TrackShape, header};
