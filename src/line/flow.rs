//! What a lane does to a stream: TCP repairs what is lost, so a poor line makes it late, never wrong.

use super::lane::Lane;

/// TCP sends again what nobody confirmed after the time of a round trip and this, then after twice that, and so on
/// (RFC 6298, with the least value that Linux takes).
const AGAIN_US: i64 = 200_000;
/// The same for the wish to connect.
const CONNECT_AGAIN_US: i64 = 1_000_000;

/// One direction of one connection.
#[derive(Clone, Debug)]
pub struct Flow {
    last_us: i64,
    /// Since when the other side has confirmed nothing: the line was cut.
    lost_us: Option<i64>,
    /// When it is tried again, now that the line is whole.
    again_us: Option<i64>,
    first_us: i64,
}

/// What becomes of a piece of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrives then, µs.
    Arrives(i64),
    /// It cannot be sent yet: ask again then, µs.
    Waits(i64),
    /// The line is cut: ask again when it is mended.
    Held,
}

impl Flow {
    /// Of a connection that is there.
    pub fn open() -> Self {
        Self { last_us: i64::MIN, lost_us: None, again_us: None, first_us: AGAIN_US }
    }

    /// Of a connection whose first piece is the wish to connect.
    pub fn connecting() -> Self {
        Self { first_us: CONNECT_AGAIN_US, ..Self::open() }
    }

    /// What becomes of a piece of `bytes` that wants to leave now. Pieces of one flow are asked for in their order.
    pub fn take(&mut self, lane: &mut Lane, now_us: i64, bytes: usize) -> Fate {
        if lane.is_cut(now_us) {
            self.again_us = None;
            self.lost_us.get_or_insert(now_us);
            return Fate::Held;
        }
        if let Some(lost_us) = self.lost_us {
            let first_us = self.first_us;
            let again_us = *self.again_us.get_or_insert_with(|| next_try(lost_us, now_us, first_us));
            if now_us < again_us {
                return Fate::Waits(again_us);
            }
            (self.lost_us, self.again_us, self.first_us) = (None, None, AGAIN_US);
        }
        match lane.carry(now_us, bytes, AGAIN_US) {
            Ok(due_us) => {
                self.last_us = self.last_us.max(due_us);
                Fate::Arrives(self.last_us)
            }
            Err(free_us) => Fate::Waits(free_us),
        }
    }
}

/// When TCP next tries what it could not deliver since `lost_us`: the waits double each time, so after a long cut an old
/// connection stays dead for long when the line is back.
fn next_try(lost_us: i64, now_us: i64, first_us: i64) -> i64 {
    let (mut at_us, mut wait_us) = (lost_us, first_us.max(1));
    while at_us < now_us {
        at_us = at_us.saturating_add(wait_us);
        wait_us = wait_us.saturating_mul(2);
    }
    at_us
}

#[cfg(test)]
mod tests {
    use super::super::shape::{Line, Way};
    use super::*;

    const S: i64 = 1_000_000;

    #[test]
    fn a_cut_is_felt_until_the_next_try() {
        let mut lane = Lane::new(Way::default(), 1);
        let mut flow = Flow::open();
        assert_eq!(flow.take(&mut lane, 5, 100), Fate::Arrives(5));
        lane.cut = true;
        assert_eq!(flow.take(&mut lane, S, 100), Fate::Held);
        assert_eq!(flow.take(&mut lane, 20 * S, 100), Fate::Held);
        lane.cut = false;
        // 0.2, 0.6, 1.4, 3, 6.2, 12.6, 25.4 s after the loss.
        let again = S + 25_400_000;
        assert_eq!(flow.take(&mut lane, 21 * S, 100), Fate::Waits(again));
        lane.cut = true;
        assert_eq!(flow.take(&mut lane, 22 * S, 100), Fate::Held);
        lane.cut = false;
        assert_eq!(flow.take(&mut lane, 26 * S, 100), Fate::Waits(again));
        assert_eq!(flow.take(&mut lane, again + 3, 100), Fate::Arrives(again + 3));
        lane.cut = true;
        let mut fresh = Flow::connecting();
        assert_eq!(fresh.take(&mut lane, 30 * S, 60), Fate::Held);
        lane.cut = false;
        assert_eq!(fresh.take(&mut lane, 30 * S + 1, 60), Fate::Waits(31 * S));
    }

    /// A stream through a line that loses a tenth and turns things round: whole, in order, late, at the line's rate.
    #[test]
    fn a_stream_is_late_but_whole() {
        let line: Line =
            "800 kbit/s, 10 % loss, 5 % reorder, 20 ms jitter, 30 ms delay, 200 ms buffer".parse().unwrap();
        for seed in 0..20 {
            let (mut lane, mut flow) = (Lane::new(line.up.clone(), seed), Flow::open());
            let (mut now_us, mut last_us, mut late) = (0, 0, 0);
            for _ in 0..1_000 {
                let due_us = loop {
                    match flow.take(&mut lane, now_us, 972) {
                        Fate::Arrives(due_us) => break due_us,
                        Fate::Waits(until_us) => {
                            assert!(until_us > now_us);
                            now_us = until_us;
                        }
                        Fate::Held => panic!("nobody cut it"),
                    }
                };
                assert!(due_us >= last_us && due_us >= now_us + 30_000);
                late += usize::from(due_us - now_us > 250_000);
                last_us = due_us;
            }
            // 1,000 bytes with headers take 10 ms.
            assert!((10 * S..12 * S).contains(&last_us), "{last_us}");
            assert!(late > 50, "losses are felt: {late}");
        }
    }

    /// Datagrams beside a greedy stream keep their share of the queue.
    #[test]
    fn a_greedy_stream_leaves_room_for_datagrams() {
        let line: Line = "400 kbit/s, 200 ms buffer".parse().unwrap();
        let (mut lane, mut flow) = (Lane::new(line.down, 3), Flow::open());
        let mut lost = 0;
        for step in 0..5_000 {
            let now_us = step * 20_000;
            while matches!(flow.take(&mut lane, now_us, 1_372), Fate::Arrives(_)) {}
            lost += usize::from(lane.pass(now_us, 120)[0].is_none());
        }
        assert_eq!(lost, 0);
    }
}
