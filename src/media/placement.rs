//! Which workers a room lives on, and whether there is room for one more. A room begins on one worker; a big one that
//! keeps it busy gets a second for those who join from then on, and so on, to its end. No connection moves.

use std::collections::HashMap;

use super::directory::WorkerIndex;
use super::plan::Plan;
use crate::domain::ids::SessionId;
use crate::limits;

/// A connection is expected to take so much of a worker, per mille, as long as less is measured: it may just have come.
const LEAST_PERMILLE: usize = 4;

/// What a worker has to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Load {
    /// Per mille of its time, over some seconds.
    pub(crate) busy_permille: u16,
    pub(crate) connections: usize,
}

/// From which share of its time a worker takes no more, per mille.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission {
    /// Connections of points that were not there before.
    pub new: u16,
    /// Those of points that had one in the same room: to refuse them would end a call that is under way.
    pub again: u16,
    /// Those of a big room, as long as another worker has clearly less to do.
    pub spread: u16,
    /// Receivers from which on a room is a big one.
    pub big: usize,
}

impl Default for Admission {
    fn default() -> Self {
        Self {
            new: limits::MEDIA_BUSY_NEW,
            again: limits::MEDIA_BUSY_AGAIN,
            spread: limits::MEDIA_BUSY_SPREAD,
            big: limits::MEDIA_BIG_ROOM,
        }
    }
}

impl Admission {
    /// Rooms are spread from the second join on: for measuring and tests of what that costs and does.
    pub fn spread_at_once() -> Self {
        Self { spread: 0, big: 0, ..Self::default() }
    }
}

/// No place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// What the workers of a room are told of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) plan: Plan,
    /// In the order in which they were named.
    pub(crate) workers: Vec<WorkerIndex>,
}

/// The table of rooms.
#[derive(Debug, Default)]
pub(crate) struct Placement {
    rooms: HashMap<SessionId, Placed>,
    /// Joins by worker since its load was measured last: what is on its way is not yet in the measure.
    fresh: Vec<(usize, Load)>,
}

impl Placement {
    /// The worker for a new connection, and what all workers of the room are to be told first if this one is new to it.
    /// `loads`: of each worker, as told last. `again`: the point had a connection in this room.
    pub(crate) fn join(
        &mut self,
        room: SessionId,
        again: bool,
        admission: Admission,
        loads: &[Load],
    ) -> Result<(WorkerIndex, Option<Placed>), Full> {
        self.fresh.resize(loads.len(), Default::default());
        for ((fresh, measured), load) in self.fresh.iter_mut().zip(loads) {
            if measured.connections != load.connections {
                *fresh = 0;
            }
            *measured = *load;
        }
        let placed = self.rooms.entry(room).or_default();
        let most = if again { admission.again } else { admission.new };
        let is_big = placed.plan.slots.len() >= admission.big;
        let all: Vec<Expected> = self.fresh.iter().enumerate().map(Expected::new).collect();
        let (own, others): (Vec<Expected>, Vec<Expected>) =
            all.into_iter().partition(|one| placed.workers.contains(&one.worker));
        let (own_least, other_least) = (own.iter().min(), others.iter().min());
        // One after the other is filled; another is named when it is clearly better, so that a room does not spread over
        // two workers that have about as much to do.
        let mut in_order = placed.workers.iter().filter_map(|worker| own.iter().find(|one| one.worker == *worker));
        let takes =
            |one: &&Expected| one.busy_permille < most && (!is_big || one.permille < usize::from(admission.spread));
        let filled = in_order.find(takes);
        let margin = usize::from(admission.spread / 4);
        let better = other_least.filter(|other| own_least.is_none_or(|own| other.permille + margin <= own.permille));
        let mut choices = [filled, better, own_least, other_least].into_iter().flatten();
        let chosen = choices.find(|one| one.busy_permille < most).ok_or(Full)?.worker;
        if let Some((fresh, _)) = self.fresh.get_mut(chosen) {
            *fresh += 1;
        }
        if placed.workers.contains(&chosen) {
            return Ok((chosen, None));
        }
        placed.workers.push(chosen);
        Ok((chosen, Some(placed.clone())))
    }

    /// Keeps a room's plan. What its workers are to be told.
    pub(crate) fn plan(&mut self, room: SessionId, plan: Plan) -> &Placed {
        let placed = self.rooms.entry(room).or_default();
        placed.plan = plan;
        placed
    }

    /// Where a room lives.
    pub(crate) fn of(&self, room: SessionId) -> &[WorkerIndex] {
        self.rooms.get(&room).map(|placed| placed.workers.as_slice()).unwrap_or_default()
    }

    /// Forgets a room. Where it lived.
    pub(crate) fn close(&mut self, room: SessionId) -> Vec<WorkerIndex> {
        self.rooms.remove(&room).map(|placed| placed.workers).unwrap_or_default()
    }

    /// The rooms of a worker that begins anew.
    pub(crate) fn rooms_of(&self, worker: WorkerIndex) -> impl Iterator<Item = (SessionId, &Placed)> {
        let theirs = move |placed: &Placed| placed.workers.contains(&worker);
        self.rooms.iter().filter(move |(_, placed)| theirs(placed)).map(|(room, placed)| (*room, placed))
    }
}

/// What a worker will have to do with what is on its way to it; less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Expected {
    permille: usize,
    connections: usize,
    worker: WorkerIndex,
    busy_permille: u16,
}

impl Expected {
    fn new((worker, (fresh, load)): (WorkerIndex, &(usize, Load))) -> Self {
        let connections = load.connections + fresh;
        let permille = usize::from(load.busy_permille).max(connections * LEAST_PERMILLE);
        Self { permille, connections, worker, busy_permille: load.busy_permille }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::domain::ids::ConnectionId;

    const FREE: Admission = Admission { new: 600, again: 850, spread: 400, big: 40 };

    fn room(number: u128) -> SessionId {
        SessionId(Uuid::from_u128(number))
    }

    fn load(busy_permille: u16, connections: usize) -> Load {
        Load { busy_permille, connections }
    }

    /// What somebody wants who has so many receivers.
    fn plan(receivers: u128) -> Plan {
        let slots = (0..receivers).map(|number| (ConnectionId(Uuid::from_u128(number)), Vec::new()));
        Plan { slots: slots.collect(), ..Plan::default() }
    }

    /// Where the next of a room of so many receivers goes that lives on worker 0.
    fn next(receivers: u128, again: bool, loads: &[Load]) -> Result<WorkerIndex, Full> {
        let mut placement = Placement::default();
        placement.join(room(1), false, FREE, &loads.iter().map(|_| load(0, 0)).collect::<Vec<_>>()).unwrap();
        placement.plan(room(1), plan(receivers));
        placement.join(room(1), again, FREE, loads).map(|(worker, _)| worker)
    }

    #[test]
    fn rooms_that_come_at_once_are_spread_and_stay_where_they_are() {
        let mut placement = Placement::default();
        let idle = [load(0, 0); 3];
        let places: Vec<WorkerIndex> =
            (0..6).map(|number| placement.join(room(number), false, FREE, &idle).unwrap().0).collect();
        assert_eq!(places, [0, 1, 2, 0, 1, 2], "nothing is measured yet");
        let busy = [load(500, 2), load(10, 2), load(100, 60)];
        for number in 0..6 {
            assert_eq!(placement.join(room(number), false, FREE, &busy).unwrap().0, places[number as usize]);
        }
        assert_eq!(placement.join(room(7), false, FREE, &busy).unwrap().0, 1);
        assert_eq!(placement.join(room(8), false, FREE, &[load(500, 9), load(100, 99), load(900, 1)]).unwrap().0, 1);
    }

    #[test]
    fn a_plan_that_was_there_first_goes_with_the_first_join() {
        let mut placement = Placement::default();
        let plan = Plan { open_microphones: [ConnectionId(Uuid::nil())].into(), ..Plan::default() };
        let told = |workers: &[WorkerIndex]| Placed { plan: plan.clone(), workers: workers.to_vec() };
        assert_eq!(*placement.plan(room(1), plan.clone()), told(&[]));
        assert_eq!(placement.join(room(1), false, FREE, &[load(0, 0)]), Ok((0, Some(told(&[0])))));
        assert_eq!(placement.join(room(1), false, FREE, &[load(0, 1)]), Ok((0, None)));
        assert_eq!(*placement.plan(room(1), plan.clone()), told(&[0]));
        assert_eq!(placement.rooms_of(0).collect::<Vec<_>>(), [(room(1), &told(&[0]))]);
        assert_eq!(placement.rooms_of(1).count(), 0);
        assert_eq!(placement.close(room(1)), [0]);
        assert!(placement.of(room(1)).is_empty() && placement.close(room(1)).is_empty());
    }

    #[test]
    fn a_busy_worker_takes_only_those_who_come_back_and_a_full_one_nobody() {
        let mut placement = Placement::default();
        placement.join(room(1), false, FREE, &[load(0, 0)]).unwrap();
        for (busy, new, again) in [(599, true, true), (600, false, true), (849, false, true), (850, false, false)] {
            let mut joins = |again| placement.join(room(1), again, FREE, &[load(busy, 5)]).is_ok();
            assert_eq!((joins(false), joins(true)), (new, again), "{busy}");
        }
        assert_eq!(placement.join(room(2), true, FREE, &[]), Err(Full));
        assert_eq!(placement.join(room(3), false, FREE, &[load(700, 1), load(650, 1)]), Err(Full));
        assert_eq!(
            placement.join(room(3), false, FREE, &[load(700, 1), load(550, 9)]).unwrap().0,
            1,
            "no place was kept"
        );
    }

    #[test]
    fn a_big_room_goes_on_where_there_is_clearly_less_to_do() {
        assert_eq!(next(40, false, &[load(399, 60), load(0, 0)]), Ok(0));
        assert_eq!(next(40, false, &[load(400, 60), load(0, 0)]), Ok(1));
        assert_eq!(next(40, false, &[load(400, 60), load(300, 9), load(301, 8)]), Ok(1));
        assert_eq!(next(40, false, &[load(400, 60), load(301, 9)]), Ok(0), "about as much");
        assert_eq!(next(40, false, &[load(10, 100), load(0, 0)]), Ok(1), "a storm is not measured yet");
        assert_eq!(next(40, true, &[load(400, 60), load(0, 0)]), Ok(1), "who comes back goes where there is room");
        assert_eq!(next(39, false, &[load(599, 60), load(0, 0)]), Ok(0), "a small room stays together");
        assert_eq!(next(39, false, &[load(600, 60), load(0, 0)]), Ok(1), "unless it would be refused");
        assert_eq!(next(39, true, &[load(849, 60), load(0, 0)]), Ok(0));
        assert_eq!(next(40, false, &[load(620, 60), load(590, 9)]), Ok(1), "refused only when no worker has room");
        assert_eq!(next(40, false, &[load(600, 60), load(600, 9)]), Err(Full));
    }

    #[test]
    fn workers_of_a_room_are_filled_one_after_the_other_and_all_are_told() {
        let mut placement = Placement::default();
        placement.plan(room(1), plan(300));
        let mut join = |loads: [u16; 3]| placement.join(room(1), false, FREE, &loads.map(|busy| load(busy, 50)));
        assert_eq!(join([0, 0, 0]), Ok((0, Some(Placed { plan: plan(300), workers: vec![0] }))));
        assert_eq!(join([450, 0, 0]), Ok((1, Some(Placed { plan: plan(300), workers: vec![0, 1] }))));
        assert_eq!(join([450, 390, 0]), Ok((1, None)));
        assert_eq!(join([390, 0, 0]), Ok((0, None)), "the first has room again");
        assert_eq!(join([450, 420, 310]), Ok((2, Some(Placed { plan: plan(300), workers: vec![0, 1, 2] }))));
        assert_eq!(join([450, 420, 430]), Ok((1, None)), "the least busy of them");
        assert_eq!(placement.of(room(1)), [0, 1, 2]);
        assert_eq!(placement.rooms_of(2).count(), 1);
        assert_eq!(placement.close(room(1)), [0, 1, 2]);
    }

    proptest! {
        /// Nobody is sent to a worker that takes no more, nobody is refused while one takes more, and a small room has
        /// one worker as long as that takes more.
        #[test]
        fn nobody_is_refused_while_there_is_room(
            steps in proptest::collection::vec((0u128..4, any::<bool>(), [0u16..1_000, 0u16..1_000, 0u16..1_000]), 1..80),
        ) {
            let mut placement = Placement::default();
            placement.plan(room(0), plan(90));
            for (number, again, busy) in steps {
                let loads = busy.map(|busy| load(busy, 20));
                let before = placement.of(room(number)).to_vec();
                let most = if again { FREE.again } else { FREE.new };
                match placement.join(room(number), again, FREE, &loads) {
                    Ok((worker, told)) => {
                        prop_assert!(busy[worker] < most);
                        prop_assert_eq!(told.is_some(), !before.contains(&worker));
                        let is_free = |worker: &WorkerIndex| busy[*worker] < most;
                        prop_assert!(number == 0 || told.is_none() || !before.iter().any(is_free));
                    }
                    Err(Full) => prop_assert!(busy.iter().all(|busy| *busy >= most)),
                }
            }
        }
    }
}
