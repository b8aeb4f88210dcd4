//! Frames as text: strict in, once-serialized out.

use serde::Deserialize;
use uuid::Uuid;

use crate::domain::ids::CommandId;
use crate::domain::refusal::Refusal;
use crate::limits;
use crate::protocol::VERSION;
use crate::protocol::frame::{ClientFrame, ServerBody, ServerFrame};
use crate::protocol::strict;
use crate::text;

/// A frame that is refused: the id it had, where one could be read, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unreadable {
    /// Nil when the frame had none.
    pub re: CommandId,
    pub refusal: Refusal,
}

/// What can be read of a frame that is not understood.
#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    v: Option<u64>,
    #[serde(default)]
    id: Option<CommandId>,
}

/// Reads a client's frame.
pub fn read(text: &str) -> Result<ClientFrame, Unreadable> {
    match strict::read::<ClientFrame>(text, limits::FRAME_DEPTH) {
        Ok(frame) if frame.v == VERSION => Ok(frame),
        Ok(frame) => Err(Unreadable { re: frame.id, refusal: Refusal::new("version_unknown").field("v") }),
        Err(strict::StrictError::TooDeep) => Err(malformed(None)),
        Err(_) => {
            let envelope = serde_json::from_str::<Envelope>(text).ok();
            let version = envelope.as_ref().and_then(|envelope| envelope.v);
            let id = envelope.and_then(|envelope| envelope.id);
            // A frame of a newer version has a shape of its own: its sender is told to load the page anew.
            match version {
                Some(version) if version != u64::from(VERSION) => Err(Unreadable {
                    re: id.unwrap_or(CommandId(Uuid::nil())),
                    refusal: Refusal::new("version_unknown").field("v"),
                }),
                _ => Err(malformed(id)),
            }
        }
    }
}

/// The id of a frame that is refused unread; nil when none can be read.
pub fn id_of(text: &str) -> CommandId {
    let envelope = serde_json::from_str::<Envelope>(text).ok();
    envelope.and_then(|envelope| envelope.id).unwrap_or(CommandId(Uuid::nil()))
}

/// For frames that are not text at all.
pub fn not_text() -> Unreadable {
    malformed(None)
}

fn malformed(id: Option<CommandId>) -> Unreadable {
    Unreadable { re: id.unwrap_or(CommandId(Uuid::nil())), refusal: Refusal::new("frame_malformed") }
}

/// The refusal of a frame with its sentences.
pub fn refused(re: CommandId, refusal: Refusal) -> ServerBody {
    let sentence = text::refusal(refusal.code);
    ServerBody::Refused {
        re,
        code: refusal.code.to_owned(),
        field: refusal.field.map(str::to_owned),
        citation: refusal.citation.map(str::to_owned),
        vi: sentence.vi.to_owned(),
        en: sentence.en.to_owned(),
    }
}

/// A frame as text. Our own types do not fail to serialize; were one to, the client gets nothing rather than half.
pub fn write(body: ServerBody) -> Option<String> {
    serde_json::to_string(&ServerFrame { v: VERSION, body }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01931f5e-0000-7000-8000-000000000001";

    #[test]
    fn a_malformed_frame_is_answered_to_its_id() {
        let id: CommandId = ID.parse().unwrap();
        for (text, re, code) in [
            (format!(r#"{{"v":1,"id":"{ID}","body":{{"type":"what"}}}}"#), id, "frame_malformed"),
            (format!(r#"{{"v":2,"id":"{ID}","body":{{"type":"what"}}}}"#), id, "version_unknown"),
            (format!(r#"{{"v":2,"id":"{ID}","body":{{"type":"pong"}}}}"#), id, "version_unknown"),
            (r#"{"v":1,"id":"7"}"#.to_owned(), CommandId(Uuid::nil()), "frame_malformed"),
            ("[".repeat(10_000), CommandId(Uuid::nil()), "frame_malformed"),
            ("xin chào".to_owned(), CommandId(Uuid::nil()), "frame_malformed"),
        ] {
            let unreadable = read(&text).unwrap_err();
            assert_eq!(
                (unreadable.re, unreadable.refusal.code),
                (re, code),
                "{}",
                text.chars().take(60).collect::<String>()
            );
        }
    }
}
