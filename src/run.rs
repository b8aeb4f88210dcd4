//! The object graph: what is made in which order, and what ends in which.
//!
//! Start: keys, store, recordings a crash left open, recorder, media, rooms, listener. Stop: no new connections, media,
//! recorder (its files are closed and told), rooms (what is decided is committed, wires are told when to come back), the
//! sockets that are left, store.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::app::accounts::Accounts;
use crate::app::files::Files;
use crate::app::papers::Papers;
use crate::app::sessions::Sessions;
use crate::auth::sign_in::SignIns;
use crate::auth::ticket::Tickets;
use crate::clock::SharedClock;
use crate::config::{Config, ConfigError};
use crate::documents::{PaperError, Press};
use crate::domain::access;
use crate::domain::chain::{Hash, Scope};
use crate::error::AppError;
use crate::http::context::{App, Context};
use crate::http::foreign::Foreign;
use crate::http::guard::Guard;
use crate::http::headers::Headers;
use crate::http::listener::{self, Doors};
use crate::http::recordings::Recordings;
use crate::http::rooms::Rooms;
use crate::http::tls::{self, TlsError};
use crate::limits;
use crate::media::engine::{EngineEvent, RecordSink};
use crate::media::plan::RecordTarget;
use crate::media::record::{
    ClosedSegment, KeyLookup, Places, RecordKey, Recorder, RecorderConfig, RecorderEvent, RecoveredFile, recover_places,
};
use crate::media::{MediaConfig, MediaEngine, MediaStartError, MediaStreams};
use crate::room::recording::RecordKeys;
use crate::room::registry::{Registry, Services};
use crate::store::keys::{KeyError, Keys};
use crate::store::{Backend, Blobs, Store, StoreError};
use crate::telemetry::Metrics;
use crate::ws::closing;
use crate::ws::sockets::Sockets;

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Keys(#[from] KeyError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Media(#[from] MediaStartError),
    #[error("{what}: {source}")]
    Io { what: String, source: std::io::Error },
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Press(#[from] PaperError),
    #[error(transparent)]
    App(#[from] AppError),
}

fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> StartError {
    let what = what.into();
    move |source| StartError::Io { what, source }
}

/// Where the data of a configuration lies.
pub fn backend(config: &Config) -> Backend {
    let url = config.database_url();
    match url.strip_prefix("sqlite://") {
        Some(path) => Backend::Sqlite { path: PathBuf::from(path), max_bytes: None },
        None => Backend::Postgres { url },
    }
}

/// Hash of the rule set in force: the genesis of every log names it.
pub fn rules() -> Hash {
    access::digest()
}

/// A running server.
pub struct Server {
    app: App,
    recorder: Arc<Recorder>,
    /// Ends when the recorder has ended and everything it said is with the rooms.
    recorded: JoinHandle<()>,
    stop: watch::Sender<bool>,
    served: JoinHandle<()>,
    /// Where browsers reach it.
    pub address: SocketAddr,
    /// Where sound and picture reach it.
    pub media: SocketAddr,
}

impl Server {
    /// Starts everything; when this returns, requests are answered.
    ///
    /// # Errors
    /// See [`StartError`]: the text names the setting or the file.
    pub async fn start(config: Config, clock: SharedClock) -> Result<Self, StartError> {
        let keys = Keys::load(&config.data.keys)?;
        let store = Store::open(&backend(&config), keys).await?;
        let places = Places::from(config.data.recordings());
        let found = recover_recordings(places.clone(), &store).await?;
        let (recorder_events, recorder_queue) = mpsc::channel(limits::ENGINE_EVENTS);
        let record_keys = Arc::new(RecordKeys::default());
        let lookup: Arc<dyn KeyLookup> = record_keys.clone();
        let mut roots = config.data.recordings().into_iter();
        let recorder_config = RecorderConfig::new(roots.next().unwrap_or_default());
        let recorder_config = RecorderConfig { second: roots.next(), ..recorder_config };
        let recorder =
            Recorder::start(recorder_config, clock.clone(), lookup, recorder_events).map_err(io("recordings"))?;
        let (engine_events, engine_queue) = mpsc::channel(limits::ENGINE_EVENTS);
        let doors = Ports::bind(&config).await?;
        let media = MediaConfig {
            listen: config.media.listen,
            advertise: config.media_addresses(),
            advertise_tcp: config.tcp_addresses(doors.tcp_port()?, doors.address.port()),
            relay_urls: config.relay_urls(),
        };
        let sink: Arc<dyn RecordSink> = recorder.clone();
        let engine = MediaEngine::start(&media, clock.clone(), engine_events, sink)?;
        let (media, streams) = (engine.local_addr(), engine.streams());
        let services = Services {
            clock: clock.clone(),
            store: store.clone(),
            engine,
            recorder: recorder.clone(),
            record_keys,
            rules: rules(),
            node: NODE.to_owned(),
            lines: Arc::default(),
            register: Arc::new(Mutex::new(())),
        };
        let registry = Registry::new(Arc::new(services));
        let recorded = forward_events(&registry, engine_queue, recorder_queue);
        tell_rooms(&registry, found).await;
        tokio::spawn(finish_logs(registry.clone()));
        let address = doors.address;
        let app = Arc::new(context(config, clock, store, registry, places)?);
        let (stop, stopping) = watch::channel(false);
        let served = doors.open(crate::http::router(app.clone()), streams, stopping);
        tracing::info!(%address, %media, "serving");
        Ok(Self { app, recorder, recorded, stop, served, address, media })
    }

    /// What the handlers work with: for the demonstration and for tests.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Orderly end, in twice `limits::SHUTDOWN` at most: first the recording, while there are rooms to write its end
    /// down, then the rooms.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.app.registry.silence();
        let (recorder, recorded) = (self.recorder, self.recorded);
        let written = async {
            if tokio::task::spawn_blocking(move || recorder.shutdown()).await.is_err() || recorded.await.is_err() {
                tracing::error!("the recorder failed to end");
            }
        };
        // A disk that does not answer must not keep the rooms from their end: the next start finds what is finished.
        if tokio::time::timeout(limits::SHUTDOWN, written).await.is_err() {
            tracing::warn!("the recordings did not end in time");
        }
        let orderly = async {
            self.app.registry.shutdown().await;
            self.app.sockets.close_all(closing::SERVER_RESTARTS);
            while self.app.sockets.count() > 0 {
                tokio::time::sleep(limits::ACCEPT_PAUSE).await;
            }
            if self.served.await.is_err() {
                tracing::error!("the listener failed");
            }
        };
        if tokio::time::timeout(limits::SHUTDOWN, orderly).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
        tracing::info!("stopped");
    }
}

/// The TCP ports, bound before anything is told of them.
struct Ports {
    pages: TcpListener,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    media: Option<TcpListener>,
}

impl Ports {
    async fn bind(config: &Config) -> Result<Self, StartError> {
        let tls = &config.http.tls;
        let tls = tls.is_on().then(|| tls::acceptor(&tls.certificate, &tls.key)).transpose()?;
        let pages = TcpListener::bind(config.http.listen).await.map_err(io("http.listen"))?;
        let address = pages.local_addr().map_err(io("http.listen"))?;
        let media = match config.media.tcp_listen {
            Some(listen) => Some(TcpListener::bind(listen).await.map_err(io("media.tcp_listen"))?),
            None => None,
        };
        Ok(Self { pages, address, tls, media })
    }

    fn tcp_port(&self) -> Result<Option<u16>, StartError> {
        let address = self.media.as_ref().map(TcpListener::local_addr).transpose();
        Ok(address.map_err(io("media.tcp_listen"))?.map(|address| address.port()))
    }

    /// Serves until told to stop.
    fn open(self, router: Router, streams: MediaStreams, stop: watch::Receiver<bool>) -> JoinHandle<()> {
        // Behind a proxy of the house no media comes to the port of the pages.
        let beside = self.tls.is_some().then(|| streams.clone());
        let pages = Doors { pages: Some(router), tls: self.tls.clone(), streams: beside };
        let media = Doors { pages: None, tls: self.tls, streams: Some(streams) };
        tokio::spawn(async move {
            let pages = listener::serve(self.pages, pages, stop.clone());
            match self.media {
                Some(listener) => {
                    tokio::join!(pages, listener::serve(listener, media, stop));
                }
                None => pages.await,
            }
        })
    }
}

/// Name of this process in leases: one process per database today, so that a restart takes its rooms back at once.
pub const NODE: &str = "diemcau";

fn context(
    config: Config,
    clock: SharedClock,
    store: Store,
    registry: Registry,
    recordings: Places,
) -> Result<Context, StartError> {
    let accounts = Accounts::new(store.clone());
    let sessions = Sessions::new(store.clone());
    let signer = store.keys().signer(clock.now().as_microsecond())?.public();
    Ok(Context {
        sign_ins: SignIns::new(accounts.clone(), config.sign_in, clock.clone())?,
        tickets: Tickets::new(clock.new_id())?,
        rooms: Rooms::new(registry.clone(), sessions.clone(), accounts.clone()),
        files: Files::new(store.clone(), Blobs::new(config.data.dir.join("files"))),
        papers: Papers::new(store.clone(), Press::of_this_program()?),
        recordings: Recordings::new(recordings, store),
        guard: Guard::new(&config.http),
        headers: Headers::new(&config.http),
        key_fingerprint: signer.id().to_string(),
        sockets: Sockets::default(),
        foreign: Foreign::default(),
        metrics: Metrics::default(),
        config,
        clock,
        accounts,
        sessions,
        registry,
    })
}

fn forward_events(
    registry: &Registry,
    mut engine: mpsc::Receiver<EngineEvent>,
    mut recorder: mpsc::Receiver<RecorderEvent>,
) -> JoinHandle<()> {
    let rooms = registry.clone();
    tokio::spawn(async move {
        while let Some(event) = engine.recv().await {
            rooms.engine_event(event).await;
        }
    });
    let rooms = registry.clone();
    tokio::spawn(async move {
        while let Some(event) = recorder.recv().await {
            rooms.recorder_event(event).await;
        }
    })
}

/// Opens the rooms whose log waits for the end of a recording: each looks by itself what is finished on the disk.
async fn finish_logs(registry: Registry) {
    let sessions = match registry.services().store.unfinished_recordings().await {
        Ok(sessions) => sessions,
        Err(error) => return tracing::warn!(code = error.code(), "open recordings could not be looked up"),
    };
    for session in sessions {
        if let Err(refusal) = registry.open(session).await {
            tracing::warn!(%session, code = refusal.code, "a recording without a room");
        }
    }
}

/// Keys from the store, for the one moment in which nothing else runs yet. Not on an async thread.
pub(crate) struct StoredKeys {
    store: Store,
    runtime: tokio::runtime::Handle,
}

impl StoredKeys {
    /// Within a runtime.
    pub(crate) fn of(store: &Store) -> Self {
        Self { store: store.clone(), runtime: tokio::runtime::Handle::current() }
    }
}

impl KeyLookup for StoredKeys {
    fn key(&self, target: RecordTarget) -> Option<RecordKey> {
        let scope = target.visit.map_or(Scope::Session, Scope::Visit);
        let key = self.runtime.block_on(self.store.recording_key(target.session, scope));
        key.ok().map(|key| RecordKey(*key.expose()))
    }
}

/// Finishes what a crash cut off, so that it plays.
async fn recover_recordings(places: Places, store: &Store) -> Result<Vec<RecoveredFile>, StartError> {
    let keys = StoredKeys::of(store);
    let recovered = tokio::task::spawn_blocking(move || recover_places(places.roots(), &keys)).await;
    let recovery = recovered.map_err(|_| AppError::Busy)?.map_err(io("recordings"))?;
    for (path, why) in &recovery.left {
        tracing::warn!(path = %path.display(), why, "a recording could not be finished");
    }
    Ok(recovery.finished)
}

/// The logs learn the end of the files that were finished at this start.
async fn tell_rooms(registry: &Registry, found: Vec<RecoveredFile>) {
    for file in found {
        let session = file.target.session;
        if let Err(refusal) = registry.open(session).await {
            tracing::warn!(%session, code = refusal.code, "a recording without a room");
            continue;
        }
        registry.recorder_event(closing(file)).await;
    }
}

/// What a room is told of a file that was finished at this start.
pub(crate) fn closing(file: RecoveredFile) -> RecorderEvent {
    let RecoveredFile { segment, target, source, started, duration_ms, bytes, sha256, .. } = file;
    let (started_mono_us, lost_packets) = (0, 0);
    RecorderEvent::SegmentClosed(ClosedSegment {
        segment,
        source,
        target,
        started,
        started_mono_us,
        duration_ms,
        bytes,
        sha256,
        lost_packets,
    })
}
