//! Whether anything has changed since a plugin was built: the hash of everything that a build is
//! made from, and the payload that was made from the same.

use super::dependencies;
use super::requirements::Requirements;
use crate::build::{Options, digest};
use crate::failure::Failure;
use crate::parts::Target;
use crate::project::{Project, Script};
use osaurus_payload::{Payload, PayloadInFile};
use osaurus_shim::python::Interpreter;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Of the project, the interpreter, what is to be installed and the files and folders that are
/// packed.
pub fn hash(
    project: &Project,
    python: &Interpreter,
    requirements: &Requirements,
    target: Target,
    packed: impl Iterator<Item = PathBuf>,
) -> Result<String, Failure> {
    let mut hash = Sha256::new();
    let mut add = |part: &[u8]| {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    };
    add(env!("CARGO_PKG_VERSION").as_bytes());
    add(python.version.to_string().as_bytes());
    add(dependencies::key(python, requirements).as_bytes());
    add(project.mode.as_str().as_bytes());
    add(target.name().as_bytes());
    if let Script::Python(script) = &project.script {
        add(script.settings.to_string().as_bytes());
        let named = script.python.as_deref().unwrap_or(Path::new(""));
        add(named.as_os_str().as_encoded_bytes());
    }
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
