//! One way in and one way out for both library formats, and the payload that is beside a library
//! in development.
use crate::error::PayloadError;
use crate::files::Files;
use crate::format::{HEADER_LEN, Payload, PayloadHead};
use crate::{elf, macho};
use rustix::fs::{FileType, OFlags, fstat};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Puts `payload` into `library` (ELF or Mach-O, 64-bit) and returns the new library.
/// A payload that is already inside is replaced; the same input gives the same bytes.
///
/// # Errors
/// When `library` is not a shared library of a known format, was not built to carry a payload,
/// or when `payload` is not one.
pub fn inject(library: &[u8], payload: &[u8]) -> Result<Vec<u8>, PayloadError> {
    let head = PayloadHead::parse(payload)?;
    if library.starts_with(elf::MAGIC) {
        return elf::inject(library, payload);
    }
    if macho::is_macho(library) {
        return macho::inject(library, payload, &head.config.plugin_id);
    }
    Err(PayloadError::Library(format!(
        "expected an ELF or Mach-O library, found a file that begins with {:02x?}",
        library.get(..4).unwrap_or(library)
    )))
}

/// A payload inside a file, found but not read. The file stays open, so that what is read later is
/// what was found, though an upgrade or the author's next build replaces or removes it meanwhile.
#[derive(Debug, Clone)]
pub struct PayloadInFile {
    file: Arc<File>,
    path: PathBuf,
    at: u64,
    len: u64,
}

impl PayloadInFile {
    /// Looks into a library; `None` when it carries no payload.
    pub fn in_library(path: &Path) -> Result<Option<Self>, PayloadError> {
        let file = open_plain(path).map_err(PayloadError::io("open", path))?;
        let payload = locate(&file).map_err(PayloadError::io("read", path))??;
        Ok(payload.map(|(at, len)| Self {
            file: Arc::new(file),
            path: path.into(),
            at,
            len,
        }))
    }

    /// The development payload `<library stem>.osrpay` next to a library; `None` when there is
    /// none.
    pub fn beside(library: &Path) -> Result<Option<Self>, PayloadError> {
        let path = library.with_extension("osrpay");
        let file = match open_plain(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(PayloadError::io("open", &path)(source)),
        };
        let len = size(&file).map_err(PayloadError::io("open", &path))?;
        Ok(Some(Self {
            file: Arc::new(file),
            path,
            at: 0,
            len,
        }))
    }

    /// Reads manifest and settings only.
    pub fn head(&self) -> Result<PayloadHead, PayloadError> {
        let header = self.read(0, HEADER_LEN as u64)?;
        let len = PayloadHead::len_of(&header)?;
        PayloadHead::parse(&self.read(0, len as u64)?)
    }

    /// Checks the hash of the files without having them in memory, and returns the head.
    ///
    /// # Errors
    /// When anything was cut or changed.
    pub fn verify(&self) -> Result<PayloadHead, PayloadError> {
        let head = self.head()?;
        self.verify_files(&head.files())?;
        for shared in &head.config.shared {
            self.verify_files(&head.files_of(shared)?)?;
        }
        Ok(head)
    }

    fn verify_files(&self, files: &Files) -> Result<(), PayloadError> {
        let bytes = self.len.saturating_sub(files.at);
        if bytes < files.len {
            return Err(crate::files::cut_files(files.len, bytes));
        }
        let (mut hasher, mut done) = (Sha256::new(), 0);
        while done < files.len {
            let piece = self.read(files.at + done, PIECE.min(files.len - done))?;
            if piece.is_empty() {
                return Err(crate::files::cut_files(files.len, done));
            }
            hasher.update(&piece);
            done += piece.len() as u64;
        }
        if hasher.finalize().as_slice() == files.digest {
            return Ok(());
        }
        Err(crate::files::wrong_files())
    }

    /// Reads an archive, unchecked.
    pub fn archive(&self, files: &Files) -> Result<Vec<u8>, PayloadError> {
        self.read(files.at, files.len.min(MAX_ARCHIVE))
    }

    /// Reads as much as there can be, the files unchecked.
    pub fn bytes(&self) -> Result<Vec<u8>, PayloadError> {
        let head = self.head()?;
        let shared = head.config.shared.iter().map(|shared| shared.len);
        let len = shared.fold(head.total_len(), u64::saturating_add);
        self.read(0, len.min(MAX_PAYLOAD))
    }

    /// Reads it all and checks the hashes.
    pub fn payload(&self) -> Result<Payload, PayloadError> {
        Payload::parse(&self.bytes()?)
    }

    /// The file that holds the payload.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn read(&self, from: u64, len: u64) -> Result<Vec<u8>, PayloadError> {
        read_at(&self.file, self.at.saturating_add(from), len.min(self.len))
            .map_err(PayloadError::io("read the payload in", &self.path))
    }
}

/// The payload's bytes in a library, `None` when it carries none. Not checked: see
/// [`Payload::parse`].
pub fn read_from_file(path: &Path) -> Result<Option<Vec<u8>>, PayloadError> {
    PayloadInFile::in_library(path)?
        .map(|found| found.bytes())
        .transpose()
}

type Located = Result<Option<(u64, u64)>, PayloadError>;

/// Tables of a library beyond this are not read: no linker makes them.
const MAX_TABLE: u64 = 16 << 20;
/// How much is read at a time where the whole is not needed.
const PIECE: u64 = 1 << 20;
/// No archive is longer, nor are all of a payload together.
const MAX_ARCHIVE: u64 = (1 << 30) + (16 << 20);
const MAX_PAYLOAD: u64 = 4 << 30;

/// A pipe or a device would keep its reader forever.
fn open_plain(path: &Path) -> std::io::Result<File> {
    let file = File::options()
        .read(true)
        .custom_flags(OFlags::NONBLOCK.bits() as i32)
        .open(path)?;
    if FileType::from_raw_mode(fstat(&file)?.st_mode).is_file() {
        return Ok(file);
    }
    Err(std::io::Error::other(
        "expected a file, found a folder, pipe or device",
    ))
}

/// Not by `File::metadata`, which a load would have to touch more of std for.
fn size(file: &File) -> std::io::Result<u64> {
    Ok(u64::try_from(fstat(file)?.st_size).unwrap_or_default())
}

fn locate(file: &File) -> std::io::Result<Located> {
    let start = read_at(file, 0, elf::HEADER as u64)?;
    if macho::is_macho(&start) {
        let commands = (macho::commands_len(&start) as u64).min(MAX_TABLE);
        let head = read_at(file, 0, commands)?;
        return Ok(Ok(macho::find(&head)));
    }
    if !start.starts_with(elf::MAGIC) {
        return Ok(Err(PayloadError::Library(
            "expected an ELF or Mach-O library".into(),
        )));
    }
    let table = match elf::table(&start) {
        Ok(table) => table,
        Err(error) => return Ok(Err(error)),
    };
    let length = size(file)?;
    let entries = read_at(file, table.at, table.count as u64 * 64)?;
    let needed = table.at.saturating_add(table.count as u64 * 64);
    let names_entry = entries.get(table.names * 64..(table.names + 1) * 64);
    let Some(names_entry) = names_entry.filter(|_| needed <= length) else {
        return Ok(Err(cut_library(needed, length)));
    };
    let (at, len) = elf::range(names_entry);
    let names = read_at(file, at, len.min(MAX_TABLE))?;
    let section = elf::find(&entries, &names);
    Ok(match section {
        Some((at, len)) if at.saturating_add(len) > length => {
            Err(cut_library(at.saturating_add(len), length))
        }
        section => Ok(section),
    })
}

fn cut_library(needed: u64, found: u64) -> PayloadError {
    PayloadError::Damaged(format!(
        "the library is cut: its tables need {needed} bytes, the file has {found}"
    ))
}

/// Reads up to `len` bytes; fewer at the end of the file, so a false length cannot take all memory.
fn read_at(file: &File, at: u64, len: u64) -> std::io::Result<Vec<u8>> {
    let remaining = size(file)?.saturating_sub(at);
    let mut out = vec![0; usize::try_from(len.min(remaining)).unwrap_or(usize::MAX)];
    file.read_exact_at(&mut out, at)?;
    Ok(out)
}
