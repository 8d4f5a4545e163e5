-- The vault: which data key is in force, the ways to it, and the keys before it, each wrapped by the
-- one that is in force. Nothing here opens without a password, a code or the keyring.

CREATE TABLE vault (
    only       INTEGER PRIMARY KEY CHECK (only = 1),
    store_id   TEXT NOT NULL,
    key_id     BLOB NOT NULL,
    created_at INTEGER NOT NULL
);

CREATE TABLE vault_slots (
    number INTEGER PRIMARY KEY,
    packed BLOB NOT NULL
);

CREATE TABLE vault_retired_keys (
    key_id     BLOB PRIMARY KEY NOT NULL,
    sealed     BLOB NOT NULL,
    retired_at INTEGER NOT NULL
);
