//! The plugin that calls every function of the host which it was built to know, in C without any library, so that it can
//! be built for each version wherever there is a C compiler.

use super::Candidate;
use std::path::{Path, PathBuf};
use std::process::Command;

const SOURCE: &str = include_str!("probe.c");

/// Why a probe could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A file or the compiler.
    #[error("cannot use {}: {source}", what.display())]
    Io {
        /// The file or the compiler.
        what: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The header does not compile.
    #[error("the probe does not compile with the header of version {version}:\n{errors}")]
    Compiler {
        /// The header's version.
        version: u32,
        /// What the compiler said.
        errors: String,
    },
}

/// Builds the probe with the C header in `headers`, which is of this version, into `folder`.
///
/// # Errors
/// When there is no compiler (`CC`, else `cc`), or the header does not compile.
pub fn build(version: u32, headers: &Path, folder: &Path) -> Result<Candidate, BuildError> {
    let failed = |what: &Path| {
        let what = what.to_path_buf();
        move |source| BuildError::Io { what, source }
    };
    let source = folder.join("probe.c");
    std::fs::write(&source, SOURCE).map_err(failed(&source))?;
    let library = folder.join(format!("probe-v{version}{}", std::env::consts::DLL_SUFFIX));
    let words = std::env::var("CC").unwrap_or_default();
    let mut words = words.split_whitespace();
    let program = words.next().unwrap_or("cc");
    let mut compiler = Command::new(program);
    compiler
        .args(words)
        .args(["-std=gnu11", "-shared", "-fPIC", "-I"]);
    compiler.arg(headers).arg("-o").args([&library, &source]);
    let output = compiler.output().map_err(failed(Path::new(program)))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(BuildError::Compiler { version, errors });
    }
    Ok(Candidate {
        name: format!("C probe built for v{version}"),
        library,
    })
}
