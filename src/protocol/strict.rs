//! Reading JSON from strangers: bounded depth, no unknown key at any level, no key twice.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What is wrong with a text.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StrictError {
    /// Nested deeper than allowed.
    #[error("nested too deep")]
    TooDeep,
    /// Not JSON, not of this shape, or a key twice.
    #[error("not of the expected shape")]
    Shape,
    /// A key nobody reads: a newer client, or a mistake that must not be silent.
    #[error("unknown key `{0}`")]
    Unknown(String),
}

/// Reads a value of type `T`, nested at most `depth` deep.
pub fn read<T: DeserializeOwned + Serialize>(text: &str, depth: usize) -> Result<T, StrictError> {
    if deepest(text) > depth {
        return Err(StrictError::TooDeep);
    }
    let value: T = serde_json::from_str(text).map_err(|_| StrictError::Shape)?;
    // Nested types of the domain take unknown keys, because the log must stay readable; a client's text may have none.
    // What was read is written again: a key that is not there was not understood.
    let given: Value = serde_json::from_str(text).map_err(|_| StrictError::Shape)?;
    let known = serde_json::to_value(&value).map_err(|_| StrictError::Shape)?;
    match unknown_key(&given, &known) {
        Some(key) => Err(StrictError::Unknown(key)),
        None => Ok(value),
    }
}

/// Depth of brackets outside strings; does not care whether they match.
fn deepest(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth = depth.saturating_add(1);
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn unknown_key(given: &Value, known: &Value) -> Option<String> {
    match (given, known) {
        (Value::Object(given), Value::Object(known)) => given.iter().find_map(|(key, value)| match known.get(key) {
            Some(known) => unknown_key(value, known),
            None => Some(key.clone()),
        }),
        (Value::Array(given), Value::Array(known)) => {
            given.iter().zip(known).find_map(|(given, known)| unknown_key(given, known))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::command::Command;
    use crate::protocol::frame::ClientFrame;

    const ID: &str = "01931f5e-0000-7000-8000-000000000001";

    fn frame(body: &str) -> Result<ClientFrame, StrictError> {
        read(&format!(r#"{{"v":1,"id":"{ID}","body":{body}}}"#), 16)
    }

    #[test]
    fn good_frames_are_read() {
        frame(r#"{"type":"pong"}"#).unwrap();
        frame(r#"{"type":"hello","device":"main","have":{"public":"ab"}}"#).unwrap();
        frame(&format!(r#"{{"type":"command","command":{{"do":"call_next","visit":"{ID}"}}}}"#)).unwrap();
        frame(r#"{"type":"offer","sdp":"brackets in strings [[[[[[[[[[[[[[[[[[ { \" ["}"#).unwrap();
    }

    #[test]
    fn unknown_keys_are_refused_at_every_level() {
        for (body, key) in [
            (r#"{"type":"pong","x":1}"#, "x"),
            (r#"{"type":"command","command":{"do":"propose_end","force":true}}"#, "force"),
        ] {
            assert_eq!(frame(body), Err(StrictError::Unknown(key.to_owned())), "{body}");
        }
        let person = format!(r#"{{"id":"{ID}","name":"A","role":"officer","admin":true}}"#);
        let command = format!(r#"{{"do":"expect_person","point":"{ID}","person":{person}}}"#);
        assert_eq!(read::<Command>(&command, 16), Err(StrictError::Unknown("admin".to_owned())));
    }

    #[test]
    fn what_is_not_of_the_shape_is_refused() {
        for body in [
            "",
            "null",
            r#"{"type":"pong","type":"pong"}"#,
            r#"{"type":"nothing"}"#,
            r#"{"type":"hello","device":"main","device":"paper"}"#,
            r#"{"type":"command","command":{"do":"set_room_wide","on":1e999}}"#,
            r#"{"type":"offer","sdp":"\ud800"}"#,
            r#"{"type":"offer","sdp":7}"#,
        ] {
            assert_eq!(frame(body), Err(StrictError::Shape), "{body}");
        }
    }

    #[test]
    fn depth_is_bounded_before_parsing() {
        assert_eq!(read::<Value>(&"[".repeat(10_000), 16), Err(StrictError::TooDeep));
        assert_eq!(read::<Value>(&format!("{}{}", "[".repeat(16), "]".repeat(16)), 16).map(|_| ()), Ok(()));
    }
}
