//! Unpacks a checked archive into an empty folder, never more than its records promise.

use super::structure::{Entry, entries};
use crate::package::problem::Problem;
use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Permissions that are kept: only the owner may write.
const KEPT: u32 = 0o777 & !0o022;

/// Unpacks the archive `bytes` into `folder`, which is empty.
pub fn extract(bytes: &[u8], folder: &Path) -> Result<(), Problem> {
    let entries = entries(bytes)?;
    for entry in &entries {
        let path = folder.join(&entry.name);
        let result = if entry.is_folder {
            std::fs::create_dir_all(&path)
        } else {
            let data = data(bytes, entry)?;
            write(&path, &data, entry.mode)
        };
        result.map_err(|error| cannot_write(entry, &error))?;
    }
    // Last, so that a folder that may not be written to gets its files first.
    let folders = entries.iter().rev().filter(|entry| entry.is_folder);
    for entry in folders {
        let mode = entry.mode.map_or(0o700, |mode| mode & KEPT | 0o700);
        std::fs::set_permissions(
            folder.join(&entry.name),
            std::fs::Permissions::from_mode(mode),
        )
        .map_err(|error| cannot_write(entry, &error))?;
    }
    Ok(())
}

fn cannot_write(entry: &Entry, error: &std::io::Error) -> Problem {
    Problem::new(
        "unpack",
        format!("{:?} cannot be written: {error}", entry.name),
    )
}

fn write(path: &Path, data: &[u8], mode: Option<u32>) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, data)?;
    let mode = mode.map_or(0o600, |mode| mode & KEPT);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

fn data(bytes: &[u8], entry: &Entry) -> Result<Vec<u8>, Problem> {
    let packed = &bytes[entry.data.clone()];
    let data = if entry.deflated {
        inflate(packed, entry)?
    } else {
        packed.to_vec()
    };
    let mut crc = Crc::new();
    crc.update(&data);
    if crc.sum() != entry.crc {
        let what = format!(
            "the data of {:?} are not what its checksum says",
            entry.name
        );
        return Err(Problem::new("checksum", what));
    }
    Ok(data)
}

fn inflate(packed: &[u8], entry: &Entry) -> Result<Vec<u8>, Problem> {
    let mut decoder = DeflateDecoder::new(packed);
    let mut data = Vec::new();
    let result = decoder.by_ref().take(entry.size + 1).read_to_end(&mut data);
    let fits = data.len() as u64 == entry.size && decoder.total_in() == packed.len() as u64;
    if result.is_ok() && fits {
        return Ok(data);
    }
    let what = format!(
        "the data of {:?} do not unpack to {} bytes",
        entry.name, entry.size
    );
    Err(Problem::new("compressed-data", what))
}
