//! Which module may use which: the table of ARCHITECTURE.md as data. A module belongs to the row with the longest name
//! that fits; within a row everything may be used.

/// Other crates a row may use.
pub enum Crates {
    /// Nothing but these and `std`.
    Only(&'static [&'static str]),
    /// Everything but these.
    Not(&'static [&'static str]),
}

use Crates::{Not, Only};

/// One row.
pub struct Layer {
    /// `a` stands for `a` and all below; `=a` for `a` alone.
    pub modules: &'static [&'static str],
    /// What of ours it may use, in the same notation.
    pub uses: &'static [&'static str],
    pub crates: Crates,
    /// No files, sockets, threads, environment or clocks of `std` either.
    pub pure: bool,
}

/// Crates of pages and sockets.
const WEB: [&str; 5] = ["axum", "hyper", "hyper_util", "tower", "tower_http"];
/// What nobody needs who is neither page, store nor media.
const OUTSIDE: &[&str] = &[
    WEB[0],
    WEB[1],
    WEB[2],
    WEB[3],
    WEB[4],
    "tokio_tungstenite",
    "sqlx",
    "webrtc",
    "rtc",
    "rtc_dtls",
    "rtc_sdp",
    "rtc_stun",
    "mio",
    "socket2",
    "quinn_udp",
];

pub const LAYERS: &[Layer] = &[
    // The rules. `ts_rs` and `schemars` stand in `cfg_attr(test)` alone; `serde_json` gives an event its own name.
    Layer {
        modules: &["domain"],
        uses: &[],
        crates: Only(&[
            "jiff",
            "schemars",
            "serde",
            "serde_json",
            "sha2",
            "thiserror",
            "ts_rs",
            "unicode_normalization",
            "uuid",
        ]),
        pure: true,
    },
    // The wire.
    Layer {
        modules: &["protocol"],
        uses: &["domain"],
        crates: Only(&["jiff", "schemars", "serde", "serde_json", "thiserror", "ts_rs", "uuid"]),
        pure: true,
    },
    // The room, pure: told the time, given the identifiers. `media::engine` for the values of its events.
    Layer {
        modules: &[
            "=room",
            "room::answer",
            "room::decide",
            "room::echo",
            "room::links",
            "room::live",
            "room::media_plan",
            "room::quality",
            "room::record",
            "room::secrecy",
            "room::sections",
            "room::stage",
            "room::standing",
            "room::state",
            "room::wires",
        ],
        uses: &["domain", "protocol", "media::plan", "media::engine", "limits", "text"],
        crates: Only(&["jiff", "serde_json", "uuid"]),
        pure: true,
    },
    // The room, driven: commits, publishes, tells the media plane.
    Layer {
        modules: &["room"],
        uses: &[
            "domain",
            "protocol",
            "media::plan",
            "media::engine",
            "media::record",
            "store",
            "clock",
            "limits",
            "text",
            "room",
        ],
        crates: Not(OUTSIDE),
        pure: false,
    },
    // Packets and decisions about packets: bytes and numbers in, bytes and numbers out.
    Layer {
        modules: &[
            "media::allocator",
            "media::bandwidth",
            "media::cache",
            "media::directory",
            "media::gauge",
            "media::h264",
            "media::layers",
            "media::meter",
            "media::nack",
            "media::pacer",
            "media::protection",
            "media::red",
            "media::reports",
            "media::rewrite",
            "media::rtcp",
            "media::rtp",
            "media::sound",
            "media::twcc",
            "media::vp8",
            "media::window",
            "media::wire",
        ],
        uses: &["media::plan", "limits"],
        crates: Only(&[]),
        pure: true,
    },
    Layer { modules: &["media::plan"], uses: &["domain::ids"], crates: Only(&["serde"]), pure: true },
    Layer {
        modules: &["media::placement"],
        uses: &["domain::ids", "media::directory", "media::plan", "limits"],
        crates: Only(&[]),
        pure: true,
    },
    Layer {
        modules: &[
            "media::forward",
            "media::incoming",
            "media::mux",
            "media::picture",
            "media::publisher",
            "media::quality",
            "media::remote",
            "media::speaker",
        ],
        uses: &[
            "media::cache",
            "media::directory",
            "media::engine",
            "media::h264",
            "media::layers",
            "media::meter",
            "media::nack",
            "media::picture",
            "media::plan",
            "media::red",
            "media::reports",
            "media::rewrite",
            "media::rtcp",
            "media::sdp",
            "media::sound",
            "media::srtp",
            "media::vp8",
            "media::wire",
            "limits",
        ],
        crates: Only(&[]),
        pure: true,
    },
    Layer {
        modules: &["media::sdp"],
        uses: &["media::engine", "media::plan", "media::reports", "limits"],
        crates: Only(&["rtc_sdp"]),
        pure: true,
    },
    Layer {
        modules: &["media::srtp", "media::srtp_cm"],
        uses: &["media::window", "media::wire", "limits"],
        crates: Only(&["aes", "ctr", "ring", "rtc_dtls", "thiserror"]),
        pure: true,
    },
    // Streams that carry datagrams, and the relay of one of them.
    Layer {
        modules: &["media::framing", "media::relay_key", "media::turn"],
        uses: &["domain::ids", "media::wire", "limits"],
        crates: Only(&["base64", "bytes", "ring", "rtc_dtls", "rtc_stun", "thiserror"]),
        pure: true,
    },
    // The seam to the rooms: no type of any WebRTC crate.
    Layer {
        modules: &["media::engine"],
        uses: &["domain::ids", "media::plan"],
        crates: Only(&["bytes", "serde", "thiserror"]),
        pure: true,
    },
    // The recorder's thinking: order, time, containers.
    Layer {
        modules: &[
            "media::record::access_unit",
            "media::record::depacketize",
            "media::record::hole",
            "media::record::jitter",
            "media::record::manifest",
            "media::record::matroska",
            "media::record::opus",
            "media::record::stream",
            "media::record::timeline",
        ],
        uses: &["media::engine", "media::h264", "media::plan", "limits", "=media::record", "media::record::event"],
        crates: Only(&["serde"]),
        pure: true,
    },
    // The recorder, driven: files and one thread. It knows no WebRTC, no store and no room.
    Layer {
        modules: &["media::record"],
        uses: &["domain::ids", "media::engine", "media::h264", "media::plan", "media::record", "clock", "limits"],
        crates: Only(&[
            "bytes",
            "crossbeam_channel",
            "jiff",
            "ring",
            "rustix",
            "serde",
            "serde_json",
            "sha2",
            "thiserror",
            "tokio",
            "tracing",
            "uuid",
        ]),
        pure: false,
    },
    // The media plane, driven: sockets, threads, DTLS.
    Layer {
        modules: &["media"],
        uses: &["domain::ids", "media", "clock", "limits"],
        crates: Not(&[WEB[0], WEB[1], WEB[2], WEB[3], WEB[4], "tokio_tungstenite", "sqlx", "webrtc", "rtc"]),
        pure: false,
    },
    // The store.
    Layer {
        modules: &["store"],
        uses: &["domain", "clock", "limits"],
        crates: Not(&[WEB[0], WEB[1], WEB[2], WEB[3], WEB[4], "tokio_tungstenite", "webrtc", "rtc", "rand"]),
        pure: false,
    },
    // Papers: values in, bytes out; one file talks to the child process that sets them.
    Layer {
        modules: &["documents::press"],
        uses: &["documents", "limits"],
        crates: Only(&["diemcau_typeset", "serde", "serde_json", "thiserror", "tokio", "tracing"]),
        pure: false,
    },
    Layer {
        modules: &["documents"],
        uses: &["domain", "=documents::press"],
        crates: Only(&["jiff", "serde", "serde_json", "thiserror", "uuid"]),
        pure: true,
    },
    // Papers and bundles are made from the folded state; recordings are opened where they lie.
    Layer {
        modules: &["app::papers", "app::export", "app::prove", "app::record", "app::erase"],
        uses: &[
            "app",
            "domain",
            "store",
            "documents",
            "clock",
            "room::answer",
            "room::secrecy",
            "room::state",
            "media::plan",
            "media::record",
            "error",
            "limits",
            "text",
        ],
        crates: Not(OUTSIDE),
        pure: false,
    },
    // Use cases of the office.
    Layer {
        modules: &["app"],
        uses: &["domain", "store", "documents", "clock", "error", "limits", "text"],
        crates: Not(OUTSIDE),
        pure: false,
    },
    // Who somebody is. `store::office` for the row of a sign-in.
    Layer {
        modules: &["auth"],
        uses: &["app", "domain", "protocol::rest", "store::office", "clock", "config", "error", "limits"],
        crates: Not(OUTSIDE),
        pure: false,
    },
    // Pages and sockets are one program to a browser: the router upgrades, a sign-out ends sockets. Recordings are read
    // where they lie (`store` for their keys, `media::record` for their format).
    Layer {
        modules: &["http", "ws"],
        uses: &[
            "app",
            "auth",
            "documents",
            "domain",
            "protocol",
            "clock",
            "config",
            "error",
            "limits",
            "telemetry",
            "text",
            "room::handle",
            "room::record",
            "room::registry",
            "room::standing",
            "=media",
            "media::engine",
            "media::plan",
            "media::record",
            "=store",
            "store::office",
            "store::verify",
        ],
        crates: Not(&["sqlx", "webrtc", "rtc", "rtc_dtls", "rtc_sdp", "rtc_stun", "mio", "socket2", "quinn_udp"]),
        pure: false,
    },
    // A point that runs by itself: the independent client. It shares only the names of layers with the server's media.
    Layer {
        modules: &["bot"],
        uses: &["media::plan"],
        crates: Not(&["sqlx", "axum", "rtc_dtls", "rtc_sdp", "rtc_stun"]),
        pure: false,
    },
    // A stranger's way to the server: the types of the wire, and no code of those who answer.
    Layer {
        modules: &["bot::wire"],
        uses: &["domain::ids", "domain::units", "protocol", "limits"],
        crates: Not(&["sqlx", "rtc_dtls", "rtc_sdp", "rtc_stun"]),
        pure: false,
    },
    // Poor lines: numbers in, numbers out, in virtual time.
    Layer {
        modules: &["line::dice", "line::flow", "line::heard", "line::lane", "line::shape"],
        uses: &[],
        crates: Only(&["serde"]),
        pure: true,
    },
    // Their relay. It knows packets and nothing in them.
    Layer {
        modules: &["line"],
        uses: &["clock", "limits", "line"],
        crates: Only(&["serde", "serde_json", "tokio", "tracing"]),
        pure: false,
    },
    // The load: what it judges by shares only the reading of numbers with what is judged.
    Layer {
        modules: &["load::histogram", "load::material", "load::sdp", "load::tally"],
        uses: &["media::wire", "load::histogram", "load::material"],
        crates: Only(&[]),
        pure: true,
    },
    Layer {
        modules: &["load::bare", "load::host", "load::installation"],
        uses: &[
            "bot::wire",
            "clock",
            "domain::ids",
            "domain::session",
            "domain::units",
            "limits",
            "load",
            "=media",
            "media::engine",
            "media::plan",
            "protocol",
        ],
        crates: Not(OUTSIDE),
        pure: false,
    },
    Layer {
        modules: &["load"],
        uses: &[
            "clock",
            "limits",
            "line",
            "load",
            "media::outbox",
            "media::reports",
            "media::rtcp",
            "media::srtp",
            "media::wire",
        ],
        crates: Not(&[WEB[0], WEB[1], WEB[2], WEB[3], WEB[4], "tokio_tungstenite", "sqlx", "webrtc", "rtc"]),
        pure: false,
    },
    // Root files.
    Layer { modules: &["limits"], uses: &[], crates: Only(&[]), pure: true },
    Layer { modules: &["clock"], uses: &["domain::ids"], crates: Only(&["jiff", "rustix", "uuid"]), pure: false },
    // `clap` for the language as an option of the command line.
    Layer { modules: &["text"], uses: &[], crates: Only(&["clap", "serde_json"]), pure: true },
    Layer { modules: &["error"], uses: &["domain::refusal", "text"], crates: Only(&["thiserror"]), pure: true },
    Layer { modules: &["config"], uses: &[], crates: Only(&["serde", "thiserror", "toml"]), pure: false },
    Layer { modules: &["telemetry"], uses: &["config"], crates: Not(OUTSIDE), pure: false },
    // The object graph, the verbs and the demonstration see everything.
    Layer { modules: &["=", "cli", "demo", "run"], uses: &["="], crates: Not(&["sqlx"]), pure: false },
];

/// Parts of `std` that pure code does without.
pub const IMPURE_STD: &[&str] = &[
    "std::env",
    "std::fs",
    "std::io::stderr",
    "std::io::stdin",
    "std::io::stdout",
    "std::net::TcpListener",
    "std::net::TcpStream",
    "std::net::UdpSocket",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
];

/// Places that read a clock although they are not `clock.rs`: file, how often, why it must. The list may only shrink.
pub const CLOCK_READS: &[(&str, usize, &str)] = &[
    ("src/clock.rs", 6, "it is the clock"),
    ("src/ws/connection.rs", 3, "tokio's timer for deadlines of one wait; nothing of it is recorded"),
];

/// The row a module belongs to.
pub fn layer_of(module: &str) -> Option<&'static Layer> {
    let fits = |layer: &'static Layer| {
        let names = layer.modules.iter().filter(|name| covers(name, module));
        names.map(|name| name.len()).max().map(|length| (length, layer))
    };
    LAYERS.iter().filter_map(fits).max_by_key(|(length, _)| *length).map(|(_, layer)| layer)
}

/// Whether a name of the table (`a` or `=a`) stands for the module.
pub fn covers(name: &str, module: &str) -> bool {
    match name.strip_prefix('=') {
        Some(exact) => exact == module,
        None => module == name || module.strip_prefix(name).is_some_and(|rest| rest.starts_with("::")),
    }
}
