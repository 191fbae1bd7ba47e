//! Puts an opened package where hosts look for plugins, as Osaurus' installers do: the one for a
//! file, which keeps the whole package and replaces what was there, and the registry's, which keeps
//! what it knows and leaves old files alone.

use crate::failure::{Failure, OrFail};
use crate::package::examine::{Examined, Opened, sha256};
use crate::walk::{self, Links};
use osaurus_reference_host::installed::{Artifact, CONSENT, RECEIPT, Receipt};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use url::Url;

/// From 1970 to 2001, in seconds: Osaurus counts from there.
const TO_2001: f64 = 978_307_200.0;

/// Which installer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Installer {
    /// For a file or folder; the user may have approved of it on the way.
    ByHand {
        /// Whether the user approves.
        consent: bool,
    },
    /// From the registry, which stands for the approval.
    Registry,
}

/// Places the package in `tools` and makes it the current version. `source` is what it was opened
/// from, `spare` an empty folder on the same disk. Returns the version's folder.
pub fn place(
    opened: &Opened,
    examined: &Examined,
    source: &Path,
    tools: &Path,
    spare: &Path,
    installer: Installer,
) -> Result<PathBuf, Failure> {
    let plugin = tools.join(&opened.identity.id);
    let version = opened.identity.version.to_string();
    let folder = plugin.join(&version);
    make(&plugin)?;
    let receipt = receipt(opened, examined, source)?;
    match installer {
        Installer::ByHand { consent } => {
            // At the top, as Osaurus' installer does, though its loader looks beside the library.
            write(&opened.root.join(RECEIPT), &receipt)?;
            if consent {
                write(&opened.root.join(CONSENT), b"")?;
            }
            replace_folder(&opened.root, &folder, spare)?;
        }
        Installer::Registry => {
            copy_known(opened, examined, &folder)?;
            write(&folder.join(RECEIPT), &receipt)?;
            write(&folder.join(CONSENT), b"")?;
        }
    }
    make_current(&plugin, &version)?;
    Ok(folder)
}

fn receipt(opened: &Opened, examined: &Examined, source: &Path) -> Result<Vec<u8>, Failure> {
    let library = opened.root.join(&examined.layout.library);
    let bytes = fs::read(&library).or_fail("cannot read the library", "check the disk")?;
    let digest = sha256(&bytes);
    let absolute = source
        .canonicalize()
        .unwrap_or_else(|_| source.to_path_buf());
    let url = Url::from_file_path(&absolute)
        .map(String::from)
        .unwrap_or_default();
    let (sum, size) = match &opened.archive {
        Some((sum, size)) => (sum.clone(), Some(*size)),
        None => (digest.clone(), None),
    };
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let receipt = Receipt {
        plugin_id: opened.identity.id.clone(),
        version: opened.identity.version.clone(),
        installed_at: now.as_secs_f64() - TO_2001,
        dylib_filename: name(&library),
        dylib_sha256: digest,
        platform: "macos".into(),
        arch: "arm64".into(),
        public_keys: None,
        artifact: Artifact {
            url,
            sha256: sum,
            minisign: None,
            size,
        },
    };
    serde_json::to_vec_pretty(&receipt).or_fail("cannot write the receipt", "")
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// The new folder takes the old one's place; when that fails, the old one comes back.
pub fn replace_folder(new: &Path, folder: &Path, spare: &Path) -> Result<(), Failure> {
    let old = spare.join("replaced");
    let had_one = folder.exists();
    if had_one {
        fs::rename(folder, &old).or_fail(
            format!("cannot replace {}", folder.display()),
            "check its permissions",
        )?;
    }
    let moved = fs::rename(new, folder);
    if moved.is_err() && had_one {
        // The error of the first move is the one to report.
        let _ = fs::rename(&old, folder);
    }
    moved.or_fail(
        format!("cannot create {}", folder.display()),
        "check the folder's permissions and free space",
    )
}

fn copy_known(opened: &Opened, examined: &Examined, folder: &Path) -> Result<(), Failure> {
    let (root, layout) = (&opened.root, &examined.layout);
    make(folder)?;
    copy(
        &root.join(&layout.library),
        &folder.join(name(&layout.library)),
    )?;
    if let Some(web) = &layout.web {
        copy_tree(&root.join(web), &folder.join("web"))?;
    }
    for (file, name) in &layout.skills {
        make(&folder.join("skills"))?;
        copy(&root.join(file), &folder.join("skills").join(name))?;
    }
    let documents = [
        ("README.md", &layout.readme),
        ("CHANGELOG.md", &layout.changelog),
    ];
    for (name, file) in documents {
        if let Some(file) = file {
            copy(&root.join(file), &folder.join(name))?;
        }
    }
    Ok(())
}

fn copy_tree(from: &Path, to: &Path) -> Result<(), Failure> {
    make(to)?;
    let entries = walk::entries(from, Links::Followed);
    for entry in entries.or_fail(format!("cannot read {}", from.display()), "check the disk")? {
        let target = to.join(&entry.below);
        match entry.kind.is_dir() {
            true => make(&target)?,
            false => copy(&entry.path, &target)?,
        }
    }
    Ok(())
}

/// Under a name of its own first: a host may have the old file mapped.
fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    let partial = to.with_file_name(format!(".{}.partial", name(to)));
    fs::copy(from, &partial)
        .and_then(|_| fs::rename(&partial, to))
        .or_fail(
            format!("cannot write {}", to.display()),
            "check the folder's permissions and free space",
        )
}

/// A relative link, replaced in one step.
pub fn make_current(plugin: &Path, version: &str) -> Result<(), Failure> {
    let (link, next) = (plugin.join("current"), plugin.join(".current-next"));
    let cannot = || {
        format!(
            "cannot make {version} the current version in {}",
            plugin.display()
        )
    };
    match fs::remove_file(&next) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).or_fail(cannot(), "check the folder's permissions");
        }
        _ => {}
    }
    std::os::unix::fs::symlink(version, &next)
        .and_then(|()| fs::rename(&next, &link))
        .or_fail(cannot(), "check the folder's permissions")
}

/// Makes a folder and those above it.
pub fn make(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).or_fail(
        format!("cannot create {}", folder.display()),
        "check the folder's permissions",
    )
}

/// Writes a file.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fs::write(path, bytes).or_fail(
        format!("cannot write {}", path.display()),
        "check the folder's permissions and free space",
    )
}
