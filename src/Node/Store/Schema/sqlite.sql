-- Tables of Screening in SQLite. A node creates them at its first start.

-- What the file was made for, and the node's heartbeat. It comes first: where it is, the rest is ours.
CREATE TABLE IF NOT EXISTS screening_meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- journal and snapshot are Akka.Persistence.Sql's own layout (table-mapping default, tag-write-mode Csv). There is no screening_lock:
-- a file belongs to one node.
CREATE TABLE IF NOT EXISTS journal (
    ordering        INTEGER       NOT NULL PRIMARY KEY AUTOINCREMENT,
    created         INTEGER       NOT NULL,
    deleted         Bit           NOT NULL,
    persistence_id  NVarChar(255) NOT NULL,
    sequence_number INTEGER       NOT NULL,
    message         VarBinary     NOT NULL,
    tags            NVarChar(100),
    manifest        NVarChar(500),
    identifier      INTEGER,
    writer_uuid     NVarChar(128)
);
CREATE UNIQUE INDEX IF NOT EXISTS journal_uq ON journal (persistence_id, sequence_number);
CREATE INDEX IF NOT EXISTS journal_created_idx ON journal (created);
CREATE INDEX IF NOT EXISTS journal_sequence_number_idx ON journal (sequence_number);

CREATE TABLE IF NOT EXISTS snapshot (
    persistence_id  NVarChar(255) NOT NULL,
    sequence_number INTEGER       NOT NULL,
    created         INTEGER       NOT NULL,
    snapshot        VarBinary,
    manifest        NVarChar(500),
    serializer_id   INTEGER,
    CONSTRAINT PK_snapshot PRIMARY KEY (persistence_id, sequence_number)
);
CREATE INDEX IF NOT EXISTS snapshot_created_idx ON snapshot (created);
CREATE INDEX IF NOT EXISTS snapshot_sequence_number_idx ON snapshot (sequence_number);
