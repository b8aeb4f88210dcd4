//! Which sockets hang on which sign-in, so that the end of a sign-in ends them too.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::domain::chain::Hash;
use crate::domain::ids::ConnectionId;
use crate::limits;
use crate::room::handle::Closing;

type Ends = HashMap<Hash, Vec<(ConnectionId, watch::Sender<Option<Closing>>)>>;

/// All sockets of this process. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Sockets {
    ends: Arc<Mutex<Ends>>,
}

/// A place that is given back when it is dropped.
#[derive(Debug)]
pub struct Place {
    sockets: Sockets,
    sign_in: Hash,
    connection: ConnectionId,
}

impl Sockets {
    fn with<T>(&self, work: impl FnOnce(&mut Ends) -> T) -> T {
        work(&mut self.ends.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A place for one socket. The oldest of a sign-in ends when there are too many: it is the one nobody looks at.
    pub fn enter(&self, sign_in: Hash, connection: ConnectionId, end: watch::Sender<Option<Closing>>) -> Place {
        self.with(|ends| {
            let of_sign_in = ends.entry(sign_in).or_default();
            if of_sign_in.len() >= limits::SOCKETS_PER_SIGN_IN {
                let (_, oldest) = of_sign_in.remove(0);
                oldest.send_replace(Some(super::closing::TOO_MANY));
            }
            of_sign_in.push((connection, end));
        });
        Place { sockets: self.clone(), sign_in, connection }
    }

    /// Ends all sockets of a sign-in. Each keeps its place until it has heard why.
    pub fn close(&self, sign_in: Hash, closing: Closing) {
        self.with(|ends| {
            for (_, end) in ends.get(&sign_in).into_iter().flatten() {
                end.send_replace(Some(closing));
            }
        });
    }

    /// Ends all that are left: those whose room has not told them yet. Each keeps its place until it has heard why.
    pub fn close_all(&self, closing: Closing) {
        self.with(|ends| {
            for (_, end) in ends.values().flatten() {
                end.send_if_modified(|told| told.is_none() && told.replace(closing).is_none());
            }
        });
    }

    /// How many there are, with those that are still being told of their end.
    pub fn count(&self) -> usize {
        self.with(|ends| ends.values().map(Vec::len).sum())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.sockets.with(|ends| {
            if let Some(of_sign_in) = ends.get_mut(&self.sign_in) {
                of_sign_in.retain(|(connection, _)| *connection != self.connection);
                if of_sign_in.is_empty() {
                    ends.remove(&self.sign_in);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::ws::closing;

    #[test]
    fn a_sign_out_ends_its_sockets_and_no_other() {
        let sockets = Sockets::default();
        let (mine, other) = (Hash([1; 32]), Hash([2; 32]));
        let (end, told) = watch::channel(None);
        let (other_end, other_told) = watch::channel(None);
        let place = sockets.enter(mine, ConnectionId(Uuid::from_u128(1)), end);
        let other_place = sockets.enter(other, ConnectionId(Uuid::from_u128(2)), other_end);
        sockets.close(mine, closing::SIGNED_OUT);
        assert_eq!(*told.borrow(), Some(closing::SIGNED_OUT));
        assert_eq!(*other_told.borrow(), None);
        sockets.close_all(closing::SERVER_RESTARTS);
        assert_eq!(*told.borrow(), Some(closing::SIGNED_OUT), "what was said first stands");
        assert_eq!(*other_told.borrow(), Some(closing::SERVER_RESTARTS));
        assert_eq!(sockets.count(), 2, "a stop waits for both to hear it");
        drop((place, other_place));
        assert_eq!(sockets.count(), 0);
    }

    #[test]
    fn one_socket_too_many_ends_the_first() {
        let sockets = Sockets::default();
        let mut all = Vec::new();
        for i in 0..=limits::SOCKETS_PER_SIGN_IN as u128 {
            let (end, told) = watch::channel(None);
            all.push((sockets.enter(Hash([1; 32]), ConnectionId(Uuid::from_u128(i)), end), told));
        }
        assert_eq!(*all[0].1.borrow(), Some(closing::TOO_MANY));
        assert!(all[1..].iter().all(|(_, told)| told.borrow().is_none()));
        assert_eq!(sockets.count(), limits::SOCKETS_PER_SIGN_IN);
    }
}
