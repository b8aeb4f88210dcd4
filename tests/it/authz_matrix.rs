//! The access table is a committed list: who may do what changes only where a reviewer sees it.

use std::collections::BTreeSet;
use std::path::Path;

use diemcau::domain::access;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Names of all commands and of their acts, read from the generated TypeScript (fresh by its own test).
fn actions_of_the_wire() -> BTreeSet<String> {
    let command = std::fs::read_to_string(root().join("web/src/protocol/command.ts")).unwrap();
    let names: Vec<String> =
        command.split("\"do\": \"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
    assert!(names.len() > 40, "{names:?}");
    let acts = |file: &str, kind: &str| -> Vec<String> {
        let text = std::fs::read_to_string(root().join("web/src/protocol").join(file)).unwrap();
        let line = text.lines().find(|line| line.starts_with(&format!("export type {kind} ="))).unwrap();
        line.split('"').skip(1).step_by(2).map(str::to_owned).collect()
    };
    names
        .into_iter()
        .flat_map(|name| {
            let acts = match name.as_str() {
                "move_session" => acts("session.ts", "SessionAct"),
                "move_visit" => acts("visit.ts", "VisitAct"),
                "record_step" => acts("session.ts", "SessionStep"),
                _ => return vec![name],
            };
            acts.into_iter().map(|act| format!("{name}.{act}")).collect()
        })
        .collect()
}

#[test]
fn every_command_has_a_row() {
    let missing: Vec<_> = actions_of_the_wire().into_iter().filter(|action| !access::is_known(action)).collect();
    assert!(missing.is_empty(), "no row in src/domain/access/table.rs for {missing:?}");
}

#[test]
fn no_row_without_a_command_a_route_or_a_view() {
    let wire = actions_of_the_wire();
    let stray: Vec<_> = access::TABLE
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| {
            !wire.contains(*name) && !["http.", "view.", "see.", "hear.", "admin."].iter().any(|p| name.starts_with(p))
        })
        .collect();
    assert!(stray.is_empty(), "{stray:?}");
}

#[test]
fn the_table_is_as_printed() {
    let golden = root().join("tests/golden/access.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, access::print()).unwrap();
    }
    let committed = std::fs::read_to_string(&golden).unwrap_or_default();
    let printed = access::print();
    let differs = committed.lines().zip(printed.lines()).find(|(committed, printed)| committed != printed);
    assert_eq!(differs, None, "who may do what has changed: UPDATE_GOLDEN=1 writes it anew");
    assert!(committed == printed, "rows were added or removed at the end");
}
