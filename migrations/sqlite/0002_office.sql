-- The office: units, points, people with accounts, and the projections of sessions. Same number and meaning as
-- ../postgres/0002_office.sql. Dates are ISO text; `class` is 'normal' or 'restricted'; `…_sealed` as in README.md.

CREATE TABLE unit (
    unit_id    TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    kind       TEXT NOT NULL,
    parent     TEXT REFERENCES unit (unit_id),
    valid_from TEXT NOT NULL,
    valid_to   TEXT,
    code       TEXT NOT NULL,
    place      TEXT NOT NULL,
    CHECK (valid_to IS NULL OR valid_to >= valid_from)
) STRICT;

-- Who continues the work of a unit that ended; read backwards it names predecessors.
CREATE TABLE unit_successor (
    unit_id      TEXT NOT NULL REFERENCES unit (unit_id),
    successor_id TEXT NOT NULL REFERENCES unit (unit_id),
    PRIMARY KEY (unit_id, successor_id),
    CHECK (unit_id <> successor_id)
) STRICT;

CREATE TABLE point (
    point_id   TEXT PRIMARY KEY,
    unit_id    TEXT NOT NULL REFERENCES unit (unit_id),
    name       TEXT NOT NULL,
    address    TEXT NOT NULL,
    equipment  TEXT NOT NULL,
    phone      TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to   TEXT,
    CHECK (valid_to IS NULL OR valid_to >= valid_from)
) STRICT;
CREATE INDEX point_of_unit ON point (unit_id);

CREATE TABLE device (
    device_id    TEXT PRIMARY KEY,
    point_id     TEXT NOT NULL REFERENCES point (point_id),
    kind         TEXT NOT NULL,
    name         TEXT NOT NULL,
    -- The kiosk's public key; the private half never leaves its browser.
    public_key   TEXT NOT NULL UNIQUE,
    paired_at_us INTEGER NOT NULL,
    revoked      INTEGER NOT NULL DEFAULT 0 CHECK (revoked IN (0, 1))
) STRICT;
CREATE INDEX device_of_point ON device (point_id);

-- Shown once to an administrator, typed once at the point. Only its hash is kept.
CREATE TABLE pairing_code (
    code_hash     TEXT PRIMARY KEY,
    point_id      TEXT NOT NULL REFERENCES point (point_id),
    kind          TEXT NOT NULL,
    name          TEXT NOT NULL,
    expires_at_us INTEGER NOT NULL,
    used_at_us    INTEGER
) STRICT;

CREATE TABLE user_account (
    user_id       TEXT PRIMARY KEY,
    login         TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    title         TEXT NOT NULL,
    -- argon2id in PHC form; NULL when the account signs in by other ways only.
    password_hash TEXT,
    disabled      INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1))
) STRICT;

CREATE TABLE role_grant (
    user_id TEXT NOT NULL REFERENCES user_account (user_id),
    unit_id TEXT NOT NULL REFERENCES unit (unit_id),
    role    TEXT NOT NULL,
    PRIMARY KEY (user_id, unit_id, role)
) STRICT;
CREATE INDEX role_grant_of_unit ON role_grant (unit_id);

CREATE TABLE web_session (
    token_hash    TEXT PRIMARY KEY,
    user_id       TEXT NOT NULL REFERENCES user_account (user_id),
    device_id     TEXT REFERENCES device (device_id),
    created_at_us INTEGER NOT NULL,
    seen_at_us    INTEGER NOT NULL,
    expires_at_us INTEGER NOT NULL
) STRICT;
CREATE INDEX web_session_of_user ON web_session (user_id);
CREATE INDEX web_session_expiry ON web_session (expires_at_us);

CREATE TABLE sign_in_link (
    token_hash    TEXT PRIMARY KEY,
    user_id       TEXT NOT NULL REFERENCES user_account (user_id),
    expires_at_us INTEGER NOT NULL,
    used_at_us    INTEGER
) STRICT;

CREATE TABLE ticket_used (
    jti           TEXT PRIMARY KEY,
    expires_at_us INTEGER NOT NULL
) STRICT;
CREATE INDEX ticket_used_expiry ON ticket_used (expires_at_us);

-- Projections of session logs. `seq` is the event they were last written by.
CREATE TABLE session (
    session_id   TEXT PRIMARY KEY,
    unit_id      TEXT NOT NULL REFERENCES unit (unit_id),
    title        TEXT NOT NULL,
    kind         TEXT NOT NULL,
    status       TEXT NOT NULL,
    starts_at_us INTEGER NOT NULL,
    seq          INTEGER NOT NULL
) STRICT;
CREATE INDEX session_by_start ON session (starts_at_us, session_id);

-- Names and addresses as printed on that day, not as they are now.
CREATE TABLE session_point (
    session_id TEXT NOT NULL REFERENCES session (session_id),
    point_id   TEXT NOT NULL REFERENCES point (point_id),
    unit_id    TEXT NOT NULL REFERENCES unit (unit_id),
    role       TEXT NOT NULL CHECK (role IN ('central', 'component')),
    name       TEXT NOT NULL,
    address    TEXT NOT NULL,
    PRIMARY KEY (session_id, point_id)
) STRICT;
CREATE UNIQUE INDEX one_central_point ON session_point (session_id) WHERE role = 'central';
CREATE INDEX session_point_of_unit ON session_point (unit_id);

CREATE TABLE session_function (
    session_id TEXT NOT NULL REFERENCES session (session_id),
    user_id    TEXT NOT NULL REFERENCES user_account (user_id),
    function   TEXT NOT NULL,
    point_id   TEXT NOT NULL REFERENCES point (point_id),
    name       TEXT NOT NULL,
    title      TEXT NOT NULL,
    PRIMARY KEY (session_id, user_id, function)
) STRICT;
CREATE INDEX session_function_of_user ON session_function (user_id);

CREATE TABLE visit (
    visit_id       TEXT PRIMARY KEY,
    session_id     TEXT NOT NULL REFERENCES session (session_id),
    number         INTEGER NOT NULL,
    class          TEXT NOT NULL CHECK (class IN ('normal', 'restricted')),
    status         TEXT NOT NULL,
    presented_as   TEXT NOT NULL,
    citizen_point  TEXT NOT NULL REFERENCES point (point_id),
    group_size     INTEGER NOT NULL,
    summary_sealed BLOB NOT NULL,
    case_id        TEXT,
    text_hash      TEXT,
    seq            INTEGER NOT NULL,
    UNIQUE (session_id, number)
) STRICT;

-- Agencies named for the visit; the central and the citizen's point are always in it.
CREATE TABLE visit_point (
    visit_id TEXT NOT NULL REFERENCES visit (visit_id),
    point_id TEXT NOT NULL REFERENCES point (point_id),
    PRIMARY KEY (visit_id, point_id)
) STRICT;

CREATE TABLE person (
    visit_id    TEXT NOT NULL REFERENCES visit (visit_id),
    person_id   TEXT NOT NULL,
    position    INTEGER NOT NULL,
    role        TEXT NOT NULL,
    class       TEXT NOT NULL CHECK (class IN ('normal', 'restricted')),
    data_sealed BLOB NOT NULL,
    PRIMARY KEY (visit_id, person_id)
) STRICT;

-- The matter. Its summary is sealed under the key of the visit that opened it.
CREATE TABLE case_record (
    case_id        TEXT PRIMARY KEY,
    unit_id        TEXT NOT NULL REFERENCES unit (unit_id),
    class          TEXT NOT NULL CHECK (class IN ('normal', 'restricted')),
    session_id     TEXT NOT NULL,
    visit_id       TEXT NOT NULL,
    summary_sealed BLOB NOT NULL,
    opened_at_us   INTEGER NOT NULL,
    receptions     INTEGER NOT NULL CHECK (receptions >= 1)
) STRICT;
CREATE INDEX case_record_of_unit ON case_record (unit_id, case_id);

CREATE TABLE petition (
    petition_id TEXT PRIMARY KEY,
    case_id     TEXT REFERENCES case_record (case_id),
    session_id  TEXT NOT NULL,
    visit_id    TEXT NOT NULL REFERENCES visit (visit_id),
    kind        TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    data_sealed BLOB NOT NULL,
    seq         INTEGER NOT NULL
) STRICT;
CREATE INDEX petition_of_visit ON petition (visit_id);

CREATE TABLE promise (
    promise_id  TEXT PRIMARY KEY,
    case_id     TEXT REFERENCES case_record (case_id),
    session_id  TEXT NOT NULL,
    visit_id    TEXT NOT NULL REFERENCES visit (visit_id),
    unit_id     TEXT NOT NULL REFERENCES unit (unit_id),
    -- NULL: answered on the spot.
    due         TEXT,
    kept_on     TEXT,
    data_sealed BLOB NOT NULL,
    seq         INTEGER NOT NULL
) STRICT;
CREATE INDEX promise_due ON promise (unit_id, due, promise_id);
CREATE INDEX promise_of_visit ON promise (visit_id);

-- Form 03/TCD: one number per unit and year, without holes.
CREATE TABLE register_entry (
    unit_id    TEXT NOT NULL REFERENCES unit (unit_id),
    year       INTEGER NOT NULL,
    number     INTEGER NOT NULL CHECK (number >= 1),
    session_id TEXT NOT NULL,
    visit_id   TEXT NOT NULL UNIQUE REFERENCES visit (visit_id),
    day        TEXT NOT NULL,
    class      TEXT NOT NULL CHECK (class IN ('normal', 'restricted')),
    people     INTEGER NOT NULL,
    petitions  TEXT NOT NULL,
    seq        INTEGER NOT NULL,
    PRIMARY KEY (unit_id, year, number)
) STRICT;

CREATE TABLE file (
    file_id      TEXT PRIMARY KEY,
    session_id   TEXT NOT NULL,
    visit_id     TEXT REFERENCES visit (visit_id),
    point_id     TEXT REFERENCES point (point_id),
    kind         TEXT NOT NULL,
    class        TEXT NOT NULL CHECK (class IN ('normal', 'restricted')),
    media_type   TEXT NOT NULL,
    bytes        INTEGER NOT NULL,
    -- Of the content in clear, as papers print it.
    sha256       TEXT NOT NULL,
    data_sealed  BLOB NOT NULL,
    stored_at_us INTEGER NOT NULL
) STRICT;
CREATE INDEX file_of_session ON file (session_id, visit_id);

-- What has to reach another system, written in the transaction that made it necessary.
CREATE TABLE outbox (
    outbox_id     TEXT PRIMARY KEY,
    kind          TEXT NOT NULL,
    session_id    TEXT NOT NULL,
    -- The scope whose key seals the data.
    scope         TEXT NOT NULL,
    seq           INTEGER NOT NULL,
    data_sealed   BLOB NOT NULL,
    tries         INTEGER NOT NULL DEFAULT 0,
    next_try_at_us INTEGER NOT NULL,
    done_at_us    INTEGER
) STRICT;
CREATE INDEX outbox_due ON outbox (next_try_at_us, outbox_id) WHERE done_at_us IS NULL;
