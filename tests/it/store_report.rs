//! Every line of a verification's report can be said in both languages.

use diemcau::domain::chain::{Fault, FaultKind, Hash, KeyId, LogId, MarkSource, Sound};
use diemcau::domain::ids::{InstallationId, SessionId, UnitId};
use diemcau::store::verify::{Checked, OfficeReport, Report, SessionReport};
use diemcau::text::{Language, fill, sentence};
use uuid::Uuid;

fn empty(source: &'static str) -> Report {
    let (sessions, offices, checked) = (Vec::new(), Vec::new(), Vec::new());
    Report { source, installation: None, sessions, offices, checked, fault: None }
}

fn faults() -> Vec<FaultKind> {
    let name = || "log.jsonl".to_owned();
    let key = KeyId([1; 8]);
    let mut faults = vec![
        FaultKind::Empty,
        FaultKind::GenesisWrong,
        FaultKind::Malformed { field: name() },
        FaultKind::Gap { found: 2 },
        FaultKind::OutOfOrder { found: 2 },
        FaultKind::ForeignSession,
        FaultKind::BodyDigestMismatch,
        FaultKind::LinkBroken,
        FaultKind::HashMismatch,
        FaultKind::BodyMissing,
        FaultKind::BodyUnopened,
        FaultKind::PaperKeyUnknown,
        FaultKind::PaperTextMismatch,
        FaultKind::RecordingMismatch { name: name() },
        FaultKind::RecordingMissing { name: name() },
        FaultKind::ReferenceMismatch { session: SessionId(Uuid::nil()), event: 4 },
        FaultKind::RowChanged { table: name(), key: name() },
        FaultKind::RowChangedBefore { table: name(), key: name() },
        FaultKind::RowMissing { table: name(), key: name() },
        FaultKind::RowUnknown { table: name(), key: name() },
        FaultKind::FileMissing { name: name() },
        FaultKind::FileMismatch { name: name() },
        FaultKind::FileUnlisted { name: name() },
    ];
    for source_of_mark in [MarkSource::Checkpoint, MarkSource::Anchor, MarkSource::Paper] {
        faults.push(FaultKind::HeadMismatch { source_of_mark });
        faults.push(FaultKind::TailMissing { end: 3, source_of_mark });
    }
    for of in ["checkpoint", "erasure", "anchor", "key", "bundle"] {
        faults.push(FaultKind::SignatureWrong { of, key });
    }
    for of in ["checkpoint", "erasure", "anchor", "bundle"] {
        faults.push(FaultKind::KeyNotInUse { of, key });
    }
    faults
}

#[test]
fn every_line_can_be_said() {
    let session = SessionId(Uuid::from_u128(1));
    let mut reports = Vec::new();
    for source in ["database", "bundle"] {
        let mut sound = empty(source);
        let head = Some(Hash::ZERO);
        sound.sessions.push(SessionReport { session, sound: Sound { head, ..Sound::default() } });
        let log = LogId::Unit(UnitId(Uuid::nil()));
        sound.offices.push(OfficeReport { log, sound: Sound { head, ..Sound::default() } });
        sound.checked = vec![
            Checked::Keys { fingerprints: vec![Hash::ZERO] },
            Checked::Checkpoints { count: 1 },
            Checked::Anchor { at_us: 1, heads: 1 },
            Checked::Paper { session, seq: 1, text: Hash::ZERO, compared: true },
            Checked::Paper { session, seq: 2, text: Hash::ZERO, compared: false },
            Checked::Recordings { present: 1, absent: 0 },
            Checked::Files { count: 1 },
            Checked::Rows { count: 7 },
            Checked::RowsUnread,
            Checked::NothingOutside,
        ];
        reports.push(sound);
        for kind in faults() {
            let owners = [
                LogId::Session(session),
                LogId::Unit(UnitId(Uuid::nil())),
                LogId::Installation(InstallationId(Uuid::nil())),
            ];
            let places = owners.into_iter().flat_map(|log| [(Some(log), Some(3)), (Some(log), None)]);
            for (log, seq) in places.chain([(None, None)]) {
                reports.push(Report { fault: Some(Fault { log, seq, kind: kind.clone() }), ..empty(source) });
            }
        }
    }
    for line in reports.iter().flat_map(Report::lines) {
        assert_ne!(sentence(&line.code), sentence("error.internal"), "{}", line.code);
        let values: Vec<_> = line.values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        for language in [Language::Vi, Language::En] {
            let said = fill(&line.code, language, &values);
            assert!(!said.contains('{'), "{said}");
        }
    }
}
