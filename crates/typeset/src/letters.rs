//! Which letters can be printed. PDF/A forbids a letter without a glyph, and one emoji must not cost a citizen the
//! paper: what the fonts lack, and what could make a page read differently from its text, is printed by its code.

use std::fmt::Write as _;

use serde_json::Value;
use typst::text::Font;
use unicode_normalization::UnicodeNormalization;

/// Letters that all fonts of the paper have.
pub(crate) struct Letters<'a> {
    fonts: &'a [Font],
}

impl<'a> Letters<'a> {
    /// The letters common to `fonts`.
    pub(crate) fn of(fonts: &'a [Font]) -> Self {
        Self { fonts }
    }

    /// The same value with every string, keys excepted, made printable: composed (NFC), line ends as `\n`, other
    /// letters as `[U+1F600]`.
    pub(crate) fn clean(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.printable(text)),
            Value::Array(items) => items.iter().map(|item| self.clean(item)).collect(),
            Value::Object(fields) => {
                Value::Object(fields.iter().map(|(key, field)| (key.clone(), self.clean(field))).collect())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    fn printable(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut letters = text.nfc().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '\r' => {
                    if letters.peek() != Some(&'\n') {
                        out.push('\n');
                    }
                }
                '\n' | '\u{2028}' | '\u{2029}' => out.push('\n'),
                '\t' => out.push(' '),
                _ if self.has(letter) => out.push(letter),
                _ => {
                    // Writing into a String cannot fail.
                    let _written = write!(out, "[U+{:04X}]", u32::from(letter));
                }
            }
        }
        out
    }

    fn has(&self, letter: char) -> bool {
        !letter.is_control()
            && !changes_direction(letter)
            && !matches!(letter, '\u{E000}'..='\u{F8FF}' | '\u{FEFF}' | '\u{FFFC}')
            && self.fonts.iter().all(|font| font.info().coverage.contains(u32::from(letter)))
    }
}

/// Marks that can show words in another order than they are stored and hashed (UAX #9).
fn changes_direction(letter: char) -> bool {
    matches!(letter, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use typst::foundations::Bytes;

    use super::*;

    fn clean(value: &Value) -> Value {
        let fonts: Vec<Font> =
            crate::world::TINOS.iter().map(|bytes| Font::new(Bytes::new(*bytes), 0).unwrap()).collect();
        Letters::of(&fonts).clean(value)
    }

    #[test]
    fn vietnamese_is_complete_in_every_style() {
        let vowels = "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY";
        let text: String = vowels
            .chars()
            .flat_map(|vowel| {
                ["", "\u{300}", "\u{309}", "\u{303}", "\u{301}", "\u{323}"].map(|tone| format!("{vowel}{tone}"))
            })
            .chain(["đĐ“”‘’–—…·₫²³½°§×".to_owned()])
            .collect();
        let composed: String = text.nfc().collect();
        assert_eq!(clean(&json!(text)), json!(composed));
        assert!(composed.chars().all(|letter| !('\u{300}'..='\u{36F}').contains(&letter)), "{composed}");
    }

    #[test]
    fn only_values_are_changed_and_nothing_is_lost() {
        assert_eq!(
            clean(&json!({"k": ["a\r\nb\rc\td", 1, null, true], "😀": "😀\u{0}\u{202E}"})),
            json!({"k": ["a\nb\nc d", 1, null, true], "😀": "[U+1F600][U+0000][U+202E]"}),
        );
    }
}
