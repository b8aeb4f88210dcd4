//! The forms of the house, embedded. Each form is one file; what several share is in `common.typ` and `minutes.typ`.

/// Shared parts, under the names by which forms import them.
pub(crate) const SHARED: &[(&str, &str)] = &[
    ("common.typ", include_str!("../../../config/forms/common.typ")),
    ("minutes.typ", include_str!("../../../config/forms/minutes.typ")),
];

macro_rules! forms {
    ($($name:literal),+ $(,)?) => {
        /// Name and Typst source of every form.
        pub const FORMS: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../../config/forms/", $name, ".typ")))),+];
    };
}

forms![
    "appointment_slip",
    "attendance_annex",
    "denunciation_minutes",
    "no_show_minutes",
    "receipt",
    "refusal_notice",
    "visit_minutes",
];

/// The source of the form of this name.
pub(crate) fn source(name: &str) -> Option<&'static str> {
    FORMS.iter().find(|(known, _)| *known == name).map(|(_, source)| *source)
}
