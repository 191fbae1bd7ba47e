//! The payload's bytes: a fixed header, the manifest, the settings, then the archive of the
//! plugin's files and those of files that plugins share. The head can be read without touching the
//! archive, so that a manifest costs microseconds.
use crate::archive;
use crate::bytes::{u32_at, u64_at};
use crate::config::{BridgeConfig, CONFIG_FORMAT, Shared};
use crate::error::PayloadError;
use crate::files::Files;
use crate::shared::SharedArchive;
use sha2::{Digest, Sha256};
use std::path::Path;

/// First bytes of every payload.
pub const MAGIC: &[u8; 8] = b"OSRPAY\x00\x01";
/// Format number after the magic.
const FORMAT: u32 = 1;
/// magic 8, format 4, manifest length 4, settings length 4, zero 4, archive length 8, archive hash
/// 32, head hash 32.
pub const HEADER_LEN: usize = 96;
/// Where the head hash begins; it covers everything before it and the manifest and settings.
const HEAD_HASH_AT: usize = 64;
/// More than any manifest, less than any damage: guards the allocation.
const MAX_TEXT: usize = 64 << 20;
/// A little more than the most that files of 1 GiB can take when they are packed.
const MAX_ARCHIVE: u64 = (1 << 30) + (16 << 20);

/// Everything that a scripted plugin carries.
#[derive(Debug, Clone)]
pub struct Payload {
    /// Manifest JSON, exactly as the host gets it.
    pub manifest: String,
    /// The plugin's settings.
    pub config: BridgeConfig,
    archive: Vec<u8>,
    digest: [u8; 32],
    /// One for each of `config.shared`.
    shared: Vec<Vec<u8>>,
}

/// The payload's first part.
#[derive(Debug, Clone)]
pub struct PayloadHead {
    /// Manifest JSON, exactly as the host gets it.
    pub manifest: String,
    /// The plugin's settings.
    pub config: BridgeConfig,
    /// SHA-256 of the archive.
    pub digest: [u8; 32],
    /// Length of the archive in bytes.
    pub archive_len: u64,
    /// Where the archive begins inside the payload.
    pub archive_at: usize,
}

impl Payload {
    /// Packs all files below `folder`; `__pycache__` folders are left out. The same input gives the
    /// same bytes.
    pub fn from_folder(
        manifest: String,
        config: BridgeConfig,
        folder: &Path,
    ) -> Result<Self, PayloadError> {
        let archive = archive::pack(folder)?.bytes;
        let digest = Sha256::digest(&archive).into();
        Ok(Self {
            manifest,
            config,
            archive,
            digest,
            shared: Vec::new(),
        })
    }

    /// Adds files that plugins share.
    #[must_use]
    pub fn with_shared(mut self, archives: impl IntoIterator<Item = SharedArchive>) -> Self {
        for archive in archives {
            self.config.shared.push(archive.shared);
            self.shared.push(archive.bytes);
        }
        self
    }

    /// The plugin's own files.
    pub(crate) fn files(&self) -> Files {
        Files {
            digest: self.digest,
            at: 0,
            len: self.archive.len() as u64,
            is_shared: false,
        }
    }

    /// SHA-256 of the archive: the name of the plugin's files in the cache.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// The compressed files.
    pub fn archive(&self) -> &[u8] {
        &self.archive
    }

    /// The bytes that go into the library.
    pub fn to_bytes(&self) -> Result<Vec<u8>, PayloadError> {
        let config = serde_json::to_vec(&self.config).map_err(PayloadError::Config)?;
        let manifest = self.manifest.as_bytes();
        let mut out =
            Vec::with_capacity(HEADER_LEN + manifest.len() + config.len() + self.archive.len());
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&FORMAT.to_le_bytes());
        out.extend_from_slice(&text_len(manifest)?.to_le_bytes());
        out.extend_from_slice(&text_len(&config)?.to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&(self.archive.len() as u64).to_le_bytes());
        out.extend_from_slice(&self.digest);
        let hash = head_hash(&out, manifest, &config);
        out.extend_from_slice(&hash);
        out.extend_from_slice(manifest);
        out.extend_from_slice(&config);
        out.extend_from_slice(&self.archive);
        out.extend(self.shared.iter().flatten());
        Ok(out)
    }

    /// Reads a whole payload and checks the hashes of its archives.
    pub fn parse(bytes: &[u8]) -> Result<Self, PayloadError> {
        let head = PayloadHead::parse(bytes)?;
        let unpack = |files: Files| {
            let rest = bytes.get(files.at as usize..).unwrap_or_default();
            let archive = &rest[..rest.len().min(files.len as usize)];
            files.check(archive).map(|()| archive.to_vec())
        };
        let archive = unpack(head.files())?;
        let shared = head.config.shared.iter();
        let shared = shared.map(|shared| unpack(head.files_of(shared)?));
        Ok(Self {
            archive,
            digest: head.digest,
            shared: shared.collect::<Result<_, _>>()?,
            manifest: head.manifest,
            config: head.config,
        })
    }
}

impl PayloadHead {
    /// Reads manifest and settings. `bytes` may be longer than the head (the archive may follow or
    /// be missing).
    pub fn parse(bytes: &[u8]) -> Result<Self, PayloadError> {
        let (manifest_len, config_len) = text_lens(bytes)?;
        let config_at = HEADER_LEN + manifest_len;
        let archive_at = config_at + config_len;
        if bytes.len() < archive_at {
            return Err(cut(archive_at, bytes.len()));
        }
        let manifest = &bytes[HEADER_LEN..config_at];
        let config = &bytes[config_at..archive_at];
        if head_hash(&bytes[..HEAD_HASH_AT], manifest, config) != bytes[HEAD_HASH_AT..HEADER_LEN] {
            return Err(PayloadError::Damaged(
                "the hash of manifest and settings does not match".into(),
            ));
        }
        let config: BridgeConfig = serde_json::from_slice(config).map_err(PayloadError::Config)?;
        if config.format != CONFIG_FORMAT {
            return Err(PayloadError::Format {
                expected: CONFIG_FORMAT,
                found: config.format,
            });
        }
        let manifest = String::from_utf8(manifest.to_vec())
            .map_err(|e| PayloadError::Damaged(format!("the manifest is not UTF-8: {e}")))?;
        let archive_len = u64_at(bytes, 24);
        if archive_len > MAX_ARCHIVE {
            return Err(PayloadError::Damaged(format!(
                "{archive_len} bytes of files, {MAX_ARCHIVE} are allowed"
            )));
        }
        let mut digest = [0; 32];
        digest.copy_from_slice(&bytes[32..HEAD_HASH_AT]);
        Ok(Self {
            manifest,
            config,
            digest,
            archive_len,
            archive_at,
        })
    }

    /// How many bytes from the start hold the whole head, told by the first [`HEADER_LEN`] bytes.
    pub fn len_of(header: &[u8]) -> Result<usize, PayloadError> {
        let (manifest, config) = text_lens(header)?;
        Ok(HEADER_LEN + manifest + config)
    }

    /// The plugin's own files.
    pub fn files(&self) -> Files {
        Files {
            digest: self.digest,
            at: self.archive_at as u64,
            len: self.archive_len,
            is_shared: false,
        }
    }

    /// Files of `config.shared`; their archives follow the plugin's own in that order.
    ///
    /// # Errors
    /// When the settings give no such place.
    pub fn files_of(&self, shared: &Shared) -> Result<Files, PayloadError> {
        let before = self.config.shared.iter().take_while(|one| *one != shared);
        let own = self.archive_len.checked_add(self.archive_at as u64);
        let at = before.fold(own, |at, one| at?.checked_add(one.len));
        let place = at.zip(digest_of(&shared.digest));
        let (at, digest) = place.ok_or_else(|| {
            PayloadError::Damaged("its settings do not say where its shared files are".into())
        })?;
        Ok(Files {
            digest,
            at,
            len: shared.len,
            is_shared: true,
        })
    }

    /// Length of the whole payload in bytes.
    pub fn total_len(&self) -> u64 {
        let shared = self.config.shared.iter().map(|shared| shared.len);
        shared.fold(
            self.archive_len.saturating_add(self.archive_at as u64),
            u64::saturating_add,
        )
    }
}

fn digest_of(text: &str) -> Option<[u8; 32]> {
    let byte = |at: usize| u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..32).map(byte).collect();
    bytes?.try_into().ok().filter(|_| text.len() == 64)
}

fn text_lens(bytes: &[u8]) -> Result<(usize, usize), PayloadError> {
    if bytes.len() < HEADER_LEN {
        return Err(cut(HEADER_LEN, bytes.len()));
    }
    if &bytes[..8] != MAGIC {
        return Err(PayloadError::Damaged(
            "it does not begin with the payload's mark".into(),
        ));
    }
    let format = u32_at(bytes, 8);
    if format != FORMAT {
        return Err(PayloadError::Format {
            expected: FORMAT,
            found: format,
        });
    }
    let lens = (u32_at(bytes, 12) as usize, u32_at(bytes, 16) as usize);
    if lens.0 > MAX_TEXT || lens.1 > MAX_TEXT {
        return Err(PayloadError::Damaged(format!(
            "manifest and settings of {} and {} bytes",
            lens.0, lens.1
        )));
    }
    Ok(lens)
}

fn head_hash(fixed: &[u8], manifest: &[u8], config: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(fixed)
        .chain_update(manifest)
        .chain_update(config)
        .finalize()
        .into()
}

fn text_len(text: &[u8]) -> Result<u32, PayloadError> {
    if text.len() > MAX_TEXT {
        return Err(PayloadError::Library(format!(
            "manifest or settings of {} bytes; the limit is {MAX_TEXT}",
            text.len()
        )));
    }
    Ok(text.len() as u32)
}

fn cut(expected: usize, found: usize) -> PayloadError {
    PayloadError::Damaged(format!("{expected} bytes of head expected, {found} found"))
}
