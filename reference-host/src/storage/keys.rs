//! The key of everything at rest: in the platform's keychain where there is one, else in a file
//! that only this user can read. Every database gets a key of its own, made from it, so that one
//! plugin cannot attach the file of another. The store and the databases unlock their connections
//! with it.

use crate::common::ids::fresh_uuid;
use crate::storage::durability::Durability;
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The name under which the keychain lists the keys.
const SERVICE: &str = "osaurus-bridge reference host";
/// The key file of a folder whose key is in the keychain: this word and the item's account.
const IN_KEYCHAIN: &str = "keychain ";

/// Where the key of a new data folder goes. A folder that has one already keeps it where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyPlace {
    /// The platform's keychain (macOS keychain, Secret Service), or the file where none answers.
    #[default]
    Keychain,
    /// The file `host.key` of the data folder, which only this user can read.
    File,
}

/// The key of a data folder, as 64 hexadecimal digits.
#[derive(Clone)]
pub(crate) struct StorageKey(String);

impl StorageKey {
    /// The key of this data folder; a new one where there is neither a key nor anything that needs
    /// it.
    pub(crate) fn of_folder(
        folder: &Path,
        place: KeyPlace,
        durability: Durability,
    ) -> io::Result<StorageKey> {
        let path = folder.join("host.key");
        match read(&path)? {
            Some(key) => Ok(key),
            None if folder.join("secrets.db").exists() => {
                Err(io::Error::other("its key is missing: restore host.key"))
            }
            None => make(&path, place, durability),
        }
    }

    /// Gives a freshly opened connection the key of the database with this name.
    pub(crate) fn unlock(&self, connection: &Connection, database: &str) -> rusqlite::Result<()> {
        let own = Sha256::new()
            .chain_update(&self.0)
            .chain_update(database)
            .finalize();
        connection.pragma_update(None, "key", format!("x'{}'", hex(&own)))?;
        connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))
    }
}

/// Two hosts that start at once end up with the same key: only the first one's file stays.
fn make(path: &Path, place: KeyPlace, durability: Durability) -> io::Result<StorageKey> {
    let (key, account) = (random_key()?, fresh_uuid());
    let item = match place {
        KeyPlace::Keychain => keep_in_keychain(&account, &key).ok(),
        KeyPlace::File => None,
    };
    let text = item
        .as_ref()
        .map_or(key, |_| format!("{IN_KEYCHAIN}{account}"));
    match write_once(path, &text, durability) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            item.map(|item| item.delete_credential());
        }
        written => written?,
    }
    read(path)?.ok_or_else(|| io::Error::other("the key file vanished while it was made"))
}

/// The item, once it reads back what was written.
fn keep_in_keychain(account: &str, key: &str) -> keyring::Result<keyring::Entry> {
    let item = keyring::Entry::new(SERVICE, account)?;
    item.set_password(key)?;
    if item.get_password()? == key {
        Ok(item)
    } else {
        Err(keyring::Error::NoEntry)
    }
}

fn write_once(path: &Path, text: &str, durability: Durability) -> io::Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    if durability == Durability::Durable {
        file.as_file().sync_all()?;
    }
    file.persist_noclobber(path)?;
    Ok(())
}

fn read(path: &Path) -> io::Result<Option<StorageKey>> {
    let text = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text?,
    };
    if std::fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        return Err(io::Error::other(
            "others may read the key; run chmod 600 on host.key",
        ));
    }
    let text = match text.trim().strip_prefix(IN_KEYCHAIN) {
        Some(account) => from_keychain(account)?,
        None => text.trim().to_string(),
    };
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(io::Error::other(
            "host.key must hold 64 hexadecimal digits; restore it",
        ));
    }
    Ok(Some(StorageKey(text)))
}

fn from_keychain(account: &str) -> io::Result<String> {
    let item = keyring::Entry::new(SERVICE, account);
    item.and_then(|item| item.get_password()).map_err(|error| {
        io::Error::other(format!(
            "its key is in the keychain as '{SERVICE}', account {account}, which cannot be read: \
             {error}"
        ))
    })
}

fn random_key() -> io::Result<String> {
    let mut bytes = [0u8; 32];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(hex(&bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_file_is_private_and_a_bad_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("host.key");
        let first =
            StorageKey::of_folder(folder.path(), KeyPlace::File, Durability::Durable).unwrap();
        let again =
            StorageKey::of_folder(folder.path(), KeyPlace::Keychain, Durability::Durable).unwrap();
        assert_eq!(first.0, again.0, "a folder keeps the key that it has");
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let refused = |why: &str| {
            let error = StorageKey::of_folder(folder.path(), KeyPlace::File, Durability::Durable);
            let text = error.err().unwrap().to_string();
            assert!(text.contains(why), "{text}");
        };
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        refused("chmod 600");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        std::fs::write(&path, "short").unwrap();
        refused("64 hexadecimal digits");
        std::fs::write(&path, format!("{IN_KEYCHAIN}absent")).unwrap();
        refused("account absent");
    }
}
