//! A package, opened and judged by every rule that Osaurus' installer, its loader and the registry
//! have for its files. Nothing of it runs: of scripted plugins the manifest is read from the
//! library, of others it stays unknown.

use super::archive;
use super::code_signature::{self, Signer};
use super::identity::{self, Identity};
use super::layout::{self, Layout, is_hidden};
use super::problem::Problem;
use crate::parts::Target;
use crate::project::{check_id, skill};
use crate::walk::{self, Links};
use osaurus_payload::PayloadInFile;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// A package that has been unpacked.
pub struct Opened {
    /// Its files.
    pub root: PathBuf,
    /// Which plugin it is.
    pub identity: Identity,
    /// Checksum and size of the archive, if it was one.
    pub archive: Option<(String, u64)>,
    /// Warnings so far.
    pub problems: Vec<Problem>,
}

/// What is in a package.
pub struct Examined {
    /// Its files.
    pub layout: Layout,
    /// What its library runs on.
    pub targets: Vec<Target>,
    /// Who signed it, where it is for macOS.
    pub signer: Option<Signer>,
    /// The manifest in its library, where that can be read.
    pub manifest: Option<Value>,
    /// Everything that is wrong with it.
    pub problems: Vec<Problem>,
}

/// Unpacks an archive, or copies a folder, into the empty folder `stage`.
pub fn open(source: &Path, stage: &Path) -> Result<Opened, Problem> {
    let unreadable = |error: std::io::Error| {
        Problem::new(
            "source",
            format!("cannot read {}: {error}", source.display()),
        )
    };
    let absolute = source.canonicalize().map_err(unreadable)?;
    let name = absolute
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    if absolute.is_dir() {
        copy_folder(&absolute, stage)?;
        let root = root_of(stage);
        let (identity, problems) = identity::of_folder(&name, &root)?;
        let archive = None;
        return Ok(Opened {
            root,
            identity,
            archive,
            problems,
        });
    }
    let metadata = absolute.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        // A pipe would be waited for.
        return Err(Problem::new(
            "source",
            format!("{} is neither a file nor a folder", source.display()),
        ));
    }
    let len = metadata.len();
    if len > archive::MOST_BYTES {
        let what = format!("{len} bytes; at most {} are unpacked", archive::MOST_BYTES);
        return Err(Problem::new("archive-size", what));
    }
    let bytes = std::fs::read(&absolute).map_err(unreadable)?;
    open_archive(&name, &bytes, stage)
}

/// As [`open`], for an archive that is not on the disk.
pub fn open_archive(name: &str, bytes: &[u8], stage: &Path) -> Result<Opened, Problem> {
    archive::extract(bytes, stage)?;
    let root = root_of(stage);
    let (identity, problems) = identity::of_archive(name, &root)?;
    Ok(Opened {
        root,
        identity,
        archive: Some((sha256(bytes), bytes.len() as u64)),
        problems,
    })
}

/// Lower-case hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A single visible folder at the top is the root.
fn root_of(stage: &Path) -> PathBuf {
    let entries = std::fs::read_dir(stage).into_iter().flatten().flatten();
    let visible: Vec<PathBuf> = entries
        .filter(|entry| !is_hidden(Path::new(&entry.file_name())))
        .map(|entry| entry.path())
        .collect();
    match visible.as_slice() {
        [one] if one.is_dir() => one.clone(),
        _ => stage.to_path_buf(),
    }
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), Problem> {
    let failed = |error: std::io::Error| {
        Problem::new("source", format!("cannot copy {}: {error}", from.display()))
    };
    std::fs::create_dir_all(to).map_err(failed)?;
    for entry in walk::entries(from, Links::Kept).map_err(failed)? {
        let target = to.join(&entry.below);
        if entry.kind.is_dir() {
            std::fs::create_dir_all(target).map_err(failed)?;
        } else if entry.kind.is_file() {
            std::fs::copy(&entry.path, target).map_err(failed)?;
        } else {
            let what = format!("{} is a symbolic link or not a file", entry.path.display());
            return Err(Problem::new("link", what));
        }
    }
    Ok(())
}

/// Judges an opened package.
pub fn examine(opened: &Opened) -> Result<Examined, Problem> {
    let layout = layout::read(&opened.root)?;
    let library = opened.root.join(&layout.library);
    let bytes = std::fs::read(&library)
        .map_err(|error| Problem::new("library", format!("it cannot be read: {error}")))?;
    let mut examined = Examined {
        targets: Target::of_code(&bytes),
        signer: None,
        manifest: manifest(&library),
        problems: opened.problems.clone(),
        layout,
    };
    examined.judge_identity(&opened.identity);
    examined.judge_library(&bytes);
    examined.judge_pages(&opened.root);
    examined.judge_skills(&opened.root);
    examined.judge_leftovers();
    Ok(examined)
}

fn manifest(library: &Path) -> Option<Value> {
    let payload = PayloadInFile::in_library(library).ok()??;
    serde_json::from_str(&payload.head().ok()?.manifest).ok()
}

impl Examined {
    fn warn(&mut self, rule: &'static str, what: String) {
        self.problems.push(Problem::warning(rule, what));
    }

    fn fail(&mut self, rule: &'static str, what: String) {
        self.problems.push(Problem::new(rule, what));
    }

    fn judge_identity(&mut self, identity: &Identity) {
        let id = &identity.id;
        if check_id(id).is_err() {
            let what = format!(
                "{id:?} cannot be published: expected lower-case parts joined by dots, as in \
                 dev.example.notes"
            );
            self.warn("plugin-id", what);
        }
        let text = |key: &str| Some(self.manifest.as_ref()?[key].as_str()?.to_string());
        let (own_id, own_version) = (text("plugin_id"), text("version"));
        if let Some(own) = own_id.filter(|own| own != id) {
            let what = format!(
                "the library is the plugin {own:?}, the package {id:?}; hosts do not load it"
            );
            self.fail("same-id", what);
        }
        let version = identity.version.to_string();
        if let Some(own) = own_version.filter(|own| *own != version) {
            let what = format!("the library says version {own:?}, the package {version:?}");
            self.fail("same-version", what);
        }
    }

    fn judge_library(&mut self, bytes: &[u8]) {
        let is_macos = self.targets.iter().any(|target| target.is_macos());
        let name = self.layout.library.display().to_string();
        if self.targets.is_empty() {
            self.fail(
                "library",
                format!("{name} is not a library for macOS or Linux"),
            );
        } else if !is_macos {
            let what =
                format!("{name} is for Linux: the reference host loads it, Osaurus does not");
            self.warn("library-platform", what);
        } else if !self.targets.contains(&Target::MacosArm64) {
            let what =
                format!("{name} is for Intel processors: Osaurus runs on Apple silicon alone");
            self.warn("library-platform", what);
        }
        if is_macos && self.targets.len() == 1 {
            match code_signature::check(bytes) {
                Ok(signer) => self.signer = Some(signer),
                Err(why) => self.fail("code-signature", format!("{name}: {why}")),
            }
        }
        if self
            .layout
            .library
            .parent()
            .is_some_and(|folder| folder != Path::new(""))
        {
            let what = format!(
                "{name} is not at the root, so only an install from the registry finds its receipt"
            );
            self.warn("library-at-root", what);
        }
    }

    fn judge_pages(&mut self, root: &Path) {
        let manifest = self.manifest.as_ref();
        let web = manifest.map(|manifest| manifest["capabilities"]["web"].clone());
        let web = web.unwrap_or_default();
        let above = self.layout.web.as_deref().and_then(Path::parent);
        let root = root.join(above.unwrap_or(Path::new("")));
        let text = |key: &str| web[key].as_str().unwrap_or_default().to_string();
        let (folder, entry) = (text("static_dir"), text("entry"));
        if web.is_object() {
            if Path::new(&folder).iter().next() != Some("web".as_ref()) {
                let what = format!(
                    "pages are in {folder:?}, but an install from the registry keeps only `web`"
                );
                self.fail("web-folder", what);
            } else if !root.join(&folder).join(&entry).is_file() {
                let what = format!("the first page {folder}/{entry} is missing: pages answer 404");
                self.fail("web-entry", what);
            }
        }
    }

    fn judge_skills(&mut self, root: &Path) {
        for (file, _) in std::mem::take(&mut self.layout.skills) {
            match std::fs::read_to_string(root.join(&file)) {
                Ok(text) => match skill::read(&text) {
                    Ok(_) => {}
                    Err(why) => self.warn(
                        "skill",
                        format!("{}: {why}; the host leaves it out", file.display()),
                    ),
                },
                Err(error) => self.warn(
                    "skill",
                    format!("{} cannot be read: {error}", file.display()),
                ),
            }
            let name = layout::skill_name(&file);
            self.layout.skills.push((file, name));
        }
    }

    fn judge_leftovers(&mut self) {
        for file in self.layout.dropped.clone() {
            let name = file.display();
            if file == Path::new(".user_consent") {
                self.warn(
                    "consent-inside",
                    "a file .user_consent would stand for the user's approval".into(),
                );
            } else {
                self.warn(
                    "dropped",
                    format!("{name} is dropped by an install from the registry"),
                );
            }
        }
    }
}
