//! Whether anything has changed since a plugin was built: the hash of everything that a build is made from, and the
//! payload that was made from the same.

use super::dependencies;
use super::requirements::Requirements;
use crate::build::{Options, tree};
use crate::failure::{Failure, OrFail};
use crate::parts::Target;
use crate::project::{Project, Script};
use osaurus_payload::{Payload, PayloadInFile};
use osaurus_shim::python::Interpreter;
use sha2::{Digest, Sha256};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Of the project, the interpreter, what is to be installed and the files and folders that are packed.
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
        match path.is_dir() {
            true => add_folder(&path, &mut add)?,
            false => add_file(&path, &mut add)?,
        }
    }
    let digest = hash.finalize();
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn add_folder(folder: &Path, add: &mut impl FnMut(&[u8])) -> Result<(), Failure> {
    for name in tree::names_in(folder)? {
        let path = folder.join(&name);
        add(name.as_encoded_bytes());
        if path.is_dir() {
            add_folder(&path, add)?;
            add(b"end of the folder");
            continue;
        }
        add_file(&path, add)?;
    }
    Ok(())
}

fn add_file(path: &Path, add: &mut impl FnMut(&[u8])) -> Result<(), Failure> {
    let what = format!("cannot read {}", path.display());
    let bytes = std::fs::read(path).or_fail(&what, "")?;
    let data = std::fs::metadata(path).or_fail(&what, "")?;
    add(&[u8::from(data.permissions().mode() & 0o111 != 0)]);
    add(&bytes);
    Ok(())
}

/// The payload of the library that is there already, when it was made from the same and is sound.
pub fn unchanged(project: &Project, options: &Options, inputs: &str) -> Option<Payload> {
    let found = PayloadInFile::in_library(&options.library(project)).ok()??;
    let is_same = found.head().ok()?.config.inputs.as_deref() == Some(inputs);
    is_same.then(|| found.payload().ok()).flatten()
}
