//! What everybody of the session is shown, citizen screens included. Of what is private (a restricted visit, a
//! consultation) those outside are told that it goes on and nothing that says where: places look alike to them.

use super::view::View;
use crate::domain::ids::PointId;
use crate::domain::people::Class;
use crate::domain::units::PointRole;
use crate::domain::visit::VisitStatus;
use crate::protocol::section::{FloorView, LinkView, PublicPoint, PublicSection, RecordingView};
use crate::room::live::Live;
use crate::room::state::{PointState, Recording, State};

/// `told`: the audience may know where it is and who speaks in it.
pub(super) fn public(view: &View<'_>, told: bool) -> Option<PublicSection> {
    let (state, live, stage) = (&view.book.state, view.live, &view.stage);
    let about = state.about.as_ref()?;
    let told = told || !stage.is_private();
    // A consultation may hear of no restricted visit that waits beside it.
    let visit = state.on_stage().filter(|visit| visit.about.class == Class::Normal || stage.is_visit());
    let heard_at = visit.map(|visit| visit.about.citizen_point).filter(|_| told);
    let on_stage = state.on_stage();
    let running = on_stage.filter(|visit| visit.about.class == Class::Normal);
    let points = state.points.values().map(|point| (point.about.point, place(state, live, point, told, heard_at)));
    Some(PublicSection {
        session: about.session,
        title: about.title.clone(),
        kind: about.kind,
        status: about.status,
        starts_at: about.starts_at,
        recording: recording(state, live),
        // The automatic notice of an interruption is the name of the place that was lost.
        notice: if told { state.notice.clone() } else { String::new() },
        ends_at: state.end_until,
        points: points.collect(),
        running_number: running.map(|visit| visit.about.number),
        running_point: running.map(|visit| visit.about.citizen_point).filter(|_| told),
        floor: if told { floor(state, running.is_some()) } else { FloorView::default() },
        consultation: !state.consultation.is_empty(),
        room_wide: state.room_wide
            && about.status.is_under_way()
            && state.consultation.is_empty()
            && (on_stage.is_none() || running.is_some()),
    })
}

fn place(state: &State, live: &Live, point: &PointState, told: bool, heard_at: Option<PointId>) -> PublicPoint {
    let id = point.about.point;
    PublicPoint {
        name: point.about.name.clone(),
        role: point.about.role,
        // The central point takes part in everything, so it tells nothing.
        link: if told || point.about.role == PointRole::Central { link(state, live, id) } else { LinkView::Untold },
        microphone_open: told && state.floor.open().contains(&id),
        hand_raised: told && state.floor.hand_raised(id),
        waiting: waiting_numbers(state, id),
        line: live.lines.get(&id).map(|line| line.level).filter(|_| told && point.connected),
        on_stage: heard_at == Some(id),
    }
}

fn floor(state: &State, named: bool) -> FloorView {
    let holder = state.floor.holder();
    FloorView {
        point: holder.map(|holder| holder.point),
        person: holder.and_then(|holder| holder.person).filter(|_| named),
        since: holder.map(|holder| holder.since),
        hands: state.floor.hands().iter().map(|hand| hand.point).collect(),
    }
}

/// How a point is linked.
fn link(state: &State, live: &Live, point: PointId) -> LinkView {
    let known = state.points.get(&point);
    if live.missing.contains_key(&point) && known.is_some_and(|state| state.seen) {
        return LinkView::Lost;
    }
    match known {
        Some(state) if state.connected => LinkView::Connected,
        Some(state) if state.seen => LinkView::Lost,
        _ => LinkView::Absent,
    }
}

/// Numbers only, never a name; a restricted visit has not even a number here.
fn waiting_numbers(state: &State, point: PointId) -> Vec<u32> {
    state
        .agenda
        .iter()
        .filter_map(|id| state.visits.get(id))
        .filter(|visit| visit.about.citizen_point == point && visit.about.class == Class::Normal)
        .filter(|visit| matches!(visit.status, VisitStatus::Waiting | VisitStatus::Held))
        .map(|visit| visit.about.number)
        .collect()
}

/// The alarm does not wait for the log: the disk that fails may be the log's own.
fn recording(state: &State, live: &Live) -> RecordingView {
    match state.recording {
        Recording::Running if live.recorder_fault.is_some() => RecordingView::Failed,
        Recording::Off => RecordingView::Off,
        Recording::Running => RecordingView::Running,
        Recording::Failed => RecordingView::Failed,
        Recording::Waived => RecordingView::Waived,
    }
}
