//! The text catalogue: every sentence a person reads, by stable code, in Vietnamese and English.
//!
//! Keys: `refusal.<code>` for what a rule refused, `error.<code>` for what the server refused, `close.<reason>` for the
//! end of a connection, `cli.<what>` for the command line. Placeholders are `{name}`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

const VI: &str = include_str!("../config/i18n/vi.json");
const EN: &str = include_str!("../config/i18n/en.json");

static CATALOGUE: LazyLock<BTreeMap<String, Sentence>> = LazyLock::new(|| {
    // Both files are embedded and a test reads them: neither fails to parse in a build that was tested.
    let vi: BTreeMap<String, String> = serde_json::from_str(VI).unwrap_or_default();
    let mut en: BTreeMap<String, String> = serde_json::from_str(EN).unwrap_or_default();
    // Leaked once: sentences live as long as the process and are handed out everywhere.
    vi.into_iter()
        .filter_map(|(key, vi)| en.remove(&key).map(|en| (key, Sentence { vi: vi.leak(), en: en.leak() })))
        .collect()
});

/// One sentence in both languages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sentence {
    pub vi: &'static str,
    pub en: &'static str,
}

/// Language of a person.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub enum Language {
    #[default]
    Vi,
    En,
}

impl Sentence {
    /// The sentence in one language.
    pub fn get(self, language: Language) -> &'static str {
        match language {
            Language::Vi => self.vi,
            Language::En => self.en,
        }
    }
}

/// The sentence of a key; for an unknown key that of `error.internal`, which a test makes impossible for our own codes.
pub fn sentence(key: &str) -> Sentence {
    CATALOGUE.get(key).or_else(|| CATALOGUE.get("error.internal")).copied().unwrap_or(Sentence { vi: "", en: "" })
}

/// The sentence of a refusal's code.
pub fn refusal(code: &str) -> Sentence {
    sentence(&format!("refusal.{code}"))
}

/// The codes of all refusals.
pub fn refusals() -> impl Iterator<Item = &'static str> {
    CATALOGUE.keys().filter_map(|key| key.strip_prefix("refusal."))
}

/// The sentence with its placeholders filled.
pub fn fill(key: &str, language: Language, values: &[(&str, &str)]) -> String {
    values
        .iter()
        .fold(sentence(key).get(language).to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::*;

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                found.push(path);
            }
        }
    }

    /// Each source file without its tests and comments.
    fn code_of_src() -> Vec<(PathBuf, String)> {
        let mut found = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
        found
            .into_iter()
            .filter(|path| !path.ends_with("tests.rs"))
            .map(|path| {
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
                let lines = code.lines().map(|line| line.split("// ").next().unwrap()).filter(|line| {
                    let line = line.trim_start();
                    !line.starts_with("///") && !line.starts_with("//!")
                });
                (path, lines.collect::<Vec<_>>().join("\n"))
            })
            .collect()
    }

    /// The literals that directly follow `mark`, white space allowed between.
    fn literals_after(code: &str, mark: &str) -> Vec<String> {
        code.split(mark)
            .skip(1)
            .filter_map(|rest| rest.trim_start().strip_prefix('"'))
            .map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn both_languages_have_the_same_keys_and_placeholders() {
        let vi: BTreeMap<String, String> = serde_json::from_str(VI).unwrap();
        let en: BTreeMap<String, String> = serde_json::from_str(EN).unwrap();
        assert_eq!(vi.keys().collect::<Vec<_>>(), en.keys().collect::<Vec<_>>());
        let holes = |text: &str| -> BTreeSet<String> {
            text.split('{').skip(1).map(|rest| rest.split('}').next().unwrap().to_owned()).collect()
        };
        for (key, text) in &vi {
            assert_eq!(holes(text), holes(&en[key]), "{key}");
            assert!(!text.trim().is_empty() && text != &en[key], "{key}");
        }
    }

    #[test]
    fn every_code_in_the_source_has_a_sentence() {
        let mut wanted = BTreeSet::new();
        for (path, code) in code_of_src() {
            if path.ends_with("src/text.rs") {
                continue;
            }
            let refusals = literals_after(&code, "Refusal::new(").into_iter().chain(literals_after(&code, "refuse("));
            wanted.extend(refusals.map(|code| format!("refusal.{code}")));
            for closing in code.split("Closing {").skip(1) {
                let fields = closing.split('}').next().unwrap();
                wanted.extend(literals_after(fields, "reason:").into_iter().map(|code| format!("close.{code}")));
            }
            wanted.extend(literals_after(&code, "text::sentence("));
            wanted.extend(literals_after(&code, "say("));
            wanted.extend(literals_after(&code, "Failure::of("));
            wanted.extend(literals_after(&code, "text::fill("));
            if path.ends_with("src/store/verify/report.rs") {
                wanted.extend(literals_after(&code, "line(").into_iter().map(|code| format!("verify.{code}")));
            }
            if path.ends_with("src/domain/chain/fault.rs") {
                let codes = code.split("pub fn code(&self)").nth(1).unwrap().split("\n    }\n").next().unwrap();
                wanted.extend(literals_after(codes, "=>").into_iter().map(|code| format!("verify.fault.{code}")));
            }
        }
        for code in
            ["h264_unsupported", "media_offer_malformed", "media_offer_unsupported", "media_full", "media_unavailable"]
        {
            wanted.insert(format!("refusal.{code}"));
        }
        wanted.extend(crate::error::codes().map(|code| format!("error.{code}")));
        assert!(wanted.len() > 100, "the scan finds nothing: {wanted:?}");
        let missing: Vec<_> = wanted.into_iter().filter(|key| !CATALOGUE.contains_key(key)).collect();
        assert!(missing.is_empty(), "config/i18n lacks: {missing:#?}");
    }

    #[test]
    fn no_handler_holds_a_vietnamese_literal() {
        let vietnamese = |c: char| matches!(c, 'à'..='ỹ' | 'À'..='Ỹ') && c.is_alphabetic();
        let mut found = Vec::new();
        for (path, code) in code_of_src() {
            let relative = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().to_owned();
            // Papers have their own templates, the demo its own cast; a citation is a name of law, not a sentence.
            if ["src/documents", "src/demo", "src/store"].iter().any(|folder| relative.starts_with(folder)) {
                continue;
            }
            for line in code.lines().filter(|line| !line.contains("citing(") && !line.contains("Điều")) {
                if line.split('"').skip(1).step_by(2).any(|literal| literal.chars().any(vietnamese)) {
                    found.push(format!("{}: {}", relative.display(), line.trim()));
                }
            }
        }
        assert!(found.is_empty(), "move these to config/i18n: {found:#?}");
    }

    #[test]
    fn placeholders_are_filled() {
        let text = fill("cli.user_added", Language::En, &[("login", "an"), ("id", "7")]);
        assert_eq!(text, "Made the account an (7).");
    }
}
