//! What comes from others: every direct dependency has its reason, and nothing comes from where it should not.

use std::collections::BTreeSet;

use crate::architecture::source::{files, read};
use crate::architecture::{manifest_dependencies, nothing_wrong};

/// Rows of docs/dependencies.md: the names in the first cell, without what stands in brackets.
fn told_dependencies() -> BTreeSet<String> {
    let text = read("docs/dependencies.md");
    let cells = text
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| Crate") && !line.starts_with("| Package"));
    cells
        .filter_map(|line| line.split('|').nth(1))
        .flat_map(|cell| cell.split(" (").next().unwrap_or_default().split(','))
        .map(|name| name.trim().trim_matches('`').to_owned())
        .collect()
}

/// Keys of `dependencies` and `devDependencies` of a package.json as npm writes it.
fn web_dependencies() -> BTreeSet<String> {
    let text = read("web/package.json");
    let mut inside = false;
    let mut names = BTreeSet::new();
    for line in text.lines() {
        let key = line.split('"').nth(1);
        match key {
            Some("dependencies" | "devDependencies") => inside = true,
            _ if line.trim_start().starts_with('}') => inside = false,
            Some(name) if inside => {
                names.insert(name.to_owned());
            }
            _ => {}
        }
    }
    assert!(names.contains("react") && names.contains("vite"), "web/package.json was not understood: {names:?}");
    names
}

#[test]
fn every_direct_dependency_says_why() {
    let told = told_dependencies();
    let mut direct = manifest_dependencies("Cargo.toml");
    direct.extend(manifest_dependencies("crates/typeset/Cargo.toml"));
    direct.extend(web_dependencies());
    // A part of this house is no dependency.
    direct.remove("diemcau-typeset");
    let silent = direct.difference(&told).map(|name| format!("docs/dependencies.md has no line for {name}"));
    let gone = told.difference(&direct).map(|name| format!("docs/dependencies.md speaks of {name}, which nobody uses"));
    nothing_wrong(silent.chain(gone).collect());
}

#[test]
fn every_crate_is_used_where_it_is_named() {
    let code: String = files("src", &[".rs"]).iter().chain(&files("tests", &[".rs"])).map(read).collect();
    let typeset: String = files("crates/typeset", &[".rs"]).iter().map(read).collect();
    let mut wrong = Vec::new();
    for (manifest, text) in [("Cargo.toml", &code), ("crates/typeset/Cargo.toml", &typeset)] {
        for name in manifest_dependencies(manifest) {
            let word = name.replace('-', "_");
            if !text.contains(&format!("{word}::")) && !text.contains(&format!("use {word}")) {
                wrong.push(format!("{manifest}: nobody uses {name}"));
            }
        }
    }
    nothing_wrong(wrong);
}

/// Crates that must not come in, whoever brings them.
const BANNED: &[(&str, &str)] = &[
    ("aws-lc-rs", "one cryptographic library: ring"),
    ("openssl-sys", "one cryptographic library: ring"),
    ("native-tls", "one cryptographic library: ring"),
    ("reqwest", "the server calls nobody"),
    ("ureq", "the server calls nobody"),
    ("chrono", "one calendar: jiff"),
    ("atty", "unmaintained"),
];

/// Crates of which two versions would be two truths, or twice the building.
const ONCE: &[&str] = &[
    "axum",
    "hyper",
    "jiff",
    "libsqlite3-sys",
    "ring",
    "rtc-crypto",
    "rtc-dtls",
    "rtc-shared",
    "rustls",
    "serde",
    "sqlx",
    "tokio",
    "tungstenite",
    "typst",
];

#[test]
fn the_lock_file_holds_what_was_agreed() {
    let lock = read("Cargo.lock");
    let mut wrong = Vec::new();
    let names: Vec<&str> = lock.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"')).collect();
    assert!(names.len() > 200, "Cargo.lock was not understood");
    for (name, why) in BANNED {
        if names.contains(name) {
            wrong.push(format!("Cargo.lock has {name}: {why}"));
        }
    }
    for name in ONCE {
        let count = names.iter().filter(|other| *other == name).count();
        if count > 1 {
            wrong.push(format!("Cargo.lock has {name} {count} times"));
        }
    }
    let registry = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    wrong.extend(
        lock.lines()
            .filter(|line| line.starts_with("source = ") && *line != registry)
            .map(|line| format!("Cargo.lock: {line} is not the registry")),
    );
    nothing_wrong(wrong);
}

#[test]
fn packages_of_the_web_come_whole_and_run_nothing() {
    let lock = read("web/package-lock.json");
    let packages = lock.matches("\"node_modules/").count();
    // A linked or nested copy has an integrity of its own; nothing may come without.
    let sealed = lock.matches("\"integrity\": \"sha512-").count();
    assert!(packages > 50, "web/package-lock.json was not understood");
    assert_eq!(sealed, packages, "a package without the hash of its content");
    assert!(!lock.contains("\"hasInstallScript\": true"), "a package that runs a script when it is installed");
    assert!(!lock.contains("git+") && !lock.contains("\"link\": true"), "a package that is not the registry's");
}
