//! Python dependencies for another machine than this one. Pure packages work anywhere; of packages
//! with native code the wheels for the target are taken. The description of the plugin has been
//! made with this machine's by then.

use super::make;
use super::program::{on_path, run, without_settings};
use super::python::{List, Requirements, first_native_file, lacks_pip, lists, refuse_native};
use crate::failure::{Failure, OrFail};
use crate::parts::Target;
use crate::project::python::PythonProject;
use serde_json::json;
use std::path::Path;
use std::process::{Command, Output};

const PIP_FOR_TARGET: &str = include_str!("pip_for_target.py");

/// Puts the target's dependencies in the place of this machine's in `deps`.
pub fn install(
    python: &Path,
    script: &PythonProject,
    requirements: &Requirements,
    target: Target,
    deps: &Path,
) -> Result<(), Failure> {
    let fresh = make(deps.with_file_name("target-deps"))?;
    let scratch =
        tempfile::tempdir().or_fail("cannot create a temporary folder", "free some disk space")?;
    for list in lists(requirements, scratch.path())? {
        let output = match run(&mut pip(python, &list, target, &fresh))? {
            failed if lacks_pip(&failed) => uv(python, &list, target, &fresh)?,
            output => output,
        };
        // A package without wheels that is pure once it is built serves every machine.
        if no_wheel(&output).is_some() && first_native_file(deps)?.is_none() {
            return remove(&fresh);
        }
        if !output.status.success() {
            return Err(explain(&output, target, requirements.lock));
        }
    }
    if !script.allow_native {
        refuse_native(&fresh)?;
    }
    replace(deps, &fresh)
}

fn pip(python: &Path, list: &List, target: Target, folder: &Path) -> Command {
    let mut pip = Command::new(python);
    without_settings(&mut pip)
        .args(["-I", "-c", PIP_FOR_TARGET])
        .arg(markers(target).to_string())
        .args(["install", "--quiet", "--disable-pip-version-check"])
        .args(["--no-compile", "--only-binary=:all:", "--target"])
        .arg(folder);
    for platform in platforms(target) {
        pip.args(["--platform", platform]);
    }
    pip.args(list.options).arg("-r").arg(&list.path);
    pip
}

fn uv(python: &Path, list: &List, target: Target, folder: &Path) -> Result<Output, Failure> {
    let Some(uv) = on_path("uv") else {
        return Err(Failure::new(
            format!(
                "cannot install dependencies for {}: {} has no pip, and there is no uv on the PATH",
                target.name(),
                python.display()
            ),
            "install one of them",
        ));
    };
    let platform = match target {
        Target::MacosArm64 => "aarch64-apple-darwin",
        Target::MacosX86_64 => "x86_64-apple-darwin",
        Target::LinuxX86_64 => "x86_64-unknown-linux-gnu",
        Target::LinuxArm64 => "aarch64-unknown-linux-gnu",
    };
    run(Command::new(uv)
        .args(["pip", "install", "--quiet", "--only-binary", ":all:"])
        .args(["--python-platform", platform, "--python"])
        .arg(python)
        .arg("--target")
        .arg(folder)
        .args(list.options)
        .arg("-r")
        .arg(&list.path))
}

/// The newest systems that wheels may ask for, and what pip does not conclude from them.
fn platforms(target: Target) -> &'static [&'static str] {
    match target {
        Target::MacosArm64 => &["macosx_13_0_arm64"],
        Target::MacosX86_64 => &["macosx_13_0_x86_64"],
        Target::LinuxX86_64 => &[
            "manylinux_2_28_x86_64",
            "manylinux_2_17_x86_64",
            "manylinux2014_x86_64",
        ],
        Target::LinuxArm64 => &[
            "manylinux_2_28_aarch64",
            "manylinux_2_17_aarch64",
            "manylinux2014_aarch64",
        ],
    }
}

/// What environment markers are there that differ between targets.
fn markers(target: Target) -> serde_json::Value {
    let (system, platform) = match target.is_macos() {
        true => ("Darwin", "darwin"),
        false => ("Linux", "linux"),
    };
    let machine = match target {
        Target::MacosArm64 => "arm64",
        Target::LinuxArm64 => "aarch64",
        Target::MacosX86_64 | Target::LinuxX86_64 => "x86_64",
    };
    json!({
        "os_name": "posix", "sys_platform": platform, "platform_system": system, "platform_machine": machine,
        "platform_release": "", "platform_version": "",
    })
}

/// The requirement of which pip found no wheel.
fn no_wheel(output: &Output) -> Option<String> {
    let text = String::from_utf8_lossy(&output.stderr);
    let (_, rest) = text.split_once("No matching distribution found for ")?;
    Some(rest.lines().next()?.trim().to_string())
}

fn explain(output: &Output, target: Target, lock: Option<&str>) -> Failure {
    let text = String::from_utf8_lossy(&output.stderr);
    let (name, text) = (target.name(), text.trim_end());
    match no_wheel(output) {
        Some(requirement) => Failure::new(
            format!(
                "the dependency {requirement} has no wheel for {name} and this Python:\n{text}"
            ),
            format!("use a version that has one, or build on a machine of {name}"),
        ),
        None => Failure::new(
            format!("cannot install the dependencies for {name}:\n{text}"),
            match lock {
                Some(lock) => format!("check that {lock} holds wheels for {name}"),
                None => "check the names under [project] dependencies".into(),
            },
        ),
    }
}

fn replace(deps: &Path, fresh: &Path) -> Result<(), Failure> {
    remove(deps)?;
    std::fs::rename(fresh, deps).or_fail("cannot place the dependencies", "check the disk")
}

fn remove(folder: &Path) -> Result<(), Failure> {
    std::fs::remove_dir_all(folder).or_fail(
        format!("cannot remove {}", folder.display()),
        "check the disk",
    )
}
