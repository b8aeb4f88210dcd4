//! The sentences in which the closing card stands in the minutes: whether the citizen was answered, who is responsible,
//! until when, whom to ask (D154 Điều 25(2)–(3)). They are frozen, read back, hashed and signed with the conclusion; built
//! here so that every visit says them in the same words.

use crate::domain::visit::{Answer, ClosingCard};
use crate::text::{self, Language};

/// One sentence a line, in Vietnamese whatever the reader's language: minutes are.
pub fn sentences(card: &ClosingCard) -> Vec<String> {
    let fill = |key, name, value: &str| text::fill(key, Language::Vi, &[(name, &one_line(value))]);
    let unit = || fill("paper.answer.unit", "unit", &card.unit_name);
    match &card.answer {
        Answer::Now { .. } => vec![text::sentence("paper.answer.now").get(Language::Vi).to_owned(), unit()],
        Answer::Later { due, contact, .. } => vec![
            text::sentence("paper.answer.later").get(Language::Vi).to_owned(),
            unit(),
            fill("paper.answer.due", "due", &due.strftime("%d/%m/%Y").to_string()),
            fill("paper.answer.contact", "contact", contact),
        ],
    }
}

/// A name with line ends in it would look like a sentence of its own.
fn one_line(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::UnitId;
    use uuid::Uuid;

    fn card(answer: Answer) -> ClosingCard {
        ClosingCard {
            answer,
            unit: UnitId(Uuid::nil()),
            unit_name: "Sở Nông nghiệp và Môi trường".to_owned(),
            conclusion: "Giao Sở kiểm tra.".to_owned(),
            citizen_opinion: String::new(),
        }
    }

    /// D154 Điều 25(3): a time limit and a contact person; 25(2): who is responsible.
    #[test]
    fn a_later_answer_has_unit_deadline_and_contact() {
        let answer = Answer::Later {
            due: jiff::civil::date(2026, 12, 5),
            contact: "Bà Thu,\nđiện thoại 0203 300 0000.".to_owned(),
            text: "Trả lời bằng văn bản.".to_owned(),
        };
        assert_eq!(
            sentences(&card(answer)),
            [
                "Nội dung này được trả lời sau buổi tiếp công dân.",
                "Cơ quan, đơn vị chịu trách nhiệm: Sở Nông nghiệp và Môi trường.",
                "Thời hạn trả lời: chậm nhất ngày 05/12/2026.",
                "Người liên hệ: Bà Thu, điện thoại 0203 300 0000.",
            ]
        );
    }

    /// D154 Điều 25(3): answered on the spot.
    #[test]
    fn an_answer_now_promises_nothing() {
        let said = sentences(&card(Answer::Now { text: "Đã giải thích.".to_owned() }));
        assert_eq!(
            said,
            [
                "Nội dung này đã được trả lời trực tiếp tại buổi tiếp công dân.",
                "Cơ quan, đơn vị chịu trách nhiệm: Sở Nông nghiệp và Môi trường.",
            ]
        );
    }
}
