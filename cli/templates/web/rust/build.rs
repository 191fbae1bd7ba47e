//! Puts the page beside the library, where hosts look for it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=web");
    copy(Path::new("web"), &library_folder()?.join("web"))
}

/// Where cargo is going to put the library. A build script runs in a folder of the same shape,
/// [TARGET/]PROFILE/build/NAME/out, which may be elsewhere (`build.build-dir`).
fn library_folder() -> io::Result<PathBuf> {
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let profile = out.ancestors().nth(3).unwrap_or(&out);
    let target = env::var_os("TARGET").unwrap_or_default();
    let has_target = profile.parent().is_some_and(|folder| folder.ends_with(&target));
    let folder = target_directory()?;
    let folder = if has_target { folder.join(target) } else { folder };
    Ok(folder.join(profile.file_name().unwrap_or_default()))
}

fn target_directory() -> io::Result<PathBuf> {
    let output = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .output()?;
    let metadata = String::from_utf8_lossy(&output.stdout);
    let value = metadata.split("\"target_directory\":\"").nth(1);
    let value = value.and_then(|rest| rest.split('"').next());
    value.map(PathBuf::from).ok_or_else(|| io::Error::other("cargo metadata names no target_directory"))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy(&entry.path(), &to)?,
            false => fs::copy(entry.path(), &to).map(|_| ())?,
        }
    }
    Ok(())
}
