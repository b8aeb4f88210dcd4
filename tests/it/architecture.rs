//! The house rules that a compiler does not check: who may use whom, how long a file may be, who reads clocks, where
//! sentences live. It reads the source; it needs nothing but `std`.

use std::collections::{BTreeMap, BTreeSet};

#[path = "architecture/source.rs"]
pub mod source;
#[path = "architecture/table.rs"]
mod table;

use source::{Source, files, read, sources, strings};
use table::{CLOCK_READS, Crates, IMPURE_STD, LAYERS, covers, layer_of};

/// Fails with all that is wrong at once.
pub fn nothing_wrong(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

fn modules(sources: &[Source]) -> BTreeSet<String> {
    sources.iter().map(|source| source.module.clone()).collect()
}

/// The module a path of ours leads into: the longest part of it that is a file.
fn target<'a>(path: &'a str, modules: &BTreeSet<String>) -> &'a str {
    let mut part = path;
    while !modules.contains(part) {
        match part.rsplit_once("::") {
            Some((shorter, _)) => part = shorter,
            None => return "",
        }
    }
    part
}

#[test]
fn every_module_uses_only_what_its_row_allows() {
    let sources = sources();
    let modules = modules(&sources);
    let crates = direct_crates();
    let mut wrong = Vec::new();
    for source in &sources {
        let Some(layer) = layer_of(&source.module) else {
            wrong.push(format!("{}: no row of the table is for `{}`", source.path.display(), source.module));
            continue;
        };
        for (place, path) in source.paths(&modules) {
            let problem = match path.strip_prefix("::") {
                Some(other) => {
                    let name = other.split("::").next().unwrap_or_default();
                    let impure = layer.pure && IMPURE_STD.iter().any(|part| covers(part, other));
                    let foreign = crates.contains(name)
                        && match layer.crates {
                            Crates::Only(allowed) => !allowed.contains(&name),
                            Crates::Not(forbidden) => forbidden.contains(&name),
                        };
                    (impure || foreign).then_some(other.to_owned())
                }
                None => {
                    let target = target(&path, &modules);
                    let same_row = layer_of(target).is_some_and(|other| std::ptr::eq(other, layer));
                    let sees_all = layer.uses == ["="];
                    let allowed = layer.uses.iter().any(|name| covers(name, target));
                    (!same_row && !sees_all && !allowed).then(|| format!("crate::{path}"))
                }
            };
            if let Some(problem) = problem {
                let (file, line) = (source.path.display(), source.line(place));
                wrong.push(format!("{file}:{line}: `{}` may not use `{problem}`", source.module));
            }
        }
    }
    wrong.dedup();
    nothing_wrong(wrong);
}

/// Names, as code writes them, of the crates that Cargo.toml names.
fn direct_crates() -> BTreeSet<String> {
    let names = manifest_dependencies("Cargo.toml");
    assert!(names.len() > 20, "Cargo.toml was not understood: {names:?}");
    names.into_iter().map(|name| name.replace('-', "_")).collect()
}

/// Direct dependencies of a Cargo manifest, for the program and for its tests.
pub fn manifest_dependencies(path: &str) -> BTreeSet<String> {
    let mut inside = false;
    let mut names = BTreeSet::new();
    for line in read(path).lines() {
        if let Some(table) = line.trim().strip_prefix('[') {
            let table = table.trim_end_matches(']');
            inside = matches!(table, "dependencies" | "dev-dependencies" | "build-dependencies")
                || (table.starts_with("target.") && table.ends_with("dependencies"));
            continue;
        }
        if let Some((name, _)) = line.split_once('=').filter(|_| inside) {
            let name = name.trim();
            if !name.is_empty() && !name.starts_with('#') {
                names.insert(name.trim_matches('"').to_owned());
            }
        }
    }
    names
}

#[test]
fn the_table_has_one_row_per_module_and_names_only_modules() {
    let names: Vec<&str> = LAYERS.iter().flat_map(|layer| layer.modules).copied().collect();
    let unique: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(names.len(), unique.len(), "a module stands in two rows");
    let modules = modules(&sources());
    let tops: BTreeSet<&str> = modules.iter().filter_map(|module| module.split("::").next()).collect();
    let used = LAYERS.iter().flat_map(|layer| layer.modules.iter().chain(layer.uses));
    let unknown = used.map(|name| name.trim_start_matches('=')).filter(|name| {
        // A folder that is not there yet is nobody's mistake; a file that is missing from a folder is.
        let top = name.split("::").next().unwrap_or_default();
        tops.contains(top) && !modules.contains(*name)
    });
    nothing_wrong(unknown.map(|name| format!("the table names `{name}`, which is no module")).collect());
}

/// Median and 90th percentile of sorted sizes.
fn shape(sizes: &[usize]) -> (usize, usize) {
    (sizes[sizes.len() / 2], sizes[sizes.len() * 9 / 10])
}

fn sizes(folder: &str, endings: &[&str]) -> BTreeMap<String, usize> {
    let all = files(folder, endings).into_iter().map(|path| (path.display().to_string(), read(&path).lines().count()));
    // Generated files are read by nobody.
    all.filter(|(path, _)| !path.starts_with("web/src/protocol/")).collect()
}

#[test]
fn files_are_short() {
    let mut wrong = Vec::new();
    let mut rust = sizes("src", &[".rs"]);
    rust.extend(sizes("crates", &[".rs"]));
    let web = sizes("web/src", &[".ts", ".tsx", ".css"]);
    for (files, longest, median, p90, what) in [(&rust, 800, 150, 400, "Rust"), (&web, 400, 80, 400, "web")] {
        let mut sorted: Vec<usize> = files.values().copied().collect();
        sorted.sort_unstable();
        if sorted.is_empty() {
            continue;
        }
        wrong.extend(
            files
                .iter()
                .filter(|(_, lines)| **lines > longest)
                .map(|(path, lines)| format!("{path}: {lines} lines, {longest} at most")),
        );
        let (middle, long) = shape(&sorted);
        if middle > median || long > p90 {
            wrong.push(format!("{what}: median {middle} (≤ {median}), 90th percentile {long} (≤ {p90})"));
        }
    }
    assert!(rust.len() > 50, "only {} Rust files found", rust.len());
    nothing_wrong(wrong);
}

/// Ways to learn the time or to make an identifier from it.
const CLOCK_CALLS: &[&str] =
    &["Instant::now", "SystemTime::now", "Timestamp::now", "Zoned::now", "::now_v7", "::new_v4", ".elapsed("];

#[test]
fn only_the_clock_reads_clocks() {
    let mut wrong = Vec::new();
    for source in sources() {
        let path = source.path.display().to_string();
        let places: Vec<usize> =
            CLOCK_CALLS.iter().flat_map(|call| source.bare.match_indices(call)).map(|(place, _)| place).collect();
        let known = CLOCK_READS.iter().find(|(file, _, _)| *file == path).map_or(0, |(_, count, _)| *count);
        if places.len() != known {
            let lines: Vec<usize> = places.iter().map(|place| source.line(*place)).collect();
            wrong.push(format!("{path}: {} clock reads (lines {lines:?}), the list has {known}", places.len()));
        }
    }
    let paths: BTreeSet<String> = files("src", &[".rs"]).iter().map(|path| path.display().to_string()).collect();
    let folders: BTreeSet<String> = paths.iter().filter_map(|path| Some(path.rsplit_once('/')?.0.to_owned())).collect();
    let gone = CLOCK_READS.iter().filter(|(file, _, _)| {
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        folders.contains(folder) && !paths.contains(*file)
    });
    wrong.extend(gone.map(|(file, _, _)| format!("{file} is in the list and not in the tree")));
    nothing_wrong(wrong);
}

/// Folders whose sentences come from the catalogue.
const WITHOUT_SENTENCES: &[&str] = &["app", "auth", "http", "room", "ws"];

#[test]
fn sentences_live_in_the_catalogue() {
    let mut wrong = Vec::new();
    for source in sources() {
        let top = source.module.split("::").next().unwrap_or_default();
        if !WITHOUT_SENTENCES.contains(&top) {
            continue;
        }
        for (place, text) in strings(&source) {
            // An article of law is the same in every language; so is the product's name.
            let is_citation = text.starts_with("Điều ") && (text.contains("Nghị định") || text.contains("Luật"));
            if text.chars().any(is_vietnamese) && !is_citation && text != "Điểm Cầu" {
                wrong.push(format!("{}:{}: \"{text}\"", source.path.display(), source.line(place)));
            }
        }
    }
    nothing_wrong(wrong);
}

fn is_vietnamese(letter: char) -> bool {
    matches!(letter, 'À'..='ỹ') && letter.is_alphabetic()
}

#[test]
fn the_checks_can_fail() {
    assert!(is_vietnamese('đ') && is_vietnamese('ế') && !is_vietnamese('–') && !is_vietnamese('e'));
    assert_eq!(shape(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), (6, 10));
    let modules = BTreeSet::from(["room::state".to_owned(), "room".to_owned()]);
    assert_eq!(target("room::state::State", &modules), "room::state");
    assert_eq!(target("room::Other", &modules), "room");
    assert!(covers("room", "room::state") && !covers("room", "rooms") && !covers("=room", "room::state"));
    let layer = layer_of("room::decide::floor").unwrap();
    assert!(layer.pure && !layer.uses.iter().any(|name| covers(name, "store")));
    assert!(std::ptr::eq(layer_of("room::task").unwrap(), layer_of("room::registry").unwrap()));
    assert!(layer_of("nothing").is_none());
}
