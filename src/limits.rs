//! Every bound of the server in one place, each with what happens when it is reached.

use std::time::Duration;

// --- media ---------------------------------------------------------------------------------------------------

/// Largest SDP offer in bytes. Larger: refused `media_offer_malformed`.
pub const SDP_BYTES: usize = 64 * 1024;
/// Most m-lines in one offer. More: refused `media_offer_malformed`.
pub const SDP_MEDIA_LINES: usize = 64;
/// Most slot pairs for one connection (technician's wall). More: the rest are rejected m-lines.
pub const SLOT_PAIRS: usize = 25;
/// No packet for this long: the connection is `Silent`, the point is shown as lost (design §2).
pub const MEDIA_SILENT: Duration = Duration::from_secs(3);
/// A single source that sends nothing for this long is shown as "no picture" or "no sound".
pub const SOURCE_SILENT: Duration = Duration::from_secs(3);
/// No authenticated packet for this long: the connection is gone (RFC 7675).
pub const CONSENT_TIMEOUT: Duration = Duration::from_secs(30);
/// At most two key frame requests per layer in this time; further wishes are merged.
pub const KEY_FRAME_INTERVAL: Duration = Duration::from_secs(1);
/// The second of the two comes this long after the first at least.
pub const KEY_FRAME_AGAIN: Duration = Duration::from_millis(250);
/// A layer of a camera that nobody watches or records is sent for so long, then its publisher is told to stop.
pub const LAYER_UNWATCHED: Duration = Duration::from_secs(5);
/// Packets kept per incoming video stream for NACK answers. Older: not repaired.
pub const NACK_CACHE: usize = 512;
/// Bytes kept per incoming video stream of the best layer for NACK answers, about 1 s; the lower layers have a third
/// and an eighth of it. Older: not repaired.
pub const NACK_CACHE_BYTES: usize = 256 * 1024;
/// Repair packets one connection gets per second. More are not sent; the picture is repaired by a key frame.
pub const REPAIRS_PER_SECOND: u32 = 400;
/// Streams (SSRCs) one connection may send: 5 with their repairs and one restart. More: dropped unread.
pub const INCOMING_STREAMS: usize = 24;
/// Media connections of one worker. More: refused `media_full`.
pub const MEDIA_CONNECTIONS: usize = 1_000;
/// Media workers of one server. More are not started.
pub const MEDIA_WORKERS: usize = 64;
/// Share of a worker's time, per mille over some seconds, from which it takes no connections of points that were not there
/// before. More: refused `media_full`, so that the calls that are there stay good.
pub const MEDIA_BUSY_NEW: u16 = 600;
/// The same for points that come back to their room: to refuse them ends a call. More: refused `media_full`.
pub const MEDIA_BUSY_AGAIN: u16 = 850;
/// Share of a worker's time, per mille, from which those who join a big room go to another worker with clearly less to do.
pub const MEDIA_BUSY_SPREAD: u16 = 400;
/// Receivers from which on a room is a big one. Smaller: it stays on one worker, unless that takes no more.
pub const MEDIA_BIG_ROOM: usize = 40;
/// A media worker that failed sooner than this after its start, and so long it then waits before it begins anew.
pub const MEDIA_RESTART: Duration = Duration::from_secs(1);
/// Datagrams waiting for a media worker that came to the socket of another. Full: dropped and counted, as on a lossy line.
pub const HANDOVER_RING: usize = 1_024;
/// Largest of them in bytes; browsers send less than 1,500. Larger: dropped and counted.
pub const HANDOVER_BYTES: usize = 2_048;
/// What one media worker told another of a room they share is believed for so long, unless it is told again.
pub const MEDIA_LETTERS: Duration = Duration::from_secs(3);
/// Joins waiting for a media worker. More: refused `media_full`.
pub const MEDIA_JOINS: usize = 256;
/// How long a join waits for the worker. Longer: refused `media_unavailable`.
pub const MEDIA_JOIN_WAIT: Duration = Duration::from_secs(5);
/// Kernel buffers of the media socket in bytes, each way. Less is used when the system allows less.
pub const MEDIA_SOCKET_BYTES: usize = 4 * 1024 * 1024;
/// Largest datagram on a stream (ICE over TCP, relay) in bytes. Larger: the stream is closed.
pub const STREAM_FRAME: usize = 2_048;
/// Streams that carry media, or may soon. More: closed at once.
pub const MEDIA_STREAMS: usize = 2 * MEDIA_CONNECTIONS;
/// Streams that have not proven yet whose they are. More: the one that has waited longest is closed.
pub const STREAMS_KNOCKING: usize = 256;
/// Time for the first bytes of a connection, and then for a stream to prove by a check, or by credentials of the relay,
/// whose it is. Later: closed.
pub const STREAM_FIRST: Duration = Duration::from_secs(5);
/// Time for a relay with credentials to carry its first check: the browser may still wait for its answer. Later: closed.
pub const RELAY_FIRST: Duration = Duration::from_secs(30);
/// Datagrams of streams waiting for a media worker. Full: the streams' readers wait, and TCP makes the browsers wait.
pub const STREAM_ARRIVALS: usize = 1_024;
/// Sound and control waiting for one stream in bytes. Full: dropped and counted, as on a lossy line.
pub const STREAM_SOUND_BYTES: usize = 64 * 1024;
/// Pictures waiting for one stream in bytes. Full: dropped and counted; the browser asks for a key frame.
pub const STREAM_PICTURE_BYTES: usize = 256 * 1024;
/// Pictures that waited longer for their stream are dropped: sound and the next picture are worth more.
pub const STREAM_PICTURE_AGE: Duration = Duration::from_millis(500);
/// Bytes given to a stream at once, and bytes the system keeps of it unsent: what sound may have to wait for.
pub const STREAM_CHUNK: usize = 8 * 1024;
/// A relay that is not refreshed ends after this (RFC 8656 §7).
pub const RELAY_LIFE: Duration = Duration::from_secs(600);
/// Datagrams on their way through a relay that plays a poor line. More: lost.
pub const LINE_POSTED: usize = 65_536;
/// Senders of datagrams behind such a line. More: all are forgotten and known anew, as by a router whose table is full.
pub const LINE_SENDERS: usize = 1_024;
/// Connections through such a line. More: they wait until one ends.
pub const LINE_CONNECTIONS: usize = 1_024;
/// Pauses of such a line that its reader has not taken. More: not told.
pub const LINE_PAUSES: usize = 256;
/// Credentials of a relay are good for this long after the welcome. Later: refused 401; a new join gives new ones.
pub const RELAY_CREDENTIALS: Duration = Duration::from_secs(120);
/// What a relay's message has beside its datagram, in bytes. More: the stream is closed.
pub const RELAY_OVERHEAD: usize = 256;
/// Quality of each connection is told this often.
pub const MEDIA_QUALITY: Duration = Duration::from_secs(5);
/// Sound levels of a room are told at most this often.
pub const MEDIA_LEVELS: Duration = Duration::from_millis(200);
/// Engine events waiting for a room. Full: levels and quality are dropped, edges wait in the worker.
pub const ENGINE_EVENTS: usize = 1024;
/// Packets waiting for the recorder. Full: counted and written into the log as a gap; live media goes on.
pub const RECORDER_QUEUE: usize = 8192;

// --- recorder ------------------------------------------------------------------------------------------------

/// Longest segment of a recording.
pub const SEGMENT: Duration = Duration::from_secs(60);
/// Written bytes reach the disk (fdatasync) at least this often.
pub const RECORD_SYNC: Duration = Duration::from_secs(2);
/// The prefix hash of each open file goes to the log this often, and at visit boundaries.
pub const RECORD_HASH: Duration = Duration::from_secs(10);
/// Size of one encrypted frame of a recording in bytes of plaintext.
pub const RECORD_FRAME: usize = 64 * 1024;
/// Media is handed to the operating system at least this often (one Matroska cluster); a killed process loses no more.
pub const RECORD_CLUSTER: Duration = Duration::from_millis(500);
/// So long before the end of a segment a key frame is asked for. None comes: the file goes on, twice `SEGMENT` at most.
pub const RECORD_ROTATE: Duration = Duration::from_secs(10);
/// A missing packet is waited for so long (NACK repair). Longer: counted as lost.
pub const RECORD_REORDER: Duration = Duration::from_millis(400);
/// Packets that wait behind a missing one. More: it is counted as lost at once.
pub const RECORD_REORDER_PACKETS: usize = 256;
/// A hole at least this long is a gap in the log. Shorter holes are counted in the file's closing event.
pub const RECORD_GAP: Duration = Duration::from_millis(500);
/// Media that arrives and is not written raises the alarm within this time.
pub const RECORD_CHECK: Duration = Duration::from_secs(5);
/// Of several disks one that has not answered for so long is left out, and named.
pub const RECORD_DISK_WAIT: Duration = Duration::from_secs(3);
/// A failing disk is tried again this often.
pub const RECORD_RETRY: Duration = Duration::from_secs(1);
/// After a boundary, packets on their way still reach the files of that visit for so long.
pub const RECORD_BOUNDARY_GRACE: Duration = Duration::from_millis(300);
/// Free bytes on the disk of recordings below which no session starts: a quarter of an hour of eight points.
pub const RECORD_MIN_FREE: u64 = 2 * 1024 * 1024 * 1024;
/// Bytes written, synced and removed to find out whether a disk takes recordings.
pub const RECORD_PROBE: usize = 1024 * 1024;
/// Largest picture in bytes. Larger: dropped, a key frame is asked for.
pub const RECORD_PICTURE: usize = 2 * 1024 * 1024;
/// Recorder events waiting for a slow reader. Full: the oldest prefix hash gives way, then the oldest event, counted.
pub const RECORD_EVENTS: usize = 4096;

// --- sockets -------------------------------------------------------------------------------------------------

/// Largest frame from a client. Larger: closed with 1009.
pub const FRAME_BYTES: usize = 64 * 1024;
/// Deepest nesting of JSON in a frame. Deeper: refused `frame_malformed`.
pub const FRAME_DEPTH: usize = 16;
/// Frames a client may send per second in the long run. More: refused `slow_down`, then closed with 4429.
pub const FRAMES_PER_SECOND: u32 = 20;
/// Frames a client may send at once. Typing and levels stay far below.
pub const FRAMES_BURST: u32 = 60;
/// Frames waiting for a slow client. Full: the queue is dropped and the client gets a snapshot when it drains.
pub const CLIENT_QUEUE: usize = 256;
/// A client that does not drain for this long is closed with 4408.
pub const SLOW_CLIENT: Duration = Duration::from_secs(10);
/// Ping interval on sockets.
pub const PING: Duration = Duration::from_secs(2);
/// A socket silent for this long is lost (design §2), unless packets of its page's media connection arrive.
pub const SOCKET_SILENT: Duration = Duration::from_secs(6);
/// So long it may be silent while they do: the line is full, or the machine busy, and nobody has left.
pub const SOCKET_SILENT_IN_MEDIA: Duration = Duration::from_secs(20);
/// A room without sockets, of a session that is not under way, ends when nobody asked it for anything for this long. It
/// is opened again from its log.
pub const ROOM_REST: Duration = Duration::from_secs(5 * 60);
/// How often a room looks whether its log is still its own: what takes it away (an erasure) reaches people within this.
pub const LEASE_CHECK: Duration = Duration::from_secs(2);
/// Commands waiting for one room. Full: the socket's reader stops reading; nothing is dropped.
pub const ROOM_QUEUE: usize = 64;
/// Malformed frames of one connection. More: closed with 4400.
pub const FRAMES_MALFORMED: u32 = 10;
/// Frames refused in a row for being too fast. More: closed with 4429.
pub const FRAMES_REFUSED: u32 = 20;
/// Time in which the first frame must come. Later: closed with 4408.
pub const HELLO: Duration = Duration::from_secs(10);
/// Time to write down why a socket is closed; twice that it stays open for the other side to read it.
pub const CLOSE_LINGER: Duration = Duration::from_secs(1);
/// Sockets of one sign-in at a time: the four devices of a point in one browser, each with a second connection while it
/// comes back, and two pages beside. More: the oldest is closed with 4410.
pub const SOCKETS_PER_SIGN_IN: usize = 10;
/// Sockets of one room. More: refused `room_full`.
pub const ROOM_WIRES: usize = 600;
/// Lifetime of a ticket for socket, media or download. Older: refused `ticket_expired`.
pub const TICKET: Duration = Duration::from_secs(30);

// --- office --------------------------------------------------------------------------------------------------

/// Largest uploaded file in bytes. Larger: refused `file_too_large`.
pub const UPLOAD_BYTES: usize = 25 * 1024 * 1024;
/// Longest text of one block of minutes in bytes. Longer: refused `text_too_long`, the browser keeps it.
pub const BLOCK_BYTES: usize = 60 * 1024;
/// Rows of one page of any list.
pub const PAGE_ROWS: u32 = 100;
/// After this long without a running point the session is interrupted (design §2).
pub const INTERRUPT_AFTER: Duration = Duration::from_secs(10);
/// Time in which the end of a session can be undone.
pub const END_UNDO: Duration = Duration::from_secs(30);
/// A block of minutes belongs to its writer this long after the last key.
pub const BLOCK_LEASE: Duration = Duration::from_secs(10);

// --- store ---------------------------------------------------------------------------------------------------

/// Appends waiting for the writer. Full: the room waits; its commands are not acknowledged yet.
pub const WRITER_QUEUE: usize = 1024;
/// Most appends that share one commit.
pub const GROUP_COMMIT: usize = 128;

// --- sign-in -------------------------------------------------------------------------------------------------

/// Shortest new password in characters. Shorter: refused `password_weak`.
pub const PASSWORD_MIN: usize = 12;
/// Longest password in characters. Longer: refused `password_weak`.
pub const PASSWORD_MAX: usize = 128;
/// Passwords hashed at once, 19 MiB each. More wait.
pub const PASSWORD_HASHES: usize = 2;
/// Sign-in attempts of one address in the window. More: refused `too_many_attempts`.
pub const SIGN_IN_PER_ADDRESS: usize = 20;
/// Window of attempts, and the longest delay of a name.
pub const SIGN_IN_WINDOW: Duration = Duration::from_secs(15 * 60);
/// Failures of one name before it has to wait.
pub const SIGN_IN_FREE_TRIES: u32 = 5;
/// First delay of a name; doubled by each further failure.
pub const SIGN_IN_FIRST_DELAY: Duration = Duration::from_secs(30);
/// Addresses and names remembered for throttling. More: the oldest are forgotten.
pub const THROTTLE_ENTRIES: usize = 10_000;
/// Lifetime of a one-use sign-in link. Older: refused `link_spent`.
pub const SIGN_IN_LINK: Duration = Duration::from_secs(15 * 60);
/// Lifetime of a pairing code. Older: refused `pairing_code_wrong`.
pub const PAIRING_CODE: Duration = Duration::from_secs(10 * 60);
/// Longest lifetime of a token of an encoder or wall display. Older: refused `device_token_refused`.
pub const DEVICE_TOKEN_DAYS: u32 = 366;
/// Encoders and wall displays of the whole server at a time. More: refused `media_full`.
pub const FOREIGN_DEVICES: usize = 256;
/// Largest body of a trickle or restart fragment (RFC 8840). Larger: refused `body_too_large`.
pub const SDP_FRAGMENT_BYTES: usize = 8 * 1024;
/// Lifetime of a kiosk's challenge. Older: refused `kiosk_refused`.
pub const KIOSK_CHALLENGE: Duration = Duration::from_secs(60);
/// How often a socket asks whether its sign-in still stands: what is withdrawn ends within this.
pub const SIGN_IN_CHECK: Duration = Duration::from_secs(2);
/// How often the last use of a sign-in is written down.
pub const SIGN_IN_TOUCH: Duration = Duration::from_secs(60);

// --- http ----------------------------------------------------------------------------------------------------

/// Largest JSON body. Larger: refused `body_too_large`.
pub const BODY_BYTES: usize = 256 * 1024;
/// Time for a request and its answer. Longer: refused `timeout`.
pub const REQUEST: Duration = Duration::from_secs(10);
/// Time for an upload or a paper. Longer: refused `timeout`.
pub const LONG_REQUEST: Duration = Duration::from_secs(120);
/// Time for a client to send its request head. Longer: the connection is closed.
pub const REQUEST_HEAD: Duration = Duration::from_secs(10);
/// Longest name or description of a file in characters. Longer: cut.
pub const FILE_NAME: usize = 200;
/// Most bytes of a recording in one answer. A player asks for the next part by itself.
pub const RANGE_BYTES: usize = 2 * 1024 * 1024;
/// Largest request head in bytes. Larger: the connection is closed with 431.
pub const REQUEST_HEAD_BYTES: usize = 16 * 1024;
/// Connections at once. More wait in the listener's backlog.
pub const CONNECTIONS: usize = 4096;
/// Connections that have said nothing yet, also within TLS. More: the one that has waited longest is closed, so that a
/// flood of them takes no place from those who have something to say.
pub const CONNECTIONS_SILENT: usize = 512;
/// Pause after a connection could not be accepted.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Time for the rooms and connections to end at a stop. Longer: the process ends all the same.
pub const SHUTDOWN: Duration = Duration::from_secs(15);
/// Most events of one append. More: refused `invalid`; a room never decides that much at once.
pub const APPEND_EVENTS: usize = 500;
/// Events of a room's own that wait for a store that is away, an hour of a full session. Full: hashes of growing files and
/// figures of the lines are dropped first, with an error in the server's log.
pub const OWED_EVENTS: usize = 2_000;
/// Most statements of one office transaction. More: refused `invalid`; the caller splits its work.
pub const OFFICE_ROWS: usize = 500;
/// A room belongs to its node this long after the last append or renewal. Then another node may adopt it.
pub const ROOM_LEASE: Duration = Duration::from_secs(15);
/// Events of one page when a log is loaded.
pub const LOG_PAGE: u32 = 1000;
/// A PostgreSQL commit that takes longer is given up as lost; the room is told `store_unavailable`.
pub const COMMIT_TIMEOUT: Duration = Duration::from_secs(20);
/// Commits after which the write-ahead log of SQLite is written back, beside the writer.
pub const WAL_COMMITS: u64 = 128;
/// Pages of the write-ahead log at which the writer itself writes it back: only when the way beside it failed.
pub const WAL_PAGES: u32 = 16_384;

// --- papers --------------------------------------------------------------------------------------------------

/// Papers that are set at the same time. More: they wait for their turn.
pub const PAPERS_AT_ONCE: usize = 2;
/// Longest time one paper may take, on a machine that holds a call beside it. Longer: killed, `paper_time_limit`.
pub const PAPER_TIME: Duration = Duration::from_secs(60);
/// Processor time of one paper. More: killed, `paper_time_limit`.
pub const PAPER_CPU: Duration = Duration::from_secs(20);
/// Memory of one typeset process in bytes. More: it ends, `paper_memory_limit`.
pub const PAPER_MEMORY: u64 = 512 * 1024 * 1024;
/// Largest request for a paper in bytes. Larger: refused `paper_request`.
pub const PAPER_REQUEST_BYTES: usize = 8 * 1024 * 1024;
/// Largest PDF in bytes. Larger: the process gets a broken pipe, `paper_process`.
pub const PAPER_BYTES: u64 = 64 * 1024 * 1024;
/// What is kept of the reason a typeset process gives, in bytes. Longer: cut.
pub const PAPER_REASON_BYTES: u64 = 4 * 1024;
