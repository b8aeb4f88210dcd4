//! The text of the minutes: its canonical form, its hash, what is frozen.
//!
//! Draft, read back, signed and sealed are not one thing with a flag: a `FrozenText` has no way to be changed.

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use super::event::FrozenText;
use super::visit::{ALL_BLOCKS, Answer, BlockKind, ClosingCard};

/// Freezes the drafts of a visit with its closing card: the conclusion and the citizen's opinion on it are part of what
/// is read back and signed (design §2).
///
/// `drafts` are the blocks as they stand, in any order; several blocks of one kind follow one another. `answer` are the
/// sentences that say who answers until when: they end the conclusion, so what is signed holds them.
pub fn freeze(drafts: &[(BlockKind, String)], card: &ClosingCard, answer: &[String]) -> FrozenText {
    let blocks: Vec<(BlockKind, String)> = ALL_BLOCKS
        .into_iter()
        .map(|kind| {
            let mut parts: Vec<String> = Vec::new();
            match kind {
                BlockKind::Conclusion => {
                    parts.push(card.conclusion.clone());
                    match &card.answer {
                        Answer::Now { text } => parts.push(text.clone()),
                        Answer::Later { text, .. } => parts.push(text.clone()),
                    }
                }
                BlockKind::CitizenOpinion => parts.push(card.citizen_opinion.clone()),
                _ => {}
            }
            parts.extend(drafts.iter().filter(|(of, _)| *of == kind).map(|(_, text)| text.clone()));
            if kind == BlockKind::Conclusion {
                parts.extend_from_slice(answer);
            }
            let text: String =
                parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
            (kind, text.nfc().collect())
        })
        .collect();
    let sha256 = text_hash(TextForm::NEWEST, &blocks);
    FrozenText { blocks, sha256, answer_told: true }
}

/// What is frozen when nobody came: the words of the officer who wrote it down. The act that ends the visit is what
/// freezes them, so the same text follows from the log for ever.
pub fn absence(reason: &str) -> FrozenText {
    let blocks = vec![(BlockKind::Content, reason.trim().nfc().collect())];
    let sha256 = text_hash(TextForm::Two, &blocks);
    FrozenText { blocks, sha256, answer_told: false }
}

/// Forms of the text hash, by the version of the event `text_frozen` that carries it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TextForm {
    /// Lines `diemcau-text-1`, then per block its kind and its text in NFC, each ended by LF. A line of a text that
    /// reads like a kind moves the border between two blocks without changing the hash: old logs alone have it.
    One,
    /// Line `diemcau-text-2`, then per block a line of its kind, a space and the length of its text in bytes, the text
    /// in NFC, LF. The length says where a block ends, so no two texts have one preimage.
    Two,
    /// As `Two`, with the line `diemcau-text-3`: the conclusion ends with the sentences that say whether the citizen was
    /// answered, who is responsible, until when, whom to ask (D154 Điều 25(2)–(3)).
    Three,
}

impl TextForm {
    /// What is frozen now.
    pub const NEWEST: Self = Self::Three;

    /// The form behind a version of `text_frozen`.
    pub fn of_version(v: u32) -> Self {
        match v {
            0 | 1 => Self::One,
            2 => Self::Two,
            _ => Self::Three,
        }
    }
}

/// SHA-256, hex, of a text in one of its forms.
pub fn text_hash(form: TextForm, blocks: &[(BlockKind, String)]) -> String {
    let mut hash = Sha256::new();
    hash.update(match form {
        TextForm::One => b"diemcau-text-1\n",
        TextForm::Two => b"diemcau-text-2\n",
        TextForm::Three => b"diemcau-text-3\n",
    });
    for (kind, text) in blocks {
        let text: String = text.nfc().collect();
        hash.update(kind_name(*kind));
        if form != TextForm::One {
            hash.update(format!(" {}", text.len()));
        }
        hash.update(b"\n");
        hash.update(text);
        hash.update(b"\n");
    }
    hex(&hash.finalize())
}

fn kind_name(kind: BlockKind) -> &'static str {
    match kind {
        BlockKind::Content => "content",
        BlockKind::Requests => "requests",
        BlockKind::Documents => "documents",
        BlockKind::Opinions => "opinions",
        BlockKind::Conclusion => "conclusion",
        BlockKind::CitizenOpinion => "citizen_opinion",
    }
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let written = write!(text, "{byte:02x}");
        debug_assert!(written.is_ok(), "writing to a String does not fail");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::Event;
    use crate::domain::ids::{UnitId, VisitId};
    use uuid::Uuid;

    fn card() -> ClosingCard {
        ClosingCard {
            answer: Answer::Now { text: "Đã trả lời.".into() },
            unit: UnitId(Uuid::nil()),
            unit_name: "Sở A".into(),
            conclusion: "Giao Sở A.".into(),
            citizen_opinion: "Đồng ý.".into(),
        }
    }

    /// D154 Điều 25: the conclusion is read back with the rest.
    #[test]
    fn the_frozen_text_holds_conclusion_and_opinion_in_the_order_of_the_paper() {
        let text = freeze(
            &[(BlockKind::Requests, "Xin trả đất.".into()), (BlockKind::Content, " Ông A nói. ".into())],
            &card(),
            &["Cơ quan, đơn vị chịu trách nhiệm: Sở A.".to_owned()],
        );
        let kinds: Vec<_> = text.blocks.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, ALL_BLOCKS);
        assert_eq!(text.blocks[0].1, "Ông A nói.");
        assert_eq!(text.blocks[4].1, "Giao Sở A.\nĐã trả lời.\nCơ quan, đơn vị chịu trách nhiệm: Sở A.");
        assert_eq!(text.blocks[5].1, "Đồng ý.");
        assert_eq!(text.sha256, text_hash(TextForm::Three, &text.blocks));
        let version = Event::TextFrozen { visit: VisitId(Uuid::nil()), text }.version();
        assert_eq!(TextForm::of_version(version), TextForm::NEWEST, "the log says which form it is");
    }

    /// What a citizen signs cannot be moved between "what was said" and "what is requested" under one hash.
    #[test]
    fn a_text_that_reads_like_a_heading_is_another_text() {
        let blocks = |content: &str, requests: &str| {
            vec![(BlockKind::Content, content.to_owned()), (BlockKind::Requests, requests.to_owned())]
        };
        let (said, moved) = (blocks("A\nrequests\nB", "C"), blocks("A", "B\nrequests\nC"));
        assert_eq!(text_hash(TextForm::One, &said), text_hash(TextForm::One, &moved), "why there is a second form");
        assert_ne!(text_hash(TextForm::Two, &said), text_hash(TextForm::Two, &moved));
    }

    /// Papers of old logs carry these hashes for ever.
    #[test]
    fn all_forms_are_golden() {
        let text = [(BlockKind::Content, "Ông A nói.".to_owned()), (BlockKind::Requests, String::new())];
        for (v, wanted) in [
            (1, "5ecad8f9e24523c6dfc75064d6cffa5fc33dec14f37a0b818ddf620598c8c41c"),
            (2, "51ce238ddd0807abbd469a58c39ef1a2eb09217e92f4c0f86a81f79327ec06c3"),
            (3, "df21d333aa2c645a74462fd334e8e2f64b174d8e6f9b767521d9f410193a4825"),
        ] {
            assert_eq!(text_hash(TextForm::of_version(v), &text), wanted, "version {v}");
        }
    }

    #[test]
    fn an_absence_is_hashed_like_any_other_text() {
        let text = absence(" Đã gọi hai lần. ");
        assert_eq!(text.blocks, [(BlockKind::Content, "Đã gọi hai lần.".to_owned())]);
        let preimage = "diemcau-text-2\ncontent 21\nĐã gọi hai lần.\n";
        assert_eq!(text.sha256, hex(&Sha256::digest(preimage.as_bytes())), "as `sha256sum` has it");
        assert_ne!(absence("Không liên lạc được.").sha256, text.sha256);
    }

    #[test]
    fn composed_and_decomposed_letters_freeze_to_one_hash() {
        let composed = freeze(&[(BlockKind::Content, "đất đai".nfc().collect())], &card(), &[]);
        let decomposed = freeze(&[(BlockKind::Content, "đất đai".nfd().collect())], &card(), &[]);
        assert_eq!(composed.sha256, decomposed.sha256);
    }
}
