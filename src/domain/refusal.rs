//! A refusal: a value with a stable code, never a sentence. The sentence is in the text catalogue.

/// Why an act did not happen. Nothing has changed; the sender alone is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{code}")]
pub struct Refusal {
    /// Stable code; key `refusal.<code>` of the text catalogue.
    pub code: &'static str,
    /// Field of the command it is about.
    pub field: Option<&'static str>,
    /// Article the rule rests on, as papers cite it.
    pub citation: Option<&'static str>,
}

impl Refusal {
    /// A refusal without field or article.
    pub const fn new(code: &'static str) -> Self {
        Self { code, field: None, citation: None }
    }

    /// Names the field.
    #[must_use]
    pub const fn field(mut self, field: &'static str) -> Self {
        self.field = Some(field);
        self
    }

    /// Names the article.
    #[must_use]
    pub const fn citing(mut self, citation: &'static str) -> Self {
        self.citation = Some(citation);
        self
    }
}
