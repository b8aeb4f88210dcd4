//! What is written for people is true of the code: the protocol, the map of the house, links and targets.

use std::collections::BTreeSet;

use crate::architecture::nothing_wrong;
use crate::architecture::source::{files, read, root, sources, strings};

/// What stands between back quotes in a text.
fn quoted(text: &str) -> BTreeSet<String> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// Whether a text has the word in back quotes, alone or as the beginning of what is quoted.
fn tells_of(text: &str, word: &str) -> bool {
    text.contains(&format!("`{word}`")) || text.contains(&format!("`{word}:")) || text.contains(&format!("`{word} "))
}

/// Values behind `mark` in generated TypeScript: `"do": "x"`.
fn tagged(file: &str, mark: &str) -> BTreeSet<String> {
    let text = read(file);
    let values: BTreeSet<String> =
        text.split(mark).skip(1).filter_map(|rest| rest.split('"').nth(1).map(str::to_owned)).collect();
    assert!(values.len() > 4, "{file} was not understood");
    values
}

#[test]
fn the_protocol_names_every_command_and_frame() {
    let protocol = read("docs/protocol.md");
    let commands = tagged("web/src/protocol/command.ts", "\"do\":");
    assert!(commands.len() > 40, "{commands:?}");
    let frames = tagged("web/src/protocol/frame.ts", "\"type\":");
    let missing = commands.iter().chain(&frames).filter(|name| !protocol.contains(&format!("| `{name}` |")));
    nothing_wrong(missing.map(|name| format!("docs/protocol.md has no row for `{name}`")).collect());
}

#[test]
fn the_protocol_names_every_value() {
    let protocol = quoted(&read("docs/protocol.md"));
    let mut wrong = Vec::new();
    let mut seen = 0;
    for file in ["session", "visit", "people", "units", "cases", "section"] {
        let text = read(format!("web/src/protocol/{file}.ts"));
        // `export type X = "a" | "b";`
        for line in text.lines().filter(|line| line.starts_with("export type") && line.contains("= \"")) {
            let (_, values) = line.split_once('=').unwrap();
            for value in values.split('"').skip(1).step_by(2) {
                seen += 1;
                if !protocol.contains(value) {
                    wrong.push(format!("docs/protocol.md does not know `{value}` of {file}.ts"));
                }
            }
        }
    }
    assert!(seen > 100, "only {seen} values found");
    nothing_wrong(wrong);
}

#[test]
fn the_protocol_names_every_route_close_code_and_refusal() {
    let protocol = read("docs/protocol.md");
    let mut wrong = Vec::new();
    let (mut routes, mut closes, mut refusals) = (0, 0, 0);
    for source in sources() {
        let all = strings(&source);
        if source.module == "http::routes" {
            for (_, path) in all.iter().filter(|(_, text)| text.starts_with('/')) {
                routes += 1;
                if !protocol.contains(&format!(" {path}`")) {
                    wrong.push(format!("docs/protocol.md has no `{path}`"));
                }
            }
        }
        for (place, _) in source.bare.match_indices("Closing { code: ") {
            let code = &source.bare[place + 16..place + 20];
            closes += usize::from(code.chars().all(|c| c.is_ascii_digit()));
            if !protocol.contains(&format!("| {code} |")) {
                wrong.push(format!("docs/protocol.md has no close code {code} ({})", source.path.display()));
            }
        }
        // `Refusal::new("code")` and `required(text, "code", field)`.
        for (place, code) in &all {
            let before = source.bare[..*place].trim_end();
            let is_refusal = before.ends_with("Refusal::new(") || before.ends_with("Refusal::new(\n");
            let is_duty = source.module.starts_with("room::decide") && code.ends_with("_missing");
            if is_refusal || is_duty {
                refusals += 1;
                if !tells_of(&protocol, code) {
                    wrong.push(format!("docs/protocol.md has no refusal `{code}` ({})", source.path.display()));
                }
            }
        }
    }
    assert!(routes > 15 && closes > 8 && refusals > 60, "{routes} routes, {closes} close codes, {refusals} refusals");
    wrong.sort();
    wrong.dedup();
    nothing_wrong(wrong);
}

#[test]
fn limits_that_are_told_exist() {
    let limits = read("src/limits.rs");
    let protocol = read("docs/protocol.md");
    let (_, section) = protocol.split_once("## 9. Limits").unwrap();
    let names: Vec<String> =
        quoted(section).into_iter().filter(|name| name.chars().all(|c| c.is_ascii_uppercase() || c == '_')).collect();
    assert!(names.len() > 15, "{names:?}");
    let gone = names.iter().filter(|name| !limits.contains(&format!("pub const {name}:")));
    nothing_wrong(gone.map(|name| format!("src/limits.rs has no {name}")).collect());
}

#[test]
fn the_map_of_the_house_is_short_and_whole() {
    let map = read("ARCHITECTURE.md");
    let lines = map.lines().count();
    assert!(lines <= 250, "ARCHITECTURE.md has {lines} lines, 250 at most");
    let names = quoted(&map);
    let mut wrong = Vec::new();
    for source in sources() {
        let mut parts: Vec<&str> = source.module.split("::").collect();
        // Folders two deep are named as folders.
        parts.truncate(2);
        let Some(name) = parts.last().filter(|name| !name.is_empty()) else { continue };
        let top = parts[0];
        if !(names.contains(*name)
            || names.contains(&format!("{name}/"))
            || names.contains(&format!("{top}/{name}"))
            || names.contains(&format!("src/{name}")))
        {
            wrong.push(format!("ARCHITECTURE.md does not name `{name}` ({})", source.path.display()));
        }
    }
    wrong.sort();
    wrong.dedup();
    nothing_wrong(wrong);
}

/// Documents of the project itself.
fn documents() -> Vec<std::path::PathBuf> {
    let mut all: Vec<_> = ["README.md", "ARCHITECTURE.md"].map(std::path::PathBuf::from).to_vec();
    all.extend(files("docs", &[".md"]));
    all
}

#[test]
fn links_and_targets_in_the_documents_exist() {
    let makefile = read("Makefile");
    let mut wrong = Vec::new();
    for document in documents() {
        let text = read(&document);
        let folder = root().join(&document).parent().unwrap().to_path_buf();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap_or_default();
            if !path.is_empty() && !path.contains("://") && !folder.join(path).exists() {
                wrong.push(format!("{}: {link} is not there", document.display()));
            }
        }
        for target in quoted(&text).iter().filter_map(|quote| quote.strip_prefix("make ")) {
            let target = target.split(' ').next().unwrap_or_default();
            if !makefile.lines().any(|line| line.starts_with(&format!("{target}:"))) {
                wrong.push(format!("{}: `make {target}` is no target", document.display()));
            }
        }
    }
    nothing_wrong(wrong);
}
