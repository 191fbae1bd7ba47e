//! Whether anything has changed since a plugin was built: the hash of everything that a build is
//! made from, and the payload that was made from the same. Called by both languages.

use super::{Options, digest};
use crate::failure::Failure;
use crate::project::Project;
use osaurus_payload::{Payload, PayloadInFile};
use sha2::{Digest, Sha256};
use std::path::PathBuf;

/// Of the project, what its language adds, and the files and folders that are packed. No path is
/// part of it: another folder with the same project gives the same library.
pub fn hash<'a>(
    project: &Project,
    options: &Options,
    of_language: impl IntoIterator<Item = &'a [u8]>,
    packed: impl Iterator<Item = PathBuf>,
) -> Result<String, Failure> {
    let mut hash = Sha256::new();
    let mut add = |part: &[u8]| {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    };
    add(env!("CARGO_PKG_VERSION").as_bytes());
    add(project.mode.as_str().as_bytes());
    add(options.target.name().as_bytes());
    add(&[u8::from(options.debugged)]);
    of_language.into_iter().for_each(&mut add);
    for path in packed {
        digest::add(&path, &mut add)?;
    }
    let digest = hash.finalize();
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The payload of the library that is there already, when it was made from the same and is sound.
pub fn unchanged(project: &Project, options: &Options, inputs: &str) -> Option<Payload> {
    let payload = PayloadInFile::in_library(&options.library(project)).ok()??;
    let is_same = payload.head().ok()?.config.inputs.as_deref() == Some(inputs);
    is_same.then(|| payload.payload().ok()).flatten()
}
