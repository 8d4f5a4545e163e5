-- Times are Unix milliseconds, UTC. `data` is one zstd frame (store/payload.py) and stands last in
-- its row: a list that reads the columns before it never walks through its pages.

CREATE TABLE workflows (
    id             TEXT PRIMARY KEY NOT NULL,
    name           TEXT NOT NULL,
    updated_at     INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    description    TEXT NOT NULL DEFAULT '',
    folder         TEXT NOT NULL DEFAULT '',
    digest         TEXT NOT NULL,
    document_bytes INTEGER NOT NULL,
    block_count    INTEGER NOT NULL,
    edge_count     INTEGER NOT NULL,
    source         TEXT NOT NULL DEFAULT '',
    deleted_at     INTEGER,
    data           BLOB NOT NULL
);

CREATE INDEX workflows_updated ON workflows (updated_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX workflows_deleted ON workflows (updated_at DESC, id DESC) WHERE deleted_at IS NOT NULL;
CREATE INDEX workflows_folder  ON workflows (folder, name);
CREATE INDEX workflows_name    ON workflows (name);

CREATE TABLE workflow_versions (
    workflow_id    TEXT NOT NULL REFERENCES workflows (id) ON DELETE CASCADE,
    number         INTEGER NOT NULL,
    digest         TEXT NOT NULL,
    name           TEXT NOT NULL,
    saved_at       INTEGER NOT NULL,
    document_bytes INTEGER NOT NULL,
    block_count    INTEGER NOT NULL,
    edge_count     INTEGER NOT NULL,
    data           BLOB NOT NULL,
    PRIMARY KEY (workflow_id, number),
    UNIQUE (workflow_id, digest)
);

-- the secrets that the current document names, as {{NAME}}
CREATE TABLE workflow_needs (
    workflow_id TEXT NOT NULL REFERENCES workflows (id) ON DELETE CASCADE,
    name        TEXT NOT NULL,
    PRIMARY KEY (workflow_id, name)
);

CREATE INDEX workflow_needs_name ON workflow_needs (name);

-- a folder that an export named: its real segments, Sim's id and place; empty ones among them
CREATE TABLE folders (
    path       TEXT PRIMARY KEY NOT NULL,
    segments   TEXT NOT NULL,
    id         TEXT,
    sort_order INTEGER
);

CREATE TABLE runs (
    id             TEXT PRIMARY KEY NOT NULL,
    workflow_id    TEXT NOT NULL REFERENCES workflows (id),
    status         TEXT NOT NULL,
    started_at     INTEGER NOT NULL,
    duration_ms    INTEGER,
    summary_json   TEXT,
    trigger        TEXT,
    cost_usd       REAL,
    tokens         INTEGER,
    error          TEXT,
    version_digest TEXT,
    source         TEXT
);

-- the status is there so that a list can be filtered by the last run's without reading the run
CREATE INDEX runs_of_workflow ON runs (workflow_id, started_at DESC, id DESC, status);

CREATE TABLE settings (
    key   TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
);

CREATE TABLE secrets (
    provider        TEXT PRIMARY KEY NOT NULL,
    encrypted_value BLOB NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL
);

-- the search index has keys of its own: an implicit rowid is renumbered by a rebuild or a dump
CREATE TABLE search_items (
    n    INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    ref  TEXT NOT NULL,
    UNIQUE (kind, ref)
);

CREATE VIRTUAL TABLE search USING fts5 (
    title, body,
    content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
);
