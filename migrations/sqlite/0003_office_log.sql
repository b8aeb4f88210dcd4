-- Logs of office data, one per unit and one of the installation, in `session_event` beside those of sessions: the column
-- `session_id` there, in `scope_key` and in `checkpoint` names the log: a session's id, `unit:<id>` or
-- `installation:<id>`. Same number and meaning as ../postgres/0003_office_log.sql.

-- From this moment every row of the office stands in a log; NULL until the rows of an older release were taken over.
ALTER TABLE installation ADD COLUMN office_from_us INTEGER;
