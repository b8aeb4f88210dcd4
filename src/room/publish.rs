//! Publishing: sections are rendered once per audience, diffed once, and the same bytes go to every wire of it.
//!
//! A wire that does not drain gets no patches any more; when it has drained it gets snapshots. The room never waits.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::handle::{Closing, Wire};
use super::sections::{self, Key, View};
use crate::domain::actor::Actor;
use crate::domain::ids::ConnectionId;
use crate::domain::minutes::hex;
use crate::limits;
use crate::protocol::VERSION;
use crate::protocol::frame::{ServerBody, ServerFrame};

/// Everything that goes out of a room.
#[derive(Default)]
pub(super) struct Publisher {
    clients: BTreeMap<ConnectionId, Client>,
    rendered: BTreeMap<Key, Rendered>,
}

struct Client {
    wire: Wire,
    subscriptions: BTreeMap<String, Key>,
    /// Sequence of the log they follow from; none before the first look.
    subscribed_at: Option<i64>,
    /// Hash of what the client has, by section.
    sent: BTreeMap<String, String>,
    behind_since: Option<Timestamp>,
    /// Answers a client that is behind must still get.
    owed: Vec<Arc<str>>,
}

/// A section as it was published last, and the step to it.
struct Rendered {
    section: String,
    seq: i64,
    state: Value,
    /// Length of the state as text, bytes: a longer patch is not worth sending.
    len: usize,
    hash: String,
    /// Only made when somebody has not what the patch is based on.
    snapshot: OnceCell<Arc<str>>,
    /// From which hash the patch leads here.
    patch: Option<(String, Arc<str>)>,
}

impl Publisher {
    pub(super) fn attach(&mut self, connection: ConnectionId, wire: Wire, have: BTreeMap<String, String>) {
        let client = Client {
            wire,
            subscriptions: BTreeMap::new(),
            subscribed_at: None,
            sent: have,
            behind_since: None,
            owed: Vec::new(),
        };
        self.clients.insert(connection, client);
    }

    pub(super) fn detach(&mut self, connection: ConnectionId) {
        self.clients.remove(&connection);
    }

    pub(super) fn connections(&self) -> impl Iterator<Item = ConnectionId> {
        self.clients.keys().copied()
    }

    /// Sends one frame to one wire. Answers are owed: a wire that is behind gets them when it has drained.
    pub(super) fn send(&mut self, connection: ConnectionId, body: ServerBody, now: Timestamp) {
        if let Some(client) = self.clients.get_mut(&connection) {
            client.push(serialize(body), true, now);
        }
    }

    /// Sends a frame nobody is owed: levels, typing.
    pub(super) fn send_loose(&mut self, connection: ConnectionId, frame: &Arc<str>, now: Timestamp) {
        if let Some(client) = self.clients.get_mut(&connection) {
            client.push(Arc::clone(frame), false, now);
        }
    }

    /// Ends one wire.
    pub(super) fn close(&mut self, connection: ConnectionId, closing: Closing) {
        if let Some(client) = self.clients.get(&connection) {
            client.wire.close.send_replace(Some(closing));
        }
    }

    /// Renders what changed and brings every wire up to date.
    pub(super) fn publish(&mut self, view: &View<'_>) {
        for (connection, client) in &mut self.clients {
            if let Some(wire) = view.live.wires.get(connection) {
                client.subscribe(view, &wire.actor);
            }
        }
        let wanted: BTreeSet<Key> =
            self.clients.values().flat_map(|client| client.subscriptions.values().copied()).collect();
        self.rendered.retain(|key, _| wanted.contains(key));
        for key in wanted {
            self.render(view, key);
        }
        for client in self.clients.values_mut() {
            client.bring_up(&self.rendered, view.now);
        }
    }

    /// Brings one new wire up to what was published last; only what nobody has seen yet is rendered for it.
    pub(super) fn bring_in(&mut self, view: &View<'_>, connection: ConnectionId) {
        let (Some(client), Some(wire)) = (self.clients.get_mut(&connection), view.live.wires.get(&connection)) else {
            return;
        };
        client.subscribe(view, &wire.actor);
        let keys: Vec<Key> = client.subscriptions.values().copied().collect();
        for key in keys {
            if !self.rendered.contains_key(&key) {
                self.render(view, key);
            }
        }
        if let Some(client) = self.clients.get_mut(&connection) {
            client.bring_up(&self.rendered, view.now);
        }
    }

    fn render(&mut self, view: &View<'_>, key: Key) {
        let text = sections::render(view, &key);
        let hash = hash_of(&text);
        let before = self.rendered.get(&key);
        if before.is_some_and(|before| before.hash == hash) {
            return;
        }
        // What has just been written can be read.
        let state: Value = serde_json::from_str(&text).unwrap_or_default();
        let (section, seq) = (key.name(), view.book.state.seq);
        let patch = before.and_then(|before| {
            let patch = serde_json::to_value(json_patch::diff(&before.state, &state)).ok()?;
            let base = before.hash.clone();
            let body =
                ServerBody::Patch { section: section.clone(), seq, base: base.clone(), hash: hash.clone(), patch };
            Some((base, serialize(body)))
        });
        let rendered = Rendered { section, seq, state, len: text.len(), hash, snapshot: OnceCell::new(), patch };
        self.rendered.insert(key, rendered);
    }

    /// Wires that were behind get snapshots once they have drained, or are closed when they never do.
    pub(super) fn nurse(&mut self, now: Timestamp) {
        let patience = SignedDuration::try_from(limits::SLOW_CLIENT).unwrap_or(SignedDuration::from_secs(10));
        for client in self.clients.values_mut() {
            let Some(since) = client.behind_since else { continue };
            if client.wire.frames.capacity() == client.wire.frames.max_capacity() {
                client.behind_since = None;
                client.sent.clear();
                for owed in std::mem::take(&mut client.owed) {
                    client.push(owed, true, now);
                }
                client.bring_up(&self.rendered, now);
            } else if now.duration_since(since) >= patience {
                let closing = Closing { code: 4408, reason: "slow_client", retry_ms: 1000 };
                client.wire.close.send_replace(Some(closing));
            }
        }
    }
}

impl Rendered {
    fn snapshot(&self) -> &Arc<str> {
        self.snapshot.get_or_init(|| {
            let (section, hash, state) = (self.section.clone(), self.hash.clone(), self.state.clone());
            serialize(ServerBody::Snapshot { section, seq: self.seq, hash, state })
        })
    }
}

impl Client {
    /// Who is sent what follows from the log and the account alone; between two events it is not asked again.
    fn subscribe(&mut self, view: &View<'_>, actor: &Actor) {
        let seq = Some(view.book.state.seq);
        if self.subscribed_at != seq {
            self.subscriptions = sections::subscriptions(view, actor);
            self.subscribed_at = seq;
        }
    }

    fn push(&mut self, frame: Arc<str>, owed: bool, now: Timestamp) {
        if self.behind_since.is_none() && self.wire.frames.try_send(Arc::clone(&frame)).is_ok() {
            return;
        }
        self.behind_since.get_or_insert(now);
        if owed {
            if self.owed.len() >= limits::CLIENT_QUEUE {
                let closing = Closing { code: 4408, reason: "slow_client", retry_ms: 1000 };
                self.wire.close.send_replace(Some(closing));
            } else {
                self.owed.push(frame);
            }
        }
    }

    fn bring_up(&mut self, rendered: &BTreeMap<Key, Rendered>, now: Timestamp) {
        if self.behind_since.is_some() {
            return;
        }
        let gone: Vec<String> =
            self.sent.keys().filter(|name| !self.subscriptions.contains_key(*name)).cloned().collect();
        for section in gone {
            self.sent.remove(&section);
            self.push(serialize(ServerBody::Forget { section }), false, now);
        }
        let subscriptions = self.subscriptions.clone();
        for (name, key) in subscriptions {
            let Some(section) = rendered.get(&key) else { continue };
            let have = self.sent.get(&name);
            if have == Some(&section.hash) {
                continue;
            }
            let frame = match &section.patch {
                Some((base, patch)) if have == Some(base) && patch.len() < section.len => patch,
                _ => section.snapshot(),
            };
            self.push(Arc::clone(frame), false, now);
            if self.behind_since.is_some() {
                return;
            }
            self.sent.insert(name, section.hash.clone());
        }
    }
}

/// A frame as text. Our own types always serialize; an empty frame would be seen by the client as malformed.
pub(super) fn serialize(body: ServerBody) -> Arc<str> {
    serde_json::to_string(&ServerFrame { v: VERSION, body }).unwrap_or_default().into()
}

/// First 16 hex digits of SHA-256 over the section's JSON: names a state, protects nothing.
fn hash_of(state: &str) -> String {
    let mut digest = hex(&Sha256::digest(state.as_bytes()));
    digest.truncate(16);
    digest
}
