//! A CPython to bundle: from the folder or archive that the author named, else one of uv's. It has
//! to work in any folder; where it can run here, that is tried.

use super::super::program::{run, without_settings};
use super::{Bundled, Source, check_target, reduce, root_with, start_of, temporary, uv};
use crate::failure::{Failure, OrFail};
use crate::parts::Target;
use crate::project::Project;
use crate::project::python::PythonProject;
use osaurus_payload::Mode;
use osaurus_shim::python::{Requirement, Version};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Parts of the standard library that need a window or test Python itself, and what is installed
/// beside it.
const NOT_NEEDED: [&str; 9] = [
    "site-packages",
    "dist-packages",
    "sitecustomize.py",
    "test",
    "tests",
    "idlelib",
    "tkinter",
    "turtledemo",
    "ensurepip",
];
/// How files of such kinds begin, in the folder of compiled modules.
const NOT_NEEDED_COMPILED: [&str; 4] = ["_tkinter", "_test", "_ctypes_test", "xx"];

const FIX: &str = "name one that can be moved, such as those of uv or of python-build-standalone, with runtime-from = \
                   \"...\" in [tool.osaurus]";

/// For a project, from what its author named.
pub fn python(
    project: &Project,
    script: &PythonProject,
    from: Option<&Path>,
    target: Target,
) -> Result<Bundled, Failure> {
    let named = match from {
        Some(named) => named.to_owned(),
        None => uv::python(script.requires_python.as_deref(), target)?,
    };
    let source = Source::open(&named)?;
    let (root, name) = root_with(&source.folder, &is_python)?.ok_or_else(|| nothing_in(&named))?;
    let whole = root.join("bin").join(&name);
    check_target(&named, &whole, target, "Python")?;
    let start = start_of(&whole)?;
    refuse_fixed(&named, &start)?;
    let needed = Needed {
        name: &name,
        library: project.mode == Mode::Embedded || mentions_library(&start),
    };
    let folder = temporary()?;
    reduce::copy(&root, folder.path(), &|path| needed.allows(path))?;
    let main = format!("bin/{name}");
    let is_for_here = Target::here()? == target;
    let version = match is_for_here {
        true => tried(&named, &folder.path().join(&main), folder.path())?,
        false => name.trim_start_matches("python").to_owned(),
    };
    check_version(script, &version)?;
    Ok(Bundled {
        folder,
        main,
        version,
        whole: is_for_here.then_some(whole),
        _unpacked: source.unpacked,
    })
}

/// `python3.12`, whose name is that of its library's folder.
fn is_python(name: &str) -> bool {
    let minor = name.strip_prefix("python3.").unwrap_or_default();
    !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit())
}

fn nothing_in(named: &Path) -> Failure {
    Failure::new(
        format!(
            "there is no Python to bundle in {}: expected bin/python3.N and lib/python3.N in it",
            named.display()
        ),
        FIX,
    )
}

/// What is packed of a Python's folder.
struct Needed<'a> {
    name: &'a str,
    /// Whether its shared library is.
    library: bool,
}

impl Needed<'_> {
    fn allows(&self, path: &Path) -> bool {
        let parts: Vec<&str> = path.iter().filter_map(|part| part.to_str()).collect();
        match parts[..] {
            [top] => matches!(top, "bin" | "lib") || top.starts_with("LICENSE"),
            ["bin", name] => name == self.name,
            ["lib", name] => name == self.name || self.is_library(name),
            ["lib", _, "lib-dynload", file] => !NOT_NEEDED_COMPILED
                .iter()
                .any(|start| file.starts_with(start)),
            ["lib", _, name] => !NOT_NEEDED.contains(&name) && !name.starts_with("config-"),
            [.., last] => last != "__pycache__",
            [] => false,
        }
    }

    fn is_library(&self, name: &str) -> bool {
        let is_of_windows = ["libtcl", "libtk"]
            .iter()
            .any(|start| name.starts_with(start));
        let is_library =
            name.starts_with("lib") && (name.contains(".so") || name.ends_with(".dylib"));
        is_library && !is_of_windows && (self.library || !name.starts_with("libpython"))
    }
}

/// Whether the program is only a start of the shared library.
fn mentions_library(start: &[u8]) -> bool {
    strings(start).any(|text| text.contains("libpython"))
}

/// A Mac's loader takes a library from the place that the program says.
fn refuse_fixed(named: &Path, start: &[u8]) -> Result<(), Failure> {
    let is_fixed = |text: &str| {
        text.starts_with('/') && (text.contains("libpython") || text.contains("Python.framework/"))
    };
    match strings(start).find(|text| is_fixed(text)) {
        None => Ok(()),
        Some(place) => Err(fixed(named, &place)),
    }
}

fn strings(bytes: &[u8]) -> impl Iterator<Item = String> {
    let strings = bytes.split(|byte| !(0x20..0x7f).contains(byte));
    strings
        .filter(|text| text.len() > 5)
        .map(|text| String::from_utf8_lossy(text).into_owned())
}

fn fixed(named: &Path, place: &str) -> Failure {
    Failure::new(
        format!(
            "the Python in {} works in one place only: it needs {place}",
            named.display()
        ),
        FIX,
    )
}

const SCRIPT: &str = r#"
import json, os, sys
import encodings, json.decoder
maps = open("/proc/self/maps").read() if os.path.exists("/proc/self/maps") else ""
libraries = {line.split()[-1] for line in maps.splitlines() if "libpython" in line}
print(json.dumps({
    "version": "%d.%d.%d" % sys.version_info[:3],
    "places": [sys.prefix, os.__file__, *sorted(libraries)],
}))
"#;

#[derive(Deserialize)]
struct Answer {
    version: String,
    places: Vec<PathBuf>,
}

/// Its version, when it runs in another folder than its own and takes nothing from there.
fn tried(named: &Path, program: &Path, folder: &Path) -> Result<String, Failure> {
    let mut command = Command::new(program);
    without_settings(&mut command).args(["-I", "-S", "-B", "-c", SCRIPT]);
    let output = run(&mut command)?;
    let answer: Answer = serde_json::from_slice(&output.stdout).map_err(|_| {
        let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Failure::new(
            format!(
                "the Python in {} does not start in another folder ({}):\n{stderr}",
                named.display(),
                output.status
            ),
            FIX,
        )
    })?;
    let real = folder
        .canonicalize()
        .or_fail("cannot find a temporary folder", "")?;
    let is_outside = |place: &&PathBuf| {
        !place
            .canonicalize()
            .is_ok_and(|place| place.starts_with(&real))
    };
    match answer.places.iter().find(is_outside) {
        None => Ok(answer.version),
        Some(place) => Err(fixed(named, &place.display().to_string())),
    }
}

fn check_version(script: &PythonProject, version: &str) -> Result<(), Failure> {
    let requirement = Requirement::parse(script.requires_python.as_deref(), None)
        .map_err(|problem| Failure::new(problem, "correct requires-python in pyproject.toml"))?;
    let parsed: Version = version
        .parse()
        .or_fail("the Python to bundle has no version", FIX)?;
    // Of one for another machine only the minor version is known.
    let objection = match version.matches('.').count() {
        1 => requirement.objection_to_minor(parsed),
        _ => requirement.objection(parsed),
    };
    let refused = |why| {
        Failure::new(
            format!("the Python to bundle does not fit: {why}"),
            "name another one with runtime-from = \"...\" in [tool.osaurus]",
        )
    };
    objection.map_or(Ok(()), |why| Err(refused(why)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_plugin_does_not_need_stays_out() {
        let allows = |library, path: &str| {
            let needed = Needed {
                name: "python3.12",
                library,
            };
            Path::new(path)
                .ancestors()
                .filter(|above| *above != Path::new(""))
                .all(|above| needed.allows(above))
        };
        for packed in [
            "bin/python3.12",
            "lib/python3.12/json/decoder.py",
            "lib/python3.12/lib-dynload/_ssl.so",
            "lib/python3.12/unittest/case.py",
            "lib/libssl.so.3",
            "LICENSE.txt",
        ] {
            assert!(allows(false, packed), "{packed}");
        }
        for left_out in [
            "bin/pip",
            "bin/python3",
            "include/python3.12/Python.h",
            "share/man/man1/python3.1",
            "lib/python3.12/site-packages/pip/__init__.py",
            "lib/python3.12/test/test_os.py",
            "lib/python3.12/json/__pycache__/decoder.pyc",
            "lib/python3.12/config-3.12-darwin/libpython3.12.a",
            "lib/python3.12/lib-dynload/_tkinter.so",
            "lib/libpython3.12.so.1.0",
            "lib/libtk8.6.so",
            "lib/pkgconfig/python-3.12.pc",
        ] {
            assert!(!allows(false, left_out), "{left_out}");
        }
        assert!(allows(true, "lib/libpython3.12.so.1.0"));
    }

    #[test]
    fn a_library_at_one_place_is_seen_in_the_program() {
        let start = b"\xcf\xfa\0\0\0/Library/Frameworks/Python.framework/Versions/3.12/Python\0\0";
        let failure = refuse_fixed(Path::new("/x"), start).unwrap_err();
        let (what, _) = failure.into_parts();
        assert!(
            what.contains("works in one place only: it needs /Library/Frameworks/"),
            "{what}"
        );
        let moved = b"\xcf\xfa\0\0@executable_path/../lib/libpython3.12.dylib\0";
        assert!(refuse_fixed(Path::new("/x"), moved).is_ok() && mentions_library(moved));
    }
}
