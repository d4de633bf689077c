-- Jobs of manifests; their pods name them in their configs.
CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  spec TEXT NOT NULL,
  state TEXT NOT NULL
) WITHOUT ROWID;
