//! Signatures of minisign in the form that Osaurus verifies: over the file itself (`Ed`), not over
//! its hash, which is what minisign makes unless it is told otherwise. The same key and comments
//! give the same bytes as minisign's.

use crate::failure::{Failure, OrFail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_compact::SecretKey as Ed25519;
use minisign::{SecretKey, SecretKeyBox};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// What minisign writes above a signature.
pub const UNTRUSTED_COMMENT: &str = "signature from minisign secret key";
/// Names the password of the key.
const PASSWORD_VARIABLE: &str = "MINISIGN_PASSWORD";

/// Algorithm, key derivation, checksum algorithm, salt and two limits stand before the key's
/// number.
const NUMBER: usize = 54;
const SECRET: usize = NUMBER + 8;
const PUBLIC: usize = SECRET + 32;
const KEY_END: usize = PUBLIC + 32;
const KEY_LEN: usize = KEY_END + 32;
const ALGORITHM: &[u8] = b"Ed";

/// The author's key, as options.
#[derive(clap::Args)]
pub struct KeyFile {
    /// The secret key that minisign made; its password is taken from --password-file or
    /// $MINISIGN_PASSWORD
    #[arg(long = "key", value_name = "FILE")]
    path: Option<PathBuf>,
    /// A file with the key's password in its first line
    #[arg(long, value_name = "FILE", requires = "path")]
    password_file: Option<PathBuf>,
}

impl KeyFile {
    /// Whether there is one.
    pub fn is_given(&self) -> bool {
        self.path.is_some()
    }

    /// Reads and decrypts it.
    pub fn read(&self) -> Result<Key, Failure> {
        let Some(path) = &self.path else {
            return Err(Failure::new(
                "no key to sign with was named",
                "add --key FILE; minisign -G makes a key",
            ));
        };
        let text = std::fs::read_to_string(path).or_fail(
            format!("cannot read the key {}", path.display()),
            "name the secret key that minisign -G wrote",
        )?;
        Key::parse(&text, || self.password())
            .map_err(|error| Failure::new(format!("{}: {}", path.display(), error.0), error.1))
    }

    fn password(&self) -> Result<String, KeyError> {
        if let Some(path) = &self.password_file {
            let text = std::fs::read_to_string(path).map_err(|error| {
                KeyError(
                    format!(
                        "its password cannot be read from {}: {error}",
                        path.display()
                    ),
                    "check --password-file",
                )
            })?;
            return Ok(text.lines().next().unwrap_or_default().to_string());
        }
        std::env::var(PASSWORD_VARIABLE).map_err(|_| {
            KeyError(
                format!("the key is encrypted, and ${PASSWORD_VARIABLE} is not set"),
                "set it to the key's password, or name a file with --password-file",
            )
        })
    }
}

/// What is wrong with a key, and what to do.
struct KeyError(String, &'static str);

/// A key that can sign.
pub struct Key {
    number: [u8; 8],
    secret: Ed25519,
    public: [u8; 32],
}

impl Key {
    fn parse(
        text: &str,
        password: impl FnOnce() -> Result<String, KeyError>,
    ) -> Result<Key, KeyError> {
        let broken = || {
            KeyError(
                "it is not a secret key of minisign".into(),
                "name the file that minisign -G wrote",
            )
        };
        let line = text.lines().nth(1).ok_or_else(broken)?;
        let bytes = STANDARD.decode(line.trim()).map_err(|_| broken())?;
        if bytes.len() != KEY_LEN || !bytes.starts_with(ALGORITHM) {
            return Err(broken());
        }
        // Keys without a password have no key derivation, and old versions of minisign left their
        // checksum empty.
        if bytes[2..4] == [0, 0] {
            return Key::from_bytes(&bytes).ok_or_else(broken);
        }
        let locked = SecretKeyBox::from_string(text).map_err(|_| broken())?;
        let key: SecretKey = locked.into_secret_key(Some(password()?)).map_err(|error| {
            KeyError(
                format!("it cannot be decrypted: {error}"),
                "check the password",
            )
        })?;
        Key::from_bytes(&key.to_bytes()).ok_or_else(broken)
    }

    fn from_bytes(bytes: &[u8]) -> Option<Key> {
        Some(Key {
            number: bytes.get(NUMBER..SECRET)?.try_into().ok()?,
            secret: Ed25519::from_slice(bytes.get(SECRET..KEY_END)?).ok()?,
            public: bytes.get(PUBLIC..KEY_END)?.try_into().ok()?,
        })
    }

    /// The public key, as in the registry.
    pub fn public_key(&self) -> String {
        STANDARD.encode([ALGORITHM, &self.number, &self.public].concat())
    }

    /// The four lines of a signature.
    pub fn sign(&self, bytes: &[u8], trusted: &str, untrusted: &str) -> Result<String, Failure> {
        if [trusted, untrusted]
            .iter()
            .any(|comment| comment.contains(['\n', '\r']))
        {
            return Err(Failure::new(
                "a comment of a signature has more than one line",
                "leave the line breaks out",
            ));
        }
        let signature = self.secret.sign(bytes, None);
        let signed = [&signature[..], trusted.as_bytes()].concat();
        let whole = self.secret.sign(signed, None);
        let first = STANDARD.encode([ALGORITHM, &self.number, &signature[..]].concat());
        let last = STANDARD.encode(&whole[..]);
        Ok(format!(
            "untrusted comment: {untrusted}\n{first}\ntrusted comment: {trusted}\n{last}\n"
        ))
    }
}

/// What minisign signs with a file unless it is told otherwise.
pub fn trusted_comment(file: &str) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    format!("timestamp:{}\tfile:{file}", now.as_secs())
}
