//! Keeps `web/src/protocol` and `config/openapi-schemas.json` equal to these types: the tests write them anew when
//! `UPDATE_PROTOCOL` is set and fail when they differ.

use std::path::Path;

use ts_rs::{Config, TS};

use super::{command::Command, frame, rest, section};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/web/src/protocol");

fn export_into(folder: &Path) {
    let config = Config::default().with_out_dir(folder).with_large_int("number");
    Command::export_all(&config).unwrap();
    crate::domain::event::Event::export_all(&config).unwrap();
    frame::ClientFrame::export_all(&config).unwrap();
    frame::ServerFrame::export_all(&config).unwrap();
    section::PublicSection::export_all(&config).unwrap();
    section::StaffSection::export_all(&config).unwrap();
    section::DevicesSection::export_all(&config).unwrap();
    section::VisitSection::export_all(&config).unwrap();
    section::MinutesSection::export_all(&config).unwrap();
    section::PointSection::export_all(&config).unwrap();
    rest::Problem::export_all(&config).unwrap();
    rest::Page::<u32>::export_all(&config).unwrap();
    rest::SignIn::export_all(&config).unwrap();
    rest::SignInLink::export_all(&config).unwrap();
    rest::Me::export_all(&config).unwrap();
    rest::KioskPair::export_all(&config).unwrap();
    rest::KioskChallenge::export_all(&config).unwrap();
    rest::KioskPaired::export_all(&config).unwrap();
    rest::KioskSignIn::export_all(&config).unwrap();
    rest::TicketRequest::export_all(&config).unwrap();
    rest::Ticket::export_all(&config).unwrap();
    rest::NewSession::export_all(&config).unwrap();
    rest::CommandRequest::export_all(&config).unwrap();
    rest::Committed::export_all(&config).unwrap();
    rest::Directory::export_all(&config).unwrap();
    rest::RecordView::export_all(&config).unwrap();
    rest::DayQuery::export_all(&config).unwrap();
}

#[test]
fn typescript_is_fresh() {
    if std::env::var_os("UPDATE_PROTOCOL").is_some() {
        std::fs::remove_dir_all(FOLDER).ok();
        std::fs::create_dir_all(FOLDER).unwrap();
        export_into(Path::new(FOLDER));
    }
    let fresh = tempfile::tempdir().unwrap();
    export_into(fresh.path());
    let mut names: Vec<_> = std::fs::read_dir(fresh.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert!(!names.is_empty());
    for name in names {
        let wanted = std::fs::read_to_string(fresh.path().join(&name)).unwrap();
        let committed = std::fs::read_to_string(Path::new(FOLDER).join(&name)).unwrap_or_default();
        assert_eq!(committed, wanted, "{} is stale: run the test once with UPDATE_PROTOCOL=1", name.display());
    }
}

const SCHEMAS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config/openapi-schemas.json");

/// Schemas of every body of the REST interface and of what is in them, by name.
fn schemas() -> String {
    let settings = schemars::generate::SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let mut add = [
        generator.subschema_for::<rest::Problem>(),
        generator.subschema_for::<rest::Page<rest::SessionRow>>(),
        generator.subschema_for::<rest::SignIn>(),
        generator.subschema_for::<rest::SignInLink>(),
        generator.subschema_for::<rest::Me>(),
        generator.subschema_for::<rest::KioskPair>(),
        generator.subschema_for::<rest::KioskChallenge>(),
        generator.subschema_for::<rest::KioskPaired>(),
        generator.subschema_for::<rest::KioskSignIn>(),
        generator.subschema_for::<rest::TicketRequest>(),
        generator.subschema_for::<rest::Ticket>(),
        generator.subschema_for::<rest::NewSession>(),
        generator.subschema_for::<rest::CommandRequest>(),
        generator.subschema_for::<rest::Committed>(),
        generator.subschema_for::<rest::Directory>(),
        generator.subschema_for::<rest::RecordView>(),
        generator.subschema_for::<rest::DayQuery>(),
        generator.subschema_for::<crate::domain::cases::StoredFile>(),
        generator.subschema_for::<crate::domain::cases::FileKind>(),
    ]
    .into_iter();
    assert!(add.all(|schema| schema.get("$ref").is_some()), "every body has a name");
    let definitions: std::collections::BTreeMap<_, _> = generator.take_definitions(true).into_iter().collect();
    serde_json::to_string_pretty(&definitions).unwrap() + "\n"
}

#[test]
fn schemas_are_fresh() {
    let wanted = schemas();
    if std::env::var_os("UPDATE_PROTOCOL").is_some() {
        std::fs::write(SCHEMAS, &wanted).unwrap();
    }
    let committed = std::fs::read_to_string(SCHEMAS).unwrap_or_default();
    assert!(committed == wanted, "config/openapi-schemas.json is stale: run the test once with UPDATE_PROTOCOL=1");
}
