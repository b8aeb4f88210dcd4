//! Which worker a room lives on, and whether there is room for one more. A room lives on one worker, from its first join
//! to its end, and is brought back there when the worker had to begin anew. For a room over several workers this is where
//! a second one would be named.

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
}

impl Default for Admission {
    fn default() -> Self {
        Self { new: limits::MEDIA_BUSY_NEW, again: limits::MEDIA_BUSY_AGAIN }
    }
}

/// No place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

#[derive(Debug, Default)]
struct Placed {
    worker: Option<WorkerIndex>,
    plan: Plan,
}

/// The table of rooms.
#[derive(Debug, Default)]
pub(crate) struct Placement {
    rooms: HashMap<SessionId, Placed>,
    /// Joins by worker since its load was measured last: what is on its way is not yet in the measure.
    fresh: Vec<(usize, Load)>,
}

impl Placement {
    /// The worker for a new connection, and the room's plan if it was not there before. `loads`: of each worker, as told
    /// last. `again`: the point had a connection in this room.
    pub(crate) fn join(
        &mut self,
        room: SessionId,
        again: bool,
        admission: Admission,
        loads: &[Load],
    ) -> Result<(WorkerIndex, Option<Plan>), Full> {
        self.fresh.resize(loads.len(), Default::default());
        for ((fresh, measured), load) in self.fresh.iter_mut().zip(loads) {
            if measured != load {
                (*fresh, *measured) = (0, *load);
            }
        }
        let placed = self.rooms.entry(room).or_default();
        let first = placed.worker.is_none();
        let expected = |(_, (load, (fresh, _))): &(usize, (&Load, &(usize, Load)))| {
            let connections = load.connections + fresh;
            (usize::from(load.busy_permille).max(connections * LEAST_PERMILLE), connections)
        };
        let chosen = match placed.worker {
            Some(worker) => Some(worker),
            None => loads.iter().zip(&self.fresh).enumerate().min_by_key(expected).map(|(index, _)| index),
        };
        let (Some(worker), Some(load)) = (chosen, chosen.and_then(|worker| loads.get(worker))) else {
            return Err(Full);
        };
        let most = if again { admission.again } else { admission.new };
        if load.busy_permille >= most {
            return Err(Full);
        }
        if let Some((fresh, _)) = self.fresh.get_mut(worker) {
            *fresh += 1;
        }
        placed.worker = Some(worker);
        Ok((worker, first.then(|| placed.plan.clone())))
    }

    /// Keeps a room's plan. The worker that carries it out, if there is one by now.
    pub(crate) fn plan(&mut self, room: SessionId, plan: Plan) -> Option<WorkerIndex> {
        let placed = self.rooms.entry(room).or_default();
        placed.plan = plan;
        placed.worker
    }

    /// Where a room lives.
    pub(crate) fn of(&self, room: SessionId) -> Option<WorkerIndex> {
        self.rooms.get(&room)?.worker
    }

    /// Forgets a room. Where it lived.
    pub(crate) fn close(&mut self, room: SessionId) -> Option<WorkerIndex> {
        self.rooms.remove(&room)?.worker
    }

    /// The rooms of a worker that begins anew, with their plans.
    pub(crate) fn rooms_of(&self, worker: WorkerIndex) -> impl Iterator<Item = (SessionId, &Plan)> {
        let theirs = move |placed: &Placed| placed.worker == Some(worker);
        self.rooms.iter().filter(move |(_, placed)| theirs(placed)).map(|(room, placed)| (*room, &placed.plan))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const FREE: Admission = Admission { new: 600, again: 850 };

    fn room(number: u128) -> SessionId {
        SessionId(Uuid::from_u128(number))
    }

    fn load(busy_permille: u16, connections: usize) -> Load {
        Load { busy_permille, connections }
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
        let plan = Plan { open_microphones: [crate::domain::ids::ConnectionId(Uuid::nil())].into(), ..Plan::default() };
        assert_eq!(placement.plan(room(1), plan.clone()), None);
        assert_eq!(placement.join(room(1), false, FREE, &[load(0, 0)]), Ok((0, Some(plan.clone()))));
        assert_eq!(placement.join(room(1), false, FREE, &[load(0, 1)]), Ok((0, None)));
        assert_eq!(placement.plan(room(1), plan.clone()), Some(0));
        assert_eq!(placement.rooms_of(0).collect::<Vec<_>>(), [(room(1), &plan)]);
        assert_eq!(placement.rooms_of(1).count(), 0);
        assert_eq!((placement.close(room(1)), placement.of(room(1)), placement.close(room(1))), (Some(0), None, None));
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
}
