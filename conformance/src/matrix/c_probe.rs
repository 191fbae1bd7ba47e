//! The behaviour table's probe in C, compiled for each version that shipped. It is part of this
//! crate, so that a draft can be tried wherever there are a C compiler and jansson. Called by
//! `osaurus-bridge abi next` and by tests.

use super::entry::Entry;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

const SOURCE: &str = include_str!("../../../tests/behaviour/c/probe.c");
const MANIFEST: &str = include_str!("../../../tests/behaviour/manifest.json");

/// Why a probe could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A file or the compiler.
    #[error("cannot use {}: {source}", what.display())]
    Io {
        /// The file or the compiler.
        what: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The compiler refused.
    #[error("the C probe does not compile with the headers in {}:\n{errors}", headers.display())]
    Compiler {
        /// The folder with the header.
        headers: PathBuf,
        /// What the compiler said.
        errors: String,
    },
}

/// Builds the probe into `folder` with the headers in `headers/v1`, `headers/v2` and so on: for
/// every version that shipped, and for the newest once more without the version 1 symbol. `options`
/// go to the compiler (`CC`, else `cc`).
///
/// # Errors
/// When a file cannot be written, or the compiler or the library jansson is missing.
pub fn build_c_probes(
    headers: &Path,
    folder: &Path,
    options: &[&str],
) -> Result<Vec<Entry>, BuildError> {
    write_source(folder)?;
    let newest = osaurus_abi::ABI_VERSION_LATEST;
    let build = |version: u32, name: &str, more: &[&str]| {
        let library = folder.join(format!("{name}{}", std::env::consts::DLL_SUFFIX));
        let headers = headers.join(format!("v{version}"));
        compile(&headers, folder, &library, &[options, more].concat())?;
        Ok(Entry::new("C", version, library))
    };
    let both = (1..=newest).map(|version| build(version, &format!("c{version}"), &[]));
    let bare = build(newest, &format!("c{newest}-bare"), &["-DWITHOUT_V1_ENTRY"]);
    let bare = bare.map(|entry| Entry {
        v1_symbol: false,
        ..entry
    });
    both.chain([bare]).collect()
}

fn write_source(folder: &Path) -> Result<(), BuildError> {
    let literal = serde_json::Value::from(MANIFEST).to_string();
    for (name, text) in [("probe.c", SOURCE), ("manifest.inc", &literal)] {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(|source| BuildError::Io { what: path, source })?;
    }
    Ok(())
}

fn compile(
    headers: &Path,
    folder: &Path,
    library: &Path,
    options: &[&str],
) -> Result<(), BuildError> {
    let words = std::env::var("CC").unwrap_or_default();
    let mut words = words.split_whitespace();
    let mut compiler = Command::new(words.next().unwrap_or("cc"));
    compiler.args(words).arg("-std=gnu11").args(options);
    compiler
        .args(["-shared", "-fPIC", "-pthread", "-I"])
        .arg(headers);
    compiler
        .arg("-isystem")
        .arg(folder)
        .arg(folder.join("probe.c"));
    compiler.args(jansson()).arg("-o").arg(library);
    let output = compiler.output().map_err(|source| BuildError::Io {
        what: compiler.get_program().into(),
        source,
    })?;
    if output.status.success() {
        return Ok(());
    }
    Err(BuildError::Compiler {
        headers: headers.to_path_buf(),
        errors: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Where jansson is; the compiler's own places where there is no pkg-config.
fn jansson() -> Vec<String> {
    let mut ask = Command::new("pkg-config");
    let output = ask.args(["--cflags", "--libs", "jansson"]).output();
    match output {
        Ok(output) if output.status.success() => {
            let words = String::from_utf8_lossy(&output.stdout);
            words.split_whitespace().map(str::to_owned).collect()
        }
        _ => vec!["-ljansson".into()],
    }
}
