-- Tables of Screening in PostgreSQL. A node creates them at its first start; where it may not, an administrator runs this file once:
--   psql -1 -d DATABASE -f postgresql.sql
-- and grants the node's role SELECT, INSERT, UPDATE, DELETE on all four. It may be run again at any time.

-- What the database was made for (written by the first node) and the nodes' heartbeats. It comes first: where it is, the rest is ours.
CREATE TABLE IF NOT EXISTS screening_meta (
    key   text NOT NULL PRIMARY KEY,
    value text NOT NULL
) WITH (fillfactor = 50);

-- Locks of nodes against each other, each held until a time by the database's clock.
CREATE TABLE IF NOT EXISTS screening_lock (
    name  text        NOT NULL PRIMARY KEY,
    owner text        NOT NULL,
    until timestamptz NOT NULL
) WITH (fillfactor = 50);

-- journal and snapshot are Akka.Persistence.Sql's own layout (table-mapping default, tag-write-mode Csv): change nothing but storage.
--
-- Both see nothing but inserts and deletes of what a later snapshot covers: a few ten thousand rows that are replaced all the time.
-- Autovacuum's default waits for a fifth of a table to be dead; after a burst that made the table large this lets dead rows, and the
-- indexes whose keys only grow, take many times what lives. A fixed number of dead rows keeps that bound the same at every size. The
-- large values stand in TOAST tables, in rows of 2 kB, so these are given numbers of their own. The room that fillfactor leaves is for
-- the journal's one update: the last event is marked as deleted in place (HOT) before older ones are removed.
CREATE TABLE IF NOT EXISTS journal (
    ordering        bigint  GENERATED ALWAYS AS IDENTITY,
    created         bigint  NOT NULL,
    deleted         boolean NOT NULL,
    persistence_id  text    NOT NULL,
    sequence_number bigint  NOT NULL,
    message         bytea   NOT NULL,
    tags            text,
    manifest        text,
    identifier      integer,
    writer_uuid     text,
    CONSTRAINT "PK_journal" PRIMARY KEY (ordering),
    CONSTRAINT journal_uq UNIQUE (persistence_id, sequence_number)
) WITH (
    fillfactor = 90,
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 20000
);
CREATE INDEX IF NOT EXISTS journal_created_idx ON journal (created);
CREATE INDEX IF NOT EXISTS journal_sequence_number_idx ON journal (sequence_number);

CREATE TABLE IF NOT EXISTS snapshot (
    persistence_id  text    NOT NULL,
    sequence_number bigint  NOT NULL,
    created         bigint  NOT NULL,
    snapshot        bytea,
    manifest        text,
    serializer_id   integer,
    CONSTRAINT "PK_snapshot" PRIMARY KEY (persistence_id, sequence_number)
) WITH (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500,
    toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 20000
);
CREATE INDEX IF NOT EXISTS snapshot_created_idx ON snapshot (created);
CREATE INDEX IF NOT EXISTS snapshot_sequence_number_idx ON snapshot (sequence_number);
