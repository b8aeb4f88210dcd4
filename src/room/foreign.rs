//! Machines without a page of ours: encoders that send the picture and sound of a point, walls that show the stage.
//!
//! An encoder has no key. Its microphone is the point's: the floor allows, the officer's key at the page of the point opens,
//! and the gate of the server stands before the encoder's sound as before any other (design §5).

use tokio::sync::oneshot;

use super::handle::{Closing, ForeignOffer, Message};
use super::live::Live;
use super::task::Task;
use crate::domain::ids::ConnectionId;
use crate::domain::session::SessionStatus;
use crate::domain::units::DeviceKind;
use crate::media::engine::{Answer, Join, JoinRefusal};
use crate::media::plan::SourceKind;

/// Its media is gone: the machine has to ask anew.
const ENDED: Closing = Closing { code: 4404, reason: "device_ended", retry_ms: 1_000 };
/// Nothing is shown or sent outside a session.
const NOT_LIVE: Closing = Closing { code: 4404, reason: "session_not_live", retry_ms: 0 };

/// An encoder comes or goes: the sound of its point is that of another microphone than the one that was opened, so it is
/// closed as after a reconnect.
pub(super) fn changed(live: &mut Live, connection: ConnectionId) {
    let wire = live.wires.get(&connection).filter(|wire| wire.actor.device == DeviceKind::Encoder);
    let speaks = wire.filter(|wire| wire.publishes.contains(&SourceKind::Microphone));
    live.rejoined.extend(speaks.and_then(|wire| wire.actor.point));
}

impl Task {
    /// Its only offer goes to the media plane; the answer comes back as a message.
    pub(super) fn foreign_offer(&mut self, connection: ConnectionId, offer: ForeignOffer) {
        let ForeignOffer { client, sdp, reply } = offer;
        let live = self.book.state.status().is_some_and(SessionStatus::is_live);
        if !live || !self.live.wires.contains_key(&connection) {
            return answer(reply, Err(JoinRefusal::Unavailable));
        }
        let again = self.comes_back(connection);
        let join = Join { room: self.session, connection, offer: sdp, again };
        let join = self.services.engine.join_as(join, client);
        let own = self.own.clone();
        tokio::spawn(async move {
            let result = join.await;
            if own.send(Message::ForeignJoined { connection, result, reply }).await.is_err() {
                tracing::debug!("a room ended before its answer");
            }
        });
    }

    pub(super) fn foreign_joined(
        &mut self,
        connection: ConnectionId,
        result: Result<Answer, JoinRefusal>,
        reply: oneshot::Sender<Result<Answer, JoinRefusal>>,
    ) {
        match (self.live.wires.get_mut(&connection), &result) {
            (Some(wire), Ok(agreed)) => {
                wire.slots = agreed.slots;
                wire.publishes.clone_from(&agreed.sources);
                wire.sends_h264.clone_from(&agreed.h264);
                wire.takes_h264 = agreed.takes_h264;
                changed(&mut self.live, connection);
                self.refresh();
            }
            (None, Ok(_)) => {
                self.services.engine.leave(self.session, connection);
                return answer(reply, Err(JoinRefusal::Unavailable));
            }
            (_, Err(_)) => {}
        }
        answer(reply, result);
    }

    /// The media of a connection is over. A page joins anew on a new wire; a machine has only this one.
    pub(super) fn foreign_gone(&mut self, connection: ConnectionId) {
        if self.live.wires.get(&connection).is_some_and(|wire| wire.actor.device.is_foreign()) {
            self.publisher.close(connection, ENDED);
        }
    }

    /// Outside a session there is nothing to send or to show.
    pub(super) fn end_foreign(&mut self) {
        if self.book.state.status().is_some_and(SessionStatus::is_live) {
            return;
        }
        let foreign = self.live.wires.iter().filter(|(_, wire)| wire.actor.device.is_foreign());
        let ended: Vec<ConnectionId> = foreign.map(|(id, _)| *id).collect();
        for connection in ended {
            self.publisher.close(connection, NOT_LIVE);
        }
    }
}

fn answer(reply: oneshot::Sender<Result<Answer, JoinRefusal>>, result: Result<Answer, JoinRefusal>) {
    if reply.send(result).is_err() {
        tracing::debug!("a machine left before its answer");
    }
}
