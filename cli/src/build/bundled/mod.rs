//! Interpreters that plugins bring with them (`runtime = "bundled"`): found, reduced to what a
//! plugin needs, packed. Used by the languages' parts of the build. What a plugin does with its
//! interpreter is the shim's affair.

mod link;
mod node;
mod python;
mod reduce;
mod tar_file;
mod uv;

use super::store::{self, Folder};
use super::{digest, tree, twins};
use crate::failure::{Failure, OrFail};
use crate::parts::Target;
use osaurus_payload::{Role, SharedArchive};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub use node::node;
pub use python::python;

/// Enough of a program to know what it was made for.
const HEADER: u64 = 4096;

/// An interpreter as it will be on the user's machine.
pub struct Bundled {
    /// Holds exactly what is packed.
    folder: TempDir,
    /// The program, below that folder.
    main: String,
    /// Its version; without the last number where it cannot be asked.
    pub version: String,
    /// The same program among all that came with it, such as pip. None where it does not run on
    /// this machine.
    pub whole: Option<PathBuf>,
    /// What `whole` is in, where that is not the author's folder.
    _unpacked: Option<TempDir>,
}

impl Bundled {
    /// What is packed.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The program that is packed.
    pub fn program(&self) -> PathBuf {
        self.folder().join(&self.main)
    }

    /// Packs it, or takes what was packed of the same before.
    pub fn pack(&self) -> Result<SharedArchive, Failure> {
        twins::refuse(self.folder())?;
        let key = format!(
            "{KEY} {} {} {}",
            self.main,
            self.version,
            digest::of(self.folder())?
        );
        let place = store::place(&key);
        if let Some(packed) = place.as_ref().and_then(packed_before) {
            return Ok(packed);
        }
        let (role, folder) = (Role::Interpreter, self.folder());
        let packed = SharedArchive::of_folder(role, &self.main, &self.version, folder).or_fail(
            "cannot pack the interpreter",
            "bundle a smaller one, or leave out runtime = \"bundled\"",
        )?;
        if let Some(place) = place {
            // Without it the next build takes longer.
            let _ = keep(&place, &packed);
        }
        Ok(packed)
    }
}

/// Packed by another version it would be other bytes.
const KEY: &str = concat!("packed by ", env!("CARGO_PKG_VERSION"));
const ARCHIVE: &str = "interpreter.tar.gz";
const SETTINGS: &str = "interpreter.json";

fn packed_before(place: &Folder) -> Option<SharedArchive> {
    let folder = tempfile::tempdir().ok()?;
    let file = |name| std::fs::read(folder.path().join(name)).ok();
    let is_there = place.put_into(folder.path());
    let settings = file(SETTINGS).filter(|_| is_there)?;
    let shared = serde_json::from_slice(&settings).ok()?;
    SharedArchive::again(shared, file(ARCHIVE)?).ok()
}

fn keep(place: &Folder, packed: &SharedArchive) -> std::io::Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join(ARCHIVE), packed.bytes())?;
    let settings = serde_json::to_vec(&packed.shared)?;
    std::fs::write(folder.path().join(SETTINGS), settings)?;
    place.keep(folder.path());
    Ok(())
}

/// What an author named: a folder, or an archive that was unpacked.
struct Source {
    folder: PathBuf,
    unpacked: Option<TempDir>,
}

impl Source {
    /// Files whose names do not matter to an interpreter, but differ in case alone, stay out.
    fn open(path: &Path) -> Result<Source, Failure> {
        if path.is_dir() {
            return Ok(Source {
                folder: path.to_owned(),
                unpacked: None,
            });
        }
        let unpacked = temporary()?;
        tar_file::unpack(path, unpacked.path())?;
        Ok(Source {
            folder: unpacked.path().to_owned(),
            unpacked: Some(unpacked),
        })
    }
}

fn temporary() -> Result<TempDir, Failure> {
    tempfile::tempdir().or_fail("cannot create a temporary folder", "free some disk space")
}

/// The folder with a program that `is_program` likes in its `bin`: the one that was named, or one
/// in it, as archives have it.
fn root_with(
    folder: &Path,
    is_program: &dyn Fn(&str) -> bool,
) -> Result<Option<(PathBuf, String)>, Failure> {
    let mut level = vec![folder.to_owned()];
    for _ in 0..3 {
        for root in &level {
            let bin = root.join("bin");
            let names = if bin.is_dir() {
                tree::names_in(&bin)?
            } else {
                Vec::new()
            };
            let mut names = names.iter().filter_map(|name| name.to_str());
            let name = names.find(|name| is_program(name) && bin.join(name).is_file());
            if let Some(name) = name {
                return Ok(Some((root.clone(), name.to_owned())));
            }
        }
        level = folders_in(&level)?;
    }
    Ok(None)
}

fn folders_in(level: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut below = Vec::new();
    for folder in level {
        let names = tree::names_in(folder)?.into_iter();
        below.extend(
            names
                .map(|name| folder.join(name))
                .filter(|path| path.is_dir()),
        );
    }
    Ok(below)
}

/// Refuses a program for another machine than the plugin is built for. `named` is what the author
/// named.
fn check_target(
    named: &Path,
    program: &Path,
    target: Target,
    language: &str,
) -> Result<(), Failure> {
    let targets = Target::of_code(&start_of(program)?);
    if targets.contains(&target) {
        return Ok(());
    }
    let what_it_is = match targets.first() {
        Some(other) => format!("is for {}", other.name()),
        None => "is not a program for any machine that plugins are built for".into(),
    };
    Err(Failure::new(
        format!(
            "the {language} to bundle, from {}, {what_it_is}; the plugin is built for {}",
            named.display(),
            target.name()
        ),
        format!("name a {language} for {}", target.name()),
    ))
}

fn start_of(program: &Path) -> Result<Vec<u8>, Failure> {
    let mut start = Vec::new();
    let header = File::open(program).and_then(|file| file.take(HEADER).read_to_end(&mut start));
    header.or_fail(
        format!("cannot read {}", program.display()),
        "check its permissions",
    )?;
    Ok(start)
}
