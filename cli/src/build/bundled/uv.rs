//! The Pythons that uv has installed, which can be moved to any folder. For another machine too:
//! `uv python install cpython-3.13-macos-aarch64`. Asks uv for its folder and reads the names
//! there; installs nothing.

use super::super::on_path;
use super::super::program::run;
use super::super::tree::names_in;
use crate::failure::Failure;
use crate::parts::Target;
use osaurus_shim::python::{Requirement, Version};
use std::path::PathBuf;
use std::process::Command;

/// The folder of the newest that fits.
pub fn python(requires: Option<&str>, target: Target) -> Result<PathBuf, Failure> {
    let requirement = Requirement::parse(requires, None)
        .map_err(|problem| Failure::new(problem, "correct requires-python in pyproject.toml"))?;
    let uv = on_path("uv").ok_or_else(|| none(target, "there is no uv on the PATH"))?;
    let output = run(Command::new(uv).args(["python", "dir"]))?;
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let names = if folder.is_dir() {
        names_in(&folder)?
    } else {
        Vec::new()
    };
    let names = names.iter().filter_map(|name| name.to_str());
    let fitting = names.filter_map(|name| Some((version_in(name, target)?, name)));
    let fitting = fitting.filter(|(version, _)| requirement.objection(*version).is_none());
    let newest = fitting.max_by_key(|(version, _)| (version.minor, version.patch));
    let (_, name) = newest.ok_or_else(|| {
        none(
            target,
            &format!("uv has none for it in {}", folder.display()),
        )
    })?;
    Ok(folder.join(name))
}

/// In a name such as `cpython-3.13.1-macos-aarch64-none`. Other builds than the plain one say so
/// after a plus sign.
fn version_in(name: &str, target: Target) -> Option<Version> {
    let (version, machine) = name.strip_prefix("cpython-")?.split_once('-')?;
    let is_for_it = machine.starts_with(machine_of(target)) && !machine.ends_with("musl");
    let is_plain = version
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    version.parse().ok().filter(|_| is_for_it && is_plain)
}

fn machine_of(target: Target) -> &'static str {
    match target {
        Target::MacosArm64 => "macos-aarch64",
        Target::MacosX86_64 => "macos-x86_64-",
        Target::LinuxX86_64 => "linux-x86_64-",
        Target::LinuxArm64 => "linux-aarch64",
    }
}

fn none(target: Target, why: &str) -> Failure {
    Failure::new(
        format!("there is no Python for {} to bundle: {why}", target.name()),
        format!(
            "name a folder or an archive of one that can be moved with runtime-from = \"...\" in [tool.osaurus], or run: \
             uv python install cpython-3.13-{}",
            machine_of(target).trim_end_matches('-')
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_uvs_folders_say_version_and_machine() {
        let version =
            |name| version_in(name, Target::LinuxX86_64).map(|version| version.to_string());
        assert_eq!(
            version("cpython-3.12.7-linux-x86_64-gnu").as_deref(),
            Some("3.12.7")
        );
        for other in [
            "cpython-3.12.7-linux-x86_64-musl",
            "cpython-3.12.7-linux-x86_64_v3-gnu",
            "cpython-3.13.0+freethreaded-linux-x86_64-gnu",
            "cpython-3.12.7-macos-aarch64-none",
            "pypy-3.10.14-linux-x86_64-gnu",
            ".lock",
        ] {
            assert_eq!(version(other), None, "{other}");
        }
    }
}
