-- The log, its keys and everything that proves it. Same number and meaning as ../sqlite/0001_log.sql.
-- Three types only: BIGINT (64 bits; moments are microseconds UTC), TEXT (ids, codes, hex), BYTEA.

CREATE TABLE installation (
    only_row        BIGINT PRIMARY KEY CHECK (only_row = 1),
    installation_id TEXT NOT NULL,
    -- A constant sealed under each wrapping key: a database with foreign keys is refused at start, not at the first visit.
    check_normal     BYTEA NOT NULL,
    check_restricted BYTEA NOT NULL
);

CREATE TABLE signing_key (
    key_id                TEXT PRIMARY KEY,
    public_key            TEXT NOT NULL,
    valid_from_us         BIGINT NOT NULL UNIQUE,
    predecessor           TEXT REFERENCES signing_key (key_id),
    own_signature         TEXT NOT NULL,
    predecessor_signature TEXT
);

CREATE TABLE session_event (
    session_id  TEXT NOT NULL,
    seq         BIGINT NOT NULL,
    at_us       BIGINT NOT NULL,
    boot_id     TEXT NOT NULL,
    mono_us     BIGINT NOT NULL,
    kind        TEXT NOT NULL,
    v           BIGINT NOT NULL,
    command_id  TEXT NOT NULL,
    part        BIGINT NOT NULL,
    actor       TEXT NOT NULL,
    scope       TEXT NOT NULL,
    -- The exact bytes that body_digest is over; NULL only after an erasure.
    body        BYTEA,
    body_digest TEXT NOT NULL,
    prev_hash   TEXT NOT NULL,
    hash        TEXT NOT NULL,
    PRIMARY KEY (session_id, seq),
    UNIQUE (session_id, command_id, part)
);

CREATE TABLE scope_key (
    session_id      TEXT NOT NULL,
    scope           TEXT NOT NULL,
    class           TEXT NOT NULL CHECK (class IN ('normal', 'restricted')),
    -- NULL after an erasure.
    wrapped         BYTEA,
    created_at_us   BIGINT NOT NULL,
    destroyed_at_us BIGINT,
    PRIMARY KEY (session_id, scope),
    CHECK ((wrapped IS NULL) = (destroyed_at_us IS NOT NULL))
);

CREATE TABLE checkpoint (
    session_id TEXT NOT NULL,
    seq        BIGINT NOT NULL,
    head       TEXT NOT NULL,
    at_us      BIGINT NOT NULL,
    reason     TEXT NOT NULL,
    key_id     TEXT NOT NULL REFERENCES signing_key (key_id),
    signature  TEXT NOT NULL,
    PRIMARY KEY (session_id, seq)
);

CREATE TABLE anchor (
    at_us  BIGINT PRIMARY KEY,
    -- The file as it was sent.
    file   TEXT NOT NULL
);

CREATE TABLE room_lease (
    session_id TEXT PRIMARY KEY,
    epoch      BIGINT NOT NULL,
    owner      TEXT NOT NULL,
    until_us   BIGINT NOT NULL
);

-- Draft text of minutes; the frozen text is in the log.
CREATE TABLE minutes_block (
    session_id  TEXT NOT NULL,
    visit_id    TEXT NOT NULL,
    block_id    TEXT NOT NULL,
    kind        TEXT NOT NULL,
    revision    BIGINT NOT NULL,
    text_sealed BYTEA NOT NULL,
    author      TEXT NOT NULL,
    at_us       BIGINT NOT NULL,
    PRIMARY KEY (session_id, visit_id, block_id)
);
