-- What lets a machine without a browser of ours in: an encoder that sends the picture and sound of a point (WHIP), or a
-- wall display that shows the public stage of one session (WHEP). Same number and meaning as
-- ../sqlite/0004_device_token.sql.

-- Shown once to an administrator or technician, typed once into the machine. Only its hash is kept.
CREATE TABLE device_token (
    token_hash    TEXT PRIMARY KEY,
    -- How lists, revocations and the log name it.
    device_id     TEXT NOT NULL UNIQUE,
    -- `encoder` for one point, `wall` for one session.
    kind          TEXT NOT NULL CHECK (kind IN ('encoder', 'wall')),
    point_id      TEXT REFERENCES point (point_id),
    session_id    TEXT REFERENCES session (session_id),
    name          TEXT NOT NULL,
    made_at_us    BIGINT NOT NULL,
    expires_at_us BIGINT NOT NULL,
    revoked_at_us BIGINT,
    CHECK ((kind = 'encoder' AND point_id IS NOT NULL AND session_id IS NULL)
        OR (kind = 'wall' AND session_id IS NOT NULL AND point_id IS NULL))
);
CREATE INDEX device_token_of_point ON device_token (point_id);
CREATE INDEX device_token_of_session ON device_token (session_id);
