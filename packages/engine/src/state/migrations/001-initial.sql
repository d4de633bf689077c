CREATE TABLE pods (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  phase TEXT NOT NULL,
  owner TEXT,
  created INTEGER NOT NULL,
  config TEXT NOT NULL,
  state TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE containers (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  pod_id TEXT NOT NULL,
  image_id TEXT NOT NULL,
  phase TEXT NOT NULL,
  owner TEXT,
  created INTEGER NOT NULL,
  config TEXT NOT NULL,
  state TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX containers_by_pod ON containers (pod_id) WHERE pod_id <> '';
CREATE INDEX containers_by_image ON containers (image_id);
CREATE INDEX containers_unfinished ON containers (phase) WHERE phase <> 'ready';
CREATE INDEX pods_unfinished ON pods (phase) WHERE phase <> 'ready';

CREATE TABLE container_dependencies (
  container_id TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
  dependency_id TEXT NOT NULL,
  PRIMARY KEY (container_id, dependency_id)
) WITHOUT ROWID;
CREATE INDEX dependencies_by_target ON container_dependencies (dependency_id);

CREATE TABLE container_volumes (
  container_id TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
  volume TEXT NOT NULL,
  PRIMARY KEY (container_id, volume)
) WITHOUT ROWID;
CREATE INDEX container_volumes_by_name ON container_volumes (volume);

CREATE TABLE images (
  id TEXT PRIMARY KEY,
  digest TEXT NOT NULL,
  stored INTEGER NOT NULL,
  record TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX images_by_digest ON images (digest);

CREATE TABLE image_names (
  name TEXT PRIMARY KEY,
  image_id TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  position INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX image_names_by_image ON image_names (image_id);

CREATE TABLE image_layers (
  image_id TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  chain_id TEXT NOT NULL,
  PRIMARY KEY (image_id, chain_id)
) WITHOUT ROWID;
CREATE INDEX image_layers_by_chain ON image_layers (chain_id);

CREATE TABLE layers (
  chain_id TEXT PRIMARY KEY,
  record TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE layer_blobs (
  digest TEXT NOT NULL,
  chain_id TEXT NOT NULL REFERENCES layers (chain_id) ON DELETE CASCADE,
  PRIMARY KEY (digest, chain_id)
) WITHOUT ROWID;

CREATE TABLE volumes (
  name TEXT PRIMARY KEY,
  record TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE networks (
  name TEXT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  record TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE leases (
  network TEXT NOT NULL,
  address TEXT NOT NULL,
  owner TEXT NOT NULL,
  mac TEXT NOT NULL,
  interface TEXT NOT NULL,
  PRIMARY KEY (network, address)
) WITHOUT ROWID;
CREATE INDEX leases_by_owner ON leases (owner);

CREATE TABLE serials (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) WITHOUT ROWID;
