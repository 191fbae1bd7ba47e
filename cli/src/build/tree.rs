//! Copies the author's files into the stage: regular files only, and none that a build made. What
//! is left out is remembered, because a module that needs it must be told why. Used by the
//! language's part of a build.

use super::make;
use crate::failure::{Failure, OrFail};
use osaurus_payload::PayloadInFile;
use std::collections::BTreeMap;
use std::fs::FileType;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// It is not expected in a plugin.
const OUTPUT: &str = "the build's output folder";

/// Some plugins would read it, and its secrets are the author's.
const ENVIRONMENT: &str =
    "it holds what is yours alone; declare settings and secrets that the user enters";

/// How deep folders may be nested.
const DEPTH: usize = 100;

/// What is copied, and what is not.
pub struct Rules<'a> {
    /// Folder names that are left out at the top, and why.
    pub at_the_top: &'a [(&'static str, &'static str)],
    /// File or folder names that the author leaves out.
    pub exclude: &'a [String],
    /// Where the build writes its library.
    pub out: &'a Path,
}

/// What was not copied: the path relative to the source folder, and why.
#[derive(Debug, Default)]
pub struct LeftOut {
    /// All, for messages about missing modules.
    pub why: BTreeMap<String, String>,
    /// The ones that an author may not expect.
    pub notes: Vec<String>,
}

impl LeftOut {
    fn add(&mut self, path: &Path, why: impl Into<String>) {
        let path = path.display().to_string();
        self.why.insert(path, why.into());
    }

    fn note(&mut self, path: &Path, why: &str) {
        self.notes.push(format!("{}: {why}", path.display()));
        self.add(path, why);
    }
}

/// Copies everything below `from` that the rules allow.
pub fn copy(rules: &Rules<'_>, from: &Path, to: &Path) -> Result<LeftOut, Failure> {
    let out = rules.out.canonicalize().unwrap_or(rules.out.to_owned());
    let mut copier = Copier {
        rules,
        from,
        // An output folder around the source folder cannot be left out; its libraries are.
        out: (!from.starts_with(&out)).then_some(out),
        left_out: LeftOut::default(),
    };
    let mut waiting = vec![Waiting {
        below: PathBuf::new(),
        above: None,
    }];
    while let Some(entry) = waiting.pop() {
        waiting.extend(copier.entry(&entry, to)?.into_iter().rev());
    }
    Ok(copier.left_out)
}

struct Copier<'a> {
    rules: &'a Rules<'a>,
    from: &'a Path,
    out: Option<PathBuf>,
    left_out: LeftOut,
}

/// A file or folder that is still to be copied.
struct Waiting {
    below: PathBuf,
    above: Option<Rc<Above>>,
}

/// The folders that a file is in, from the inside out, without links.
struct Above {
    real: PathBuf,
    depth: usize,
    next: Option<Rc<Above>>,
}

impl Copier<'_> {
    /// Copies a file, or makes a folder and returns what is in it.
    fn entry(&mut self, entry: &Waiting, to: &Path) -> Result<Vec<Waiting>, Failure> {
        let below = &entry.below;
        let path = self.from.join(below);
        if let Some(why) = self.unwanted(below) {
            match is_environment(below) && path.is_file() {
                true => self.left_out.note(below, ENVIRONMENT),
                false => self.left_out.add(below, why),
            }
            return Ok(Vec::new());
        }
        let Ok(meta) = std::fs::metadata(&path) else {
            self.left_out.note(below, "a link to nothing");
            return Ok(Vec::new());
        };
        if meta.is_dir() {
            return match self
                .unwanted_folder(&path)
                .filter(|_| entry.above.is_some())
            {
                Some(OUTPUT) => {
                    self.left_out.add(below, OUTPUT);
                    Ok(Vec::new())
                }
                Some(why) => {
                    self.left_out.note(below, why);
                    Ok(Vec::new())
                }
                None => self.folder(entry, &path, &to.join(below)),
            };
        }
        match unwanted_file(&path, meta.file_type()) {
            Some(why) => self.left_out.note(below, why),
            None => copy_file(&path, &to.join(below))?,
        }
        Ok(Vec::new())
    }

    fn folder(&mut self, entry: &Waiting, from: &Path, to: &Path) -> Result<Vec<Waiting>, Failure> {
        let real = from.canonicalize().or_fail(
            format!("cannot read {}", from.display()),
            "check its permissions",
        )?;
        let mut above = std::iter::successors(entry.above.as_ref(), |one| one.next.as_ref());
        if above.any(|one| one.real == real) {
            self.left_out
                .note(&entry.below, "a link to a folder that it is in");
            return Ok(Vec::new());
        }
        let depth = entry.above.as_ref().map_or(0, |above| above.depth + 1);
        if depth > DEPTH {
            return Err(Failure::new(
                format!("{} is more than {DEPTH} folders deep", self.from.display()),
                "leave the folder out with `exclude`",
            ));
        }
        make(to.to_path_buf())?;
        let above = Rc::new(Above {
            real,
            depth,
            next: entry.above.clone(),
        });
        let waiting = names_in(from)?.into_iter().map(|name| Waiting {
            below: entry.below.join(name),
            above: Some(Rc::clone(&above)),
        });
        Ok(waiting.collect())
    }

    /// By its name.
    fn unwanted(&self, below: &Path) -> Option<String> {
        let name = below.file_name()?.to_str()?;
        if self.rules.exclude.iter().any(|excluded| excluded == name) {
            return Some("it is in `exclude`".into());
        }
        if name.starts_with('.') || name == "__pycache__" {
            return Some("its name".into());
        }
        let is_at_the_top = below.components().count() == 1;
        let names = self.rules.at_the_top.iter().filter(|_| is_at_the_top);
        let mut names = names.filter(|(pattern, _)| is_like(name, pattern));
        let (_, why) = names.next()?;
        self.from
            .join(below)
            .is_dir()
            .then(|| format!("{why}; rename the folder if it is a package of yours"))
    }

    fn unwanted_folder(&self, path: &Path) -> Option<&'static str> {
        if path.join("pyvenv.cfg").is_file() {
            return Some("a virtual environment");
        }
        let real = path.canonicalize().ok();
        (self.out.is_some() && real == self.out).then_some(OUTPUT)
    }
}

/// `.env` and `.env.local`, which programs read by themselves.
fn is_environment(below: &Path) -> bool {
    let name = below.file_name().map(|name| name.to_string_lossy());
    name.is_some_and(|name| name == ".env" || name.starts_with(".env."))
}

fn is_like(name: &str, pattern: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(ending) => name.ends_with(ending),
        None => name == pattern,
    }
}

/// The names in a folder, sorted, so that every build says the same.
pub fn names_in(folder: &Path) -> Result<Vec<std::ffi::OsString>, Failure> {
    let what = format!("cannot read {}", folder.display());
    let entries = std::fs::read_dir(folder).or_fail(&what, "check its permissions")?;
    let names: std::io::Result<Vec<_>> = entries.map(|entry| Ok(entry?.file_name())).collect();
    let mut names = names.or_fail(&what, "check its permissions")?;
    names.sort();
    Ok(names)
}

fn unwanted_file(path: &Path, kind: FileType) -> Option<&'static str> {
    if kind.is_fifo() {
        return Some("a named pipe");
    }
    if kind.is_socket() {
        return Some("a socket");
    }
    if !kind.is_file() {
        return Some("a device");
    }
    let ending = path.extension().and_then(|ending| ending.to_str());
    let is_library = matches!(ending, Some("so" | "dylib"));
    let is_plugin = is_library && matches!(PayloadInFile::in_library(path), Ok(Some(_)));
    is_plugin.then_some("a plugin that was built")
}

/// Copies one file.
pub fn copy_file(from: &Path, to: &Path) -> Result<(), Failure> {
    let copied = std::fs::copy(from, to).map(drop);
    copied.or_fail(
        format!("cannot copy {}", from.display()),
        "check that it is readable",
    )
}
