-- Backups that were made, files that belong to workflows, and what runs left behind.
-- Times are Unix milliseconds, UTC.

-- == backups

-- each attempt to make one, also those that failed: a name is there when a backup is. Where its file
-- has gone since, the row is no backup
CREATE TABLE backups_made (
    number      INTEGER PRIMARY KEY,
    name        TEXT UNIQUE,
    reason      TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    is_good     INTEGER NOT NULL,
    words       TEXT NOT NULL DEFAULT '',
    size_bytes  INTEGER,
    workflows   INTEGER,
    runs        INTEGER,
    duration_ms INTEGER,
    proven_at   INTEGER,
    proof_ms    INTEGER
);

-- == assets

-- a file's bytes, once for all workflows that have it; `digest` is the SHA-256 of them, and NULL
-- while they come in and when no workflow has them any more: then the row and its pieces go
CREATE TABLE asset_contents (
    id         TEXT PRIMARY KEY NOT NULL,
    digest     TEXT UNIQUE,
    size_bytes INTEGER NOT NULL,
    touched_at INTEGER NOT NULL
);

-- each a zstd frame where that is smaller, else as it is (`packed` 0)
CREATE TABLE asset_pieces (
    content_id TEXT NOT NULL REFERENCES asset_contents (id) ON DELETE CASCADE,
    number     INTEGER NOT NULL,
    packed     INTEGER NOT NULL,
    data       BLOB NOT NULL,
    PRIMARY KEY (content_id, number)
);

CREATE TABLE assets (
    workflow_id TEXT NOT NULL REFERENCES workflows (id) ON DELETE CASCADE,
    name        TEXT NOT NULL,
    digest      TEXT NOT NULL REFERENCES asset_contents (digest),
    added_at    INTEGER NOT NULL,
    PRIMARY KEY (workflow_id, name)
);

CREATE INDEX assets_digest ON assets (digest);

-- == encryption

-- moves with every change of the ways in, here and in simai.keys beside an encrypted library
ALTER TABLE vault ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;

-- == runs

-- `number` is a run's own key, by which its spans, log lines and payloads hang on it. `place` is
-- where it stands in the list of all runs: its start, shifted by 16 bits, and a count within that
-- millisecond. So one small integer ends each index below, and a page by any of them is in order.
ALTER TABLE runs ADD COLUMN number INTEGER;
ALTER TABLE runs ADD COLUMN place INTEGER;
ALTER TABLE runs ADD COLUMN level TEXT;
ALTER TABLE runs ADD COLUMN ended_at INTEGER;
-- 1 once an `end` came with its duration, 2 once one came without (store/runs.py)
ALTER TABLE runs ADD COLUMN has_end INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN kept_bytes INTEGER NOT NULL DEFAULT 0;

-- a range of costs or durations is a few whole bands and two in part: pages of it stay in order
ALTER TABLE runs ADD COLUMN cost_band INTEGER GENERATED ALWAYS AS (CASE
    WHEN cost_usd IS NULL THEN NULL WHEN cost_usd <= 0 THEN 0
    WHEN cost_usd < 0.0001 THEN 1 WHEN cost_usd < 0.0003 THEN 2
    WHEN cost_usd < 0.001 THEN 3 WHEN cost_usd < 0.003 THEN 4
    WHEN cost_usd < 0.01 THEN 5 WHEN cost_usd < 0.03 THEN 6
    WHEN cost_usd < 0.1 THEN 7 WHEN cost_usd < 0.3 THEN 8
    WHEN cost_usd < 1 THEN 9 WHEN cost_usd < 3 THEN 10
    WHEN cost_usd < 10 THEN 11 ELSE 12 END) VIRTUAL;
ALTER TABLE runs ADD COLUMN duration_band INTEGER GENERATED ALWAYS AS (CASE
    WHEN duration_ms IS NULL THEN NULL WHEN duration_ms < 100 THEN 0
    WHEN duration_ms < 300 THEN 1 WHEN duration_ms < 1000 THEN 2
    WHEN duration_ms < 3000 THEN 3 WHEN duration_ms < 10000 THEN 4
    WHEN duration_ms < 20000 THEN 5 WHEN duration_ms < 30000 THEN 6
    WHEN duration_ms < 60000 THEN 7 WHEN duration_ms < 180000 THEN 8
    WHEN duration_ms < 600000 THEN 9 WHEN duration_ms < 3600000 THEN 10 ELSE 11 END) VIRTUAL;

UPDATE runs SET number = o.number, place = o.place FROM (
    SELECT id, row_number() OVER (ORDER BY started_at, id) AS number,
           started_at * 65536 + row_number() OVER (PARTITION BY started_at ORDER BY id) - 1 AS place
      FROM runs) AS o
 WHERE o.id = runs.id;

DROP INDEX runs_of_workflow;
CREATE UNIQUE INDEX runs_number   ON runs (number);
CREATE UNIQUE INDEX runs_place    ON runs (place);
-- the status is there so that a list can be filtered by the last run's without reading the run
CREATE INDEX        runs_workflow ON runs (workflow_id, place, status);
CREATE INDEX        runs_status   ON runs (status, place);
CREATE INDEX        runs_trigger  ON runs (trigger, place);
CREATE INDEX        runs_level    ON runs (level, place);
CREATE INDEX        runs_cost     ON runs (cost_band, place, cost_usd);
CREATE INDEX        runs_duration ON runs (duration_band, place, duration_ms);
CREATE INDEX        runs_cost_usd    ON runs (cost_usd, place);
CREATE INDEX        runs_duration_ms ON runs (duration_ms, place);
CREATE INDEX        runs_pinned   ON runs (pinned, place);

-- each JSON: as it is where it is short, else one zstd frame (store/payload.py)
CREATE TABLE run_payloads (
    run_number INTEGER PRIMARY KEY NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
    input      BLOB,
    output     BLOB,
    more       BLOB
);

CREATE TABLE spans (
    run_number  INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
    id          TEXT NOT NULL,
    seq         INTEGER NOT NULL,
    parent_id   TEXT,
    name        TEXT NOT NULL,
    type        TEXT,
    status      TEXT,
    started_at  INTEGER NOT NULL,
    duration_ms INTEGER,
    block_id    TEXT,
    error       TEXT,
    model       TEXT,
    tokens      INTEGER,
    cost_usd    REAL,
    payload     BLOB,
    PRIMARY KEY (run_number, id)
) WITHOUT ROWID;

CREATE TABLE log_lines (
    run_number INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
    seq        INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    level      TEXT NOT NULL,
    block_id   TEXT,
    block_name TEXT,
    message    TEXT NOT NULL,
    more       BLOB,
    PRIMARY KEY (run_number, seq)
) WITHOUT ROWID;

CREATE INDEX log_lines_level ON log_lines (run_number, level, seq);

-- keyed by `runs.place`: what a search finds comes newest first, without a sort
CREATE VIRTUAL TABLE run_search USING fts5 (
    body, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2',
    prefix = '1 2 3'
);

-- keyed by the run's number, shifted by 32 bits, and the line's: the lines of a run lie together
CREATE VIRTUAL TABLE log_search USING fts5 (
    message, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2',
    prefix = '1 2 3'
);

-- == extractions

-- each time that a database of Sim was read. `selection` is a digest of which database, and what of
-- it; `place`: how far it got; `report`: JSON, true for what came up to there
CREATE TABLE extractions (
    number     INTEGER PRIMARY KEY,
    source     TEXT NOT NULL,
    selection  TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    place      TEXT NOT NULL DEFAULT '',
    report     TEXT NOT NULL
);

-- what came, as it was there when it was taken last: `digest` tells whether it has changed since,
-- there or here. `about` is JSON: what of it has no other place in the library
CREATE TABLE extracted (
    kind        TEXT NOT NULL,
    id          TEXT NOT NULL,
    workflow_id TEXT,
    digest      TEXT NOT NULL,
    about       TEXT,
    PRIMARY KEY (kind, id)
);

CREATE INDEX extracted_workflow ON extracted (workflow_id, kind);
