//! Access keys (`osk-v1`) for `owner` routes and pages: issued once in clear, kept as SHA-256
//! digests in `config/access-keys.json`. The file is read for every check, so keys of another
//! process on the same data folder count at once. A key for one run is in memory alone, so that it
//! ends with the process, however that ends.

use crate::common::ids::{AgentId, fresh_uuid};
use crate::host::activity::now_ms;
use crate::storage::durable_file;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::{Mutex, MutexGuard};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io;
use std::path::{Path, PathBuf};

const PREFIX: &str = "osk-v1.";
/// Random bytes of a key.
const SECRET_BYTES: usize = 32;

/// A key as the host keeps it: all but the key itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessKey {
    /// Its number, for [`crate::Host::revoke_access_key`].
    pub id: String,
    /// What it is for, in the words of its maker.
    pub name: String,
    /// The agent it was made for, as UUID text. As in Osaurus, routes accept it with any agent.
    pub agent: Option<String>,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: u64,
    digest: String,
}

/// A fresh key; its text cannot be had again.
#[derive(Debug)]
pub struct NewAccessKey {
    /// The key, for `Authorization: Bearer <key>`.
    pub key: String,
    /// What the host keeps of it.
    pub kept: AccessKey,
}

/// Why the store of access keys could not be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the access keys in {path}: {source}; make the file readable and writable, or \
         remove it", path = path.display())]
pub struct KeyError {
    path: PathBuf,
    source: io::Error,
}

pub(crate) struct AccessKeys {
    file: PathBuf,
    changes: Mutex<()>,
    of_this_run: Mutex<Vec<AccessKey>>,
}

impl AccessKeys {
    pub(crate) fn in_folder(folder: &Path) -> AccessKeys {
        AccessKeys {
            file: folder.join("access-keys.json"),
            changes: Mutex::default(),
            of_this_run: Mutex::default(),
        }
    }

    pub(crate) fn create(
        &self,
        name: &str,
        agent: Option<AgentId>,
    ) -> Result<NewAccessKey, KeyError> {
        let new = self.fresh(name, agent)?;
        self.change(|keys| keys.push(new.kept.clone()))?;
        Ok(new)
    }

    /// A key that ends with this process.
    pub(crate) fn create_for_this_run(&self, name: &str) -> Result<NewAccessKey, KeyError> {
        let new = self.fresh(name, None)?;
        self.of_this_run().push(new.kept.clone());
        Ok(new)
    }

    fn fresh(&self, name: &str, agent: Option<AgentId>) -> Result<NewAccessKey, KeyError> {
        let key = fresh_key().map_err(|source| self.failed(source))?;
        let record = AccessKey {
            id: fresh_uuid(),
            name: name.into(),
            agent: agent.map(|agent| agent.to_string()),
            created_ms: now_ms(),
            digest: digest(&key),
        };
        Ok(NewAccessKey { key, kept: record })
    }

    fn of_this_run(&self) -> MutexGuard<'_, Vec<AccessKey>> {
        self.of_this_run.lock()
    }

    pub(crate) fn all(&self) -> Result<Vec<AccessKey>, KeyError> {
        self.read().map_err(|source| self.failed(source))
    }

    /// False when there is no such key.
    pub(crate) fn revoke(&self, id: &str) -> Result<bool, KeyError> {
        let mut exists = false;
        self.change(|keys| {
            keys.retain(|key| key.id != id || std::mem::replace(&mut exists, true));
        })?;
        Ok(exists)
    }

    /// Whether an `Authorization` header holds a key. `Bearer` is written with one capital, as
    /// Osaurus wants it.
    pub(crate) fn accept(&self, authorization: &str) -> bool {
        let key = authorization.strip_prefix("Bearer ").unwrap_or_default();
        if !key.starts_with(PREFIX) {
            return false;
        }
        // Digests of random keys: comparing them tells nothing about a key that could be guessed
        // byte by byte.
        let digest = digest(key);
        let has = |keys: &[AccessKey]| keys.iter().any(|key| key.digest == digest);
        has(&self.of_this_run()) || self.read().is_ok_and(|keys| has(&keys))
    }

    fn change(&self, change: impl FnOnce(&mut Vec<AccessKey>)) -> Result<(), KeyError> {
        let _turn = self.changes.lock();
        let changed = self.read().and_then(|mut keys| {
            change(&mut keys);
            self.write(&keys)
        });
        changed.map_err(|source| self.failed(source))
    }

    fn read(&self) -> io::Result<Vec<AccessKey>> {
        match std::fs::read(&self.file) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Replaces the file in one step; only this user may read it.
    fn write(&self, keys: &[AccessKey]) -> io::Result<()> {
        let folder = self.file.parent().unwrap_or_else(|| Path::new("."));
        std::fs::create_dir_all(folder)?;
        durable_file::write(&self.file, &serde_json::to_vec_pretty(keys)?)
    }

    fn failed(&self, source: io::Error) -> KeyError {
        let path = self.file.clone();
        KeyError { path, source }
    }
}

fn fresh_key() -> io::Result<String> {
    let mut secret = [0; SECRET_BYTES];
    io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut secret)?;
    Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(secret)))
}

fn digest(key: &str) -> String {
    let digest = Sha256::digest(key.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
