-- Times are milliseconds since the Unix epoch, UTC. Ids are UUID text. TTNs are 16 digits as text: never a number.

CREATE TABLE office (
    id              INTEGER PRIMARY KEY CHECK (id = 1),
    name            TEXT NOT NULL,
    setup_code_hash TEXT
) STRICT;

CREATE TABLE branches (
    id     TEXT PRIMARY KEY,
    name   TEXT NOT NULL,
    city   TEXT NOT NULL,
    street TEXT NOT NULL
) STRICT;

CREATE TABLE employees (
    id            TEXT PRIMARY KEY,
    login         TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    role          TEXT NOT NULL CHECK (role IN ('clerk', 'dispatcher', 'supervisor', 'admin')),
    branch        TEXT NOT NULL REFERENCES branches (id),
    password_hash TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    disabled_at   INTEGER
) STRICT;

-- A session is one sign-in on one desktop. Only the SHA-256 of its token is kept.
CREATE TABLE sessions (
    id           TEXT PRIMARY KEY,
    token_hash   TEXT NOT NULL UNIQUE,
    employee     TEXT NOT NULL REFERENCES employees (id),
    branch       TEXT NOT NULL REFERENCES branches (id),
    station      TEXT NOT NULL,
    language     TEXT NOT NULL CHECK (language IN ('uk', 'en')),
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    ended_at     INTEGER
) STRICT;
CREATE INDEX sessions_by_employee ON sessions (employee) WHERE ended_at IS NULL;
