-- Secrets by id; their bytes are in files of that name, not here.

CREATE TABLE secrets (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  record TEXT NOT NULL
) WITHOUT ROWID;
