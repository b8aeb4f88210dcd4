//! Rust files as the tests of this folder read them: without comments, strings and test code, with every path that
//! leads into the crate or into another one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Top of the repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `folder` whose name ends in one of `endings`, sorted; paths from the top of the repository.
pub fn files(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    fn walk(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if path.file_name().is_some_and(|name| name != "node_modules" && name != "target") {
                    walk(&path, endings, found);
                }
            } else if endings.iter().any(|ending| path.to_string_lossy().ends_with(ending)) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), endings, &mut found);
    found.sort();
    found.into_iter().map(|path| path.strip_prefix(root()).unwrap().to_path_buf()).collect()
}

/// Text of a file of the repository.
pub fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// One file of `src`.
pub struct Source {
    pub path: PathBuf,
    /// `room::decide::floor`; empty for `lib.rs`.
    pub module: String,
    /// The text with comments and test code blanked; places and lines are those of the file.
    pub code: String,
    /// The same with the contents of strings blanked too.
    pub bare: String,
}

/// Every file of `src` that is built into the program, `bin` targets included.
pub fn sources() -> Vec<Source> {
    let all = files("src", &[".rs"]);
    let mut sources: Vec<Source> = all.into_iter().map(Source::read).collect();
    // `#[cfg(test)] mod x;` makes the whole file x a test.
    let tests: BTreeSet<String> = sources.iter().flat_map(Source::test_modules).collect();
    sources.retain(|source| !tests.contains(&source.module));
    sources
}

impl Source {
    fn read(path: PathBuf) -> Self {
        let text = read(&path);
        let (code, bare) = blank(&text);
        let spans = test_spans(&bare);
        let module = module_of(&path);
        Self { path, module, code: without(code, &spans), bare: without(bare, &spans) }
    }

    fn test_modules(&self) -> Vec<String> {
        let (_, bare) = blank(&read(&self.path));
        let child =
            |name: &str| if self.module.is_empty() { name.to_owned() } else { format!("{}::{name}", self.module) };
        test_spans(&bare)
            .into_iter()
            .filter_map(|(from, to)| {
                let item = bare[from..to].trim_end().strip_suffix(';')?;
                Some(child(item.rsplit_once("mod ")?.1.trim()))
            })
            .collect()
    }

    /// Number of the line a place is in, from 1.
    pub fn line(&self, place: usize) -> usize {
        self.bare[..place].matches('\n').count() + 1
    }

    /// Every path of the code that leaves this module, resolved: `crate::…` without `crate::`, or `name::…` of another
    /// crate. `children` are the modules of `src`.
    pub fn paths(&self, modules: &BTreeSet<String>) -> Vec<(usize, String)> {
        let bytes = self.bare.as_bytes();
        let mut found = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let starts = is_word(bytes[at]) && (at == 0 || !is_word(bytes[at - 1]));
            if !starts {
                at += 1;
                continue;
            }
            let word_end = end_of_word(bytes, at);
            let follows_path =
                self.bare[..at].trim_end().ends_with("::") || bytes.get(at.wrapping_sub(1)) == Some(&b'$');
            if !follows_path && self.bare[word_end..].starts_with("::") {
                let mut paths = Vec::new();
                let end = tree(&self.bare, at, "", &mut paths);
                found.extend(paths.into_iter().filter_map(|path| Some((at, self.resolve(&path, modules)?))));
                at = end.max(word_end);
            } else {
                at = word_end;
            }
        }
        found
    }

    fn resolve(&self, path: &str, modules: &BTreeSet<String>) -> Option<String> {
        let mut base: Vec<&str> = self.module.split("::").filter(|part| !part.is_empty()).collect();
        let mut parts = path.split("::").peekable();
        match parts.peek().copied()? {
            "crate" => base.clear(),
            "self" => {}
            "super" => {}
            first => {
                // A child of this module, or another crate; types and modules in scope are neither.
                let child = base.iter().copied().chain([first]).collect::<Vec<_>>().join("::");
                return if modules.contains(&child) {
                    Some(format!("{child}{}", &path[first.len()..]))
                } else {
                    Some(format!("::{path}"))
                };
            }
        }
        let mut rest = Vec::new();
        for part in parts {
            match part {
                "crate" | "self" => {}
                "super" => {
                    base.pop();
                }
                part => rest.push(part),
            }
        }
        base.extend(rest);
        Some(base.join("::"))
    }
}

/// Reads one use tree or path from `at`; gives its leaves and the place behind it.
fn tree(text: &str, mut at: usize, prefix: &str, found: &mut Vec<String>) -> usize {
    let bytes = text.as_bytes();
    let mut path = prefix.to_owned();
    loop {
        at = skip_space(bytes, at);
        match bytes.get(at) {
            Some(b'{') => {
                at += 1;
                loop {
                    at = skip_space(bytes, at);
                    match bytes.get(at) {
                        Some(b'}') => return at + 1,
                        Some(b',') => at += 1,
                        Some(byte) if is_word(*byte) || matches!(byte, b'*' | b'{') => {
                            at = tree(text, at, &path, found)
                        }
                        // Not a use tree but a block behind a path in an expression.
                        _ => return at,
                    }
                }
            }
            Some(b'*') => {
                found.push(path);
                return at + 1;
            }
            Some(byte) if is_word(*byte) => {
                let end = end_of_word(bytes, at);
                if !path.is_empty() {
                    path.push_str("::");
                }
                path.push_str(&text[at..end]);
                at = end;
                if text[at..].starts_with("::") && !text[at..].starts_with("::<") {
                    at += 2;
                    continue;
                }
                found.push(path);
                let behind = skip_space(bytes, at);
                // `as name` is not a path of its own.
                if text[behind..].starts_with("as ") {
                    return end_of_word(bytes, skip_space(bytes, behind + 3));
                }
                return at;
            }
            _ => return at,
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn end_of_word(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|byte| !is_word(*byte)).map_or(bytes.len(), |length| at + length)
}

fn skip_space(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|byte| !byte.is_ascii_whitespace()).map_or(bytes.len(), |length| at + length)
}

/// `src/room/decide/mod.rs` is `room::decide`.
fn module_of(path: &Path) -> String {
    let parts: Vec<String> = path
        .with_extension("")
        .components()
        .skip(1)
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    let name = parts.join("::");
    match name.as_str() {
        "lib" | "main" => String::new(),
        name => name.strip_suffix("::mod").unwrap_or(name).to_owned(),
    }
}

/// The text without comments, and without comments and the contents of strings; blanks stand for what is left out.
fn blank(text: &str) -> (String, String) {
    let bytes = text.as_bytes();
    let (mut code, mut bare) = (bytes.to_vec(), bytes.to_vec());
    let wipe = |of: &mut Vec<u8>, from: usize, to: usize| {
        for byte in &mut of[from..to] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    };
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text.as_bytes()[at..];
        let fresh = at == 0 || !is_word(bytes[at - 1]);
        if rest.starts_with(b"//") {
            let end = rest.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |length| at + length);
            wipe(&mut code, at, end);
            wipe(&mut bare, at, end);
            at = end;
        } else if rest.starts_with(b"/*") {
            let end = find(bytes, at + 2, b"*/").map_or(bytes.len(), |end| end + 2);
            wipe(&mut code, at, end);
            wipe(&mut bare, at, end);
            at = end;
        } else if fresh && let Some(hashes) = raw_string(rest) {
            let open = at + rest.iter().position(|byte| *byte == b'"').unwrap() + 1;
            let close = format!("\"{}", "#".repeat(hashes));
            let end = find(bytes, open, close.as_bytes()).unwrap_or(bytes.len());
            wipe(&mut bare, open, end);
            at = (end + close.len()).min(bytes.len());
        } else if bytes[at] == b'"' {
            let mut end = at + 1;
            while end < bytes.len() && bytes[end] != b'"' {
                end += if bytes[end] == b'\\' { 2 } else { 1 };
            }
            wipe(&mut bare, at + 1, end.min(bytes.len()));
            at = end + 1;
        } else if bytes[at] == b'\'' {
            at = end_of_char(bytes, at, |from, to| wipe(&mut bare, from, to));
        } else {
            at += 1;
        }
    }
    (String::from_utf8(code).unwrap(), String::from_utf8(bare).unwrap())
}

/// A character literal is skipped, a lifetime is not one.
fn end_of_char(bytes: &[u8], at: usize, mut wipe: impl FnMut(usize, usize)) -> usize {
    let escaped = bytes.get(at + 1) == Some(&b'\\');
    let limit = (at + 14).min(bytes.len());
    let from = if escaped { at + 3 } else { at + 2 };
    match (from..limit).find(|place| bytes[*place] == b'\'') {
        Some(end)
            if escaped || std::str::from_utf8(&bytes[at + 1..end]).is_ok_and(|text| text.chars().count() == 1) =>
        {
            wipe(at + 1, end);
            end + 1
        }
        _ => at + 1,
    }
}

/// Number of hashes when a raw string (`r"`, `r#"`, `br#"`) begins here.
fn raw_string(rest: &[u8]) -> Option<usize> {
    let rest = rest.strip_prefix(b"b").unwrap_or(rest).strip_prefix(b"r")?;
    let hashes = rest.iter().take_while(|byte| **byte == b'#').count();
    (rest.get(hashes) == Some(&b'"')).then_some(hashes)
}

fn find(bytes: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    bytes.get(from..)?.windows(what.len()).position(|window| window == what).map(|length| from + length)
}

/// What is built for tests alone, or for the fuzzer too.
const TEST_GATES: [&str; 2] = ["#[cfg(test)]", "#[cfg(any(test, fuzzing))]"];

/// From each of `TEST_GATES` to the end of the item it stands on.
fn test_spans(bare: &str) -> Vec<(usize, usize)> {
    let mut spans = Vec::new();
    let mut from = 0;
    let next =
        |from: usize| TEST_GATES.iter().filter_map(|gate| Some((from + bare[from..].find(gate)?, gate.len()))).min();
    while let Some((start, gate)) = next(from) {
        let mut depth = 0_i32;
        let mut end = bare.len();
        for (place, byte) in bare.bytes().enumerate().skip(start + gate) {
            match byte {
                b'{' | b'(' | b'[' => depth += 1,
                b'}' | b')' | b']' => depth -= 1,
                _ => {}
            }
            if depth == 0 && matches!(byte, b';' | b'}') {
                end = place + 1;
                break;
            }
        }
        spans.push((start, end));
        from = end;
    }
    spans
}

fn without(text: String, spans: &[(usize, usize)]) -> String {
    let mut bytes = text.into_bytes();
    for (from, to) in spans {
        for byte in &mut bytes[*from..*to] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// Every string literal of the code with its place.
pub fn strings(source: &Source) -> Vec<(usize, String)> {
    let (code, bare) = (source.code.as_bytes(), source.bare.as_bytes());
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = find(bare, at, b"\"") {
        let Some(close) = find(bare, open + 1, b"\"") else { break };
        found.push((open, String::from_utf8_lossy(&code[open + 1..close]).into_owned()));
        at = close + 1;
    }
    found
}

#[test]
fn the_reader_sees_paths_and_no_comments_strings_or_tests() {
    let text = r##"
use super::{a::{B, c as d}, e};
use std::fs; // use tokio::x;
/* sqlx::y */
const S: &str = "axum::z \" still"; const R: &str = r#"tower::"quoted""#;
fn f<'a>(x: &'a str) -> crate::room::State { let c = ':'; let q = '"'; Vec::<u8>::new(); other::call('\'') }
#[cfg(test)]
mod tests { use webrtc::w; fn g() {} }
fn after() { jiff::Timestamp::MIN; }
"##;
    let (code, bare) = blank(text);
    let spans = test_spans(&bare);
    let source = Source {
        path: PathBuf::from("src/room/task.rs"),
        module: "room::task".to_owned(),
        code: without(code, &spans),
        bare: without(bare, &spans),
    };
    let modules = BTreeSet::from(["room::task::other".to_owned()]);
    let paths: Vec<String> = source.paths(&modules).into_iter().map(|(_, path)| path).collect();
    let expected = [
        "room::a::B",
        "room::a::c",
        "room::e",
        "::std::fs",
        "room::State",
        "::Vec",
        "room::task::other::call",
        "::jiff::Timestamp::MIN",
    ];
    assert_eq!(paths, expected);
    let texts: Vec<String> = strings(&source).into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts[0], r#"axum::z \" still"#);
}
