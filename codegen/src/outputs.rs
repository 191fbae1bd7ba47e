//! What is committed where, and whether it is still what the spec says. `osaurus-bridge gen` adds the
//! pages of the checker's rules. The only module with I/O.

use crate::{
    c_test_host::FILE as TEST_HOST,
    generate,
    target::{Error, Files, Options, Target},
};
use osaurus_abi_spec::model::Spec;
use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

/// The command that renews every committed file.
pub const GEN_COMMAND: &str = "osaurus-bridge gen";

/// Folders that hold generated files only: another file in one is left over, where any of the files to
/// write belongs there.
pub const GENERATED_FOLDERS: [&str; 10] = [
    "codegen/generated/c",
    "codegen/generated/cpp",
    "codegen/generated/go",
    "codegen/generated/zig",
    "codegen/generated/schema",
    "bridges/swift/Sources/COsaurusPlugin/include",
    "bridges/swift/Sources/OsaurusPlugin/Generated",
    "bridges/swift/Sources/OsaurusPluginTesting/Generated",
    "docs/host-api",
    "docs/rules",
];

/// Every committed file: path relative to the project's root, and its text.
pub fn committed(spec: &Spec) -> Result<Files, Error> {
    let mut files = Files::new();
    for version in &spec.versions {
        let options = Options::version(version.number);
        let folder = format!("codegen/generated/c/v{}", version.number);
        place(&mut files, &folder, generate(spec, Target::C, options)?);
    }
    for (target, folder) in [
        (Target::Cpp, "codegen/generated/cpp"),
        (Target::Go, "codegen/generated/go"),
        (Target::Zig, "codegen/generated/zig"),
        (Target::RustTable, "abi-spec/table/src"),
        (Target::Python, "bridges/python/package/src/osaurus_plugin"),
        (Target::TypeScript, "bridges/node/package/src"),
        (Target::Swift, "bridges/swift/Sources"),
        (Target::JsonSchema, "codegen/generated/schema"),
        (Target::Markdown, "docs"),
        (Target::Agents, "cli/templates"),
    ] {
        let generated = generate(spec, target, Options::newest(spec))?;
        place(&mut files, folder, generated);
    }
    // It is the same for every version, and committed once.
    let newest = format!("codegen/generated/c/v{}/", spec.newest_version());
    files.retain(|path, _| !path.ends_with(TEST_HOST) || path.starts_with(&newest));
    Ok(files)
}

fn place(files: &mut Files, folder: &str, made: Files) {
    let placed = made.into_iter();
    files.extend(placed.map(|(name, text)| (format!("{folder}/{name}"), text)));
}

/// Compares files under `root` with what they should be; empty when all are fresh.
pub fn stale_files(files: &Files, root: &Path) -> Result<Vec<Stale>, Error> {
    let mut stale = Vec::new();
    for (path, text) in files {
        if let Some(reason) = compare(&root.join(path), text)? {
            stale.push(Stale {
                path: path.clone(),
                reason,
            });
        }
    }
    stale.extend(left_over(files, root)?);
    Ok(stale)
}

fn compare(path: &Path, wanted: &str) -> Result<Option<StaleReason>, Error> {
    match fs::read(path) {
        Ok(bytes) if bytes == wanted.as_bytes() => Ok(None),
        Ok(bytes) => Ok(Some(first_difference(
            &String::from_utf8_lossy(&bytes),
            wanted,
        ))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some(StaleReason::Missing)),
        Err(source) => Err(io_error("read", path, source)),
    }
}

fn first_difference(found: &str, wanted: &str) -> StaleReason {
    let (mut old, mut new) = (found.split('\n'), wanted.split('\n'));
    let mut line = 0;
    loop {
        line += 1;
        let (found, expected) = (old.next(), new.next());
        if found != expected || expected.is_none() {
            return StaleReason::Differs {
                line,
                expected: expected.map(str::to_owned),
                found: found.map(str::to_owned),
            };
        }
    }
}

fn left_over(files: &Files, root: &Path) -> Result<Vec<Stale>, Error> {
    let of_these = |folder: &&str| files.keys().any(|path| path.starts_with(*folder));
    let folders: Vec<&str> = GENERATED_FOLDERS.into_iter().filter(of_these).collect();
    let mut paths = files_below(root, &folders)?;
    paths.retain(|path| !files.contains_key(path));
    paths.sort();
    let stale = paths.into_iter().map(|path| Stale {
        path,
        reason: StaleReason::LeftOver,
    });
    Ok(stale.collect())
}

fn files_below(root: &Path, folders: &[&str]) -> Result<Vec<String>, Error> {
    let mut folders: Vec<String> = folders.iter().map(ToString::to_string).collect();
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        let path = root.join(&folder);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(source) => return Err(io_error("read", &path, source)),
        };
        for entry in entries {
            let entry = entry.map_err(|source| io_error("read", &path, source))?;
            let kind = entry
                .file_type()
                .map_err(|source| io_error("read", &path, source))?;
            let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
            match kind.is_dir() {
                true => folders.push(name),
                false => files.push(name),
            }
        }
    }
    Ok(files)
}

/// Writes every stale file, removes what is left over, and returns the paths that changed.
pub fn write_committed(files: &Files, root: &Path) -> Result<Vec<PathBuf>, Error> {
    let stale = stale_files(files, root)?;
    for one in &stale {
        let path = root.join(&one.path);
        match files.get(&one.path) {
            Some(text) => write(&path, text)?,
            None => fs::remove_file(&path).map_err(|source| io_error("remove", &path, source))?,
        }
    }
    Ok(stale
        .into_iter()
        .map(|one| PathBuf::from(one.path))
        .collect())
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|source| io_error("create", folder, source))?;
    }
    fs::write(path, text).map_err(|source| io_error("write", path, source))
}

fn io_error(action: &'static str, path: &Path, source: io::Error) -> Error {
    Error::Io {
        action,
        path: path.display().to_string(),
        source,
    }
}

/// A committed file that is not what it should be. Its text is the message for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// Path relative to the project's root.
    pub path: String,
    /// What is wrong with it.
    pub reason: StaleReason,
}

/// What is wrong with a committed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StaleReason {
    /// It does not exist.
    Missing,
    /// It exists, but nothing makes such a file any more.
    LeftOver,
    /// Its text differs; `None` stands for the end of the file.
    Differs {
        /// First line that differs, counted from 1.
        line: usize,
        /// That line as the spec makes it.
        expected: Option<String>,
        /// That line as found.
        found: Option<String>,
    },
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.reason {
            StaleReason::Missing => write!(f, "{path} is missing")?,
            StaleReason::LeftOver => write!(f, "{path} is left over: nothing makes such a file")?,
            StaleReason::Differs {
                line,
                expected,
                found,
            } => {
                write!(
                    f,
                    "{path} is stale: line {line} should be {}",
                    shown(expected)
                )?;
                write!(f, ", but is {}", shown(found))?;
            }
        }
        write!(f, ". Run `{GEN_COMMAND}` and commit the result.")
    }
}

fn shown(line: &Option<String>) -> String {
    line.as_ref()
        .map_or("the end of the file".to_owned(), |text| format!("`{text}`"))
}
