//! The plugin library that a command is about: the one that is named, or the one that was built
//! here.

use crate::closest::closest;
use crate::failure::{Failure, OrFail};
use crate::parts::Target;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Where `build` writes libraries.
const FOLDER: &str = "dist";
/// Bytes at a file's start by which its kind is known: all processors of a universal library are
/// among them.
const FIRST: u64 = 512;

/// The named file if there is one, else the only library in `dist/`.
pub fn find(named: Option<&Path>) -> Result<PathBuf, Failure> {
    let Some(path) = named else {
        return built_here()?.ok_or_else(|| {
            Failure::new(
                format!("no plugin library is named, and there is none in {FOLDER}/"),
                "run: osaurus-bridge build, or name a library",
            )
        });
    };
    if path.is_dir() {
        return Err(Failure::new(
            format!("{} is a folder, not a plugin library", path.display()),
            "name the library itself, such as dist/dev.example.notes.dylib",
        ));
    }
    match std::fs::metadata(path) {
        Ok(_) => Ok(path.to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(missing(path)),
        Err(error) => Err(Failure::new(
            format!("{} cannot be opened: {error}", path.display()),
            "check its permissions",
        )),
    }
}

/// Refuses a file that this machine's loader could not open, with what it is instead. For the
/// commands that load it.
pub fn check_code(path: &Path) -> Result<(), Failure> {
    let start = first_bytes(path).or_fail(
        format!("{} cannot be opened", path.display()),
        "check its permissions",
    )?;
    let here = Target::here()?;
    let targets = Target::of_code(&start);
    if targets.contains(&here) {
        return Ok(());
    }
    let names: Vec<&str> = targets.iter().map(|target| target.name()).collect();
    let (found, fix) = match names.as_slice() {
        [] => (
            format!("found {}", kind_of(&start)),
            "name the library that osaurus-bridge build writes to dist/".to_owned(),
        ),
        names => (
            format!("found one for {}", names.join(" and ")),
            format!("build it for this machine: --target {}", here.name()),
        ),
    };
    Err(Failure::new(
        format!(
            "{} is not a plugin library: expected a shared library for {}, {found}",
            path.display(),
            here.name()
        ),
        fix,
    ))
}

fn first_bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    // A pipe or a device is not opened: that may never return.
    if !path.metadata()?.is_file() {
        return Err(std::io::Error::other("it is not a file"));
    }
    let mut start = Vec::new();
    File::open(path)?.take(FIRST).read_to_end(&mut start)?;
    Ok(start)
}

/// What begins so, in words.
fn kind_of(start: &[u8]) -> &'static str {
    match start {
        [] => "an empty file",
        [b'#', b'!', ..] => "a script",
        [b'P', b'K', 3, 4, ..] => "a ZIP archive, which osaurus-bridge install takes",
        [0x1f, 0x8b, ..] => "a gzip archive",
        [0x7f, b'E', b'L', b'F', ..] | [0xcf, 0xfa, 0xed, 0xfe, ..] => {
            "a library for another processor, or a damaged one"
        }
        start if std::str::from_utf8(start).is_ok() => "a file of text",
        _ => "a file of another kind",
    }
}

/// Whether a word of the command line is meant as a file: a tool's id has neither a slash nor such
/// an ending.
pub fn is_meant(word: &str) -> bool {
    word.contains('/')
        || word.ends_with(".so")
        || word.ends_with(".dylib")
        || Path::new(word).is_file()
}

fn missing(path: &Path) -> Failure {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let beside = libraries_in(folder.unwrap_or(Path::new("."))).unwrap_or_default();
    let name = |path: &Path| {
        path.file_name()
            .map(|name| name.to_string_lossy().into_owned())
    };
    let names: Vec<String> = beside.iter().filter_map(|path| name(path)).collect();
    let similar = name(path).and_then(|typed| closest(&typed, &names).map(str::to_owned));
    let advice = match similar {
        Some(similar) => format!("did you mean {}?", path.with_file_name(similar).display()),
        None => "run: osaurus-bridge build".into(),
    };
    Failure::new(format!("{} does not exist", path.display()), advice)
}

/// The only library in `dist/`; `None` where there is none.
pub fn built_here() -> Result<Option<PathBuf>, Failure> {
    only_one_in(Path::new(FOLDER))
}

/// The only library in a folder; `None` where there is none.
pub fn only_one_in(folder: &Path) -> Result<Option<PathBuf>, Failure> {
    let libraries = libraries_in(folder)?;
    match &libraries[..] {
        [] => Ok(None),
        [only] => Ok(Some(only.clone())),
        several => {
            let names = several.iter().map(|path| path.display().to_string());
            Err(Failure::new(
                format!("{}/ holds several plugin libraries", folder.display()),
                format!("name one of them: {}", names.collect::<Vec<_>>().join(", ")),
            ))
        }
    }
}

fn libraries_in(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Ok(Vec::new());
    };
    let mut libraries = Vec::new();
    for entry in entries {
        let entry = entry.or_fail(format!("cannot read {}", folder.display()), "")?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(crate::paths::LIBRARY_SUFFIX) && entry.path().is_file() {
            libraries.push(entry.path());
        }
    }
    libraries.sort();
    Ok(libraries)
}
