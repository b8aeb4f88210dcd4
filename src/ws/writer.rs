//! The way out of one socket: frames of the room, pings, and the end.

use std::sync::Arc;

use axum::extract::ws::{Message, WebSocket};
use bytes::Bytes;
use futures_util::SinkExt as _;
use futures_util::stream::SplitSink;
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::{closing, codec};
use crate::http::context::App;
use crate::limits;
use crate::protocol::frame::ServerBody;
use crate::room::handle::Closing;

/// Frames written before the socket is flushed.
const BATCH: usize = 32;

pub(super) struct Writer {
    pub(super) app: App,
    pub(super) sink: SplitSink<WebSocket, Message>,
    pub(super) frames: mpsc::Receiver<Arc<str>>,
    pub(super) close: watch::Receiver<Option<Closing>>,
    /// Taken from the queue and not yet given to the socket.
    pub(super) in_hand: Option<Arc<str>>,
}

impl Writer {
    /// Runs until the socket breaks or is told to close, and says why.
    pub(super) async fn run(mut self) {
        let mut close = self.close.clone();
        // Whatever is being written, the end of the connection does not wait for a client that does not read.
        let told = tokio::select! {
            () = self.pump() => None,
            told = close.wait_for(Option::is_some) => told.ok().and_then(|told| *told),
        };
        let Some(told) = told.or(*self.close.borrow()) else { return };
        let farewell = async {
            // The end may have come while a frame waited for room in the socket: it goes first.
            while let Some(frame) = self.in_hand.take().or_else(|| self.frames.try_recv().ok()) {
                self.sink.feed(text(&frame)).await?;
            }
            if let Some(bye) = codec::write(closing::bye(told)) {
                self.sink.feed(Message::text(bye)).await?;
            }
            self.sink.send(Message::Close(Some(closing::frame(told)))).await
        };
        if !matches!(timeout(limits::CLOSE_LINGER, farewell).await, Ok(Ok(()))) {
            tracing::debug!(reason = told.reason, "a socket did not hear why it was closed");
        }
    }

    async fn pump(&mut self) {
        let mut ping = interval(limits::PING);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let heartbeat = codec::write(ServerBody::Ping).unwrap_or_default();
        loop {
            let sent = tokio::select! {
                frame = self.frames.recv() => match frame {
                    Some(frame) => self.send(frame).await,
                    None => return,
                },
                // The frame is for scripts, the control frame is answered even by a page that is busy or hidden.
                _ = ping.tick() => self.beat(&heartbeat).await,
            };
            if sent.is_err() {
                return;
            }
        }
    }

    async fn send(&mut self, first: Arc<str>) -> Result<(), axum::Error> {
        self.feed(first).await?;
        for _ in 1..BATCH {
            let Ok(frame) = self.frames.try_recv() else { break };
            self.feed(frame).await?;
        }
        self.sink.flush().await
    }

    /// May be given up while it waits; the frame is in hand then.
    async fn feed(&mut self, frame: Arc<str>) -> Result<(), axum::Error> {
        let message = text(&frame);
        self.in_hand = Some(frame);
        self.sink.feed(message).await?;
        self.in_hand = None;
        self.app.metrics.frames_out.add();
        Ok(())
    }

    async fn beat(&mut self, heartbeat: &str) -> Result<(), axum::Error> {
        self.sink.feed(Message::text(heartbeat)).await?;
        self.sink.send(Message::Ping(Bytes::new())).await
    }
}

fn text(frame: &Arc<str>) -> Message {
    Message::text(&**frame)
}
