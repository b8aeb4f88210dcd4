//! The state of a stored session: the same fold as a room's, without a room.

use jiff::Timestamp;

use crate::domain::chain::Hash;
use crate::domain::ids::SessionId;
use crate::media::plan::RecordTarget;
use crate::room::state::{Logged, Segment, State};
use crate::store::{Store, StoreError};

/// Folds the whole log; `None` when there is none.
pub(super) async fn folded(store: &Store, session: SessionId) -> Result<Option<State>, StoreError> {
    let mut state = State::empty();
    for stored in store.load(session, 0).await? {
        let header = &stored.item.header;
        let at = Timestamp::from_microsecond(header.at_us)
            .map_err(|_| StoreError::Corrupt { column: "session_event.at_us" })?;
        let seq = i64::try_from(header.seq).map_err(|_| StoreError::Corrupt { column: "session_event.seq" })?;
        state.apply(&Logged { seq, at, actor: header.actor.clone(), event: stored.typed()? });
    }
    Ok((state.seq >= 0).then_some(state))
}

/// The finished recordings of a session, in the order of their beginning, with the hash that the log has.
pub(super) fn recordings(state: &State) -> Vec<(&Segment, Hash)> {
    let closed = state.segments.values().filter(|segment| segment.closed);
    let mut list: Vec<_> = closed.filter_map(|one| Some((one, one.mark.sha256.parse().ok()?))).collect();
    list.sort_by_key(|(segment, _)| (segment.began_at, segment.mark.segment));
    list
}

/// Where a recording lies.
pub(super) fn target(session: SessionId, segment: &Segment) -> RecordTarget {
    RecordTarget { session, visit: segment.visit }
}
