//! Where the few fields of `PyConfig` are that the start needs, per version of CPython.
//! Pure data for `init`. From 3.14 on `PyInitConfig` (PEP 741) makes this unnecessary.
//!
//! Source: `offsetof` and `sizeof` compiled against the headers of 3.10.13, 3.11.7, 3.12.1 and
//! 3.13.0 (LP64; an int has 4 bytes and a wchar_t* 8 on Linux and macOS alike). A released minor
//! version never changes its layout. `init` checks the defaults of an isolated configuration at
//! these offsets before it writes anything.
#[cfg(test)]
use std::ops::RangeInclusive;

/// Offsets in bytes into `PyConfig`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConfigLayout {
    /// `sizeof(PyConfig)`.
    pub size: usize,
    /// `int site_import`.
    pub site_import: usize,
    /// `wchar_t* program_name`.
    pub program_name: usize,
}

/// `int isolated`, in all versions.
pub const ISOLATED: usize = 4;
/// `int use_environment`, in all versions.
pub const USE_ENVIRONMENT: usize = 8;
/// `int install_signal_handlers`, in all versions.
pub const INSTALL_SIGNAL_HANDLERS: usize = 16;
/// Index of `int utf8_mode` in `PyPreConfig`, which holds only ints, in all versions (not on
/// Windows).
pub const PRE_UTF8_MODE: usize = 7;
/// `sizeof(PyPreConfig) / sizeof(int)`, in all versions.
pub const PRE_INTS: usize = 10;

/// Minor versions that are started through `PyConfig`, for the test that measures headers.
#[cfg(test)]
pub const BY_LAYOUT: RangeInclusive<u8> = 10..=13;

/// The layout of 3.`minor`.
pub fn of(minor: u8) -> Option<ConfigLayout> {
    let (size, site_import, program_name) = match minor {
        10 => (392, 152, 240),
        11 => (424, 168, 264),
        12 => (432, 176, 272),
        13 => (448, 176, 280),
        _ => return None,
    };
    Some(ConfigLayout {
        size,
        site_import,
        program_name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    const PROGRAM: &str = r#"
#include <Python.h>
#include <stddef.h>
#include <stdio.h>
int main(void) {
    printf("%d %zu %zu %zu %zu %zu %zu %zu %zu %zu\n", PY_MINOR_VERSION, sizeof(PyConfig),
        offsetof(PyConfig, site_import), offsetof(PyConfig, program_name), offsetof(PyConfig, isolated),
        offsetof(PyConfig, use_environment), offsetof(PyConfig, install_signal_handlers),
        offsetof(PyPreConfig, utf8_mode) / sizeof(int), sizeof(PyPreConfig) / sizeof(int), sizeof(PyStatus));
    return 0;
}
"#;

    fn include_folders() -> Vec<PathBuf> {
        let home = std::env::var_os("HOME")
            .map(PathBuf::from)
            .unwrap_or_default();
        let versions = std::fs::read_dir(home.join(".pyenv/versions"))
            .into_iter()
            .flatten();
        let managed = versions.filter_map(|entry| Some(entry.ok()?.path().join("include")));
        let all = managed.chain(["/usr/include".into(), "/usr/local/include".into()]);
        all.flat_map(|folder| BY_LAYOUT.map(move |minor| folder.join(format!("python3.{minor}"))))
            .filter(|folder| folder.join("Python.h").is_file())
            .collect()
    }

    fn measured(include: &Path) -> Vec<usize> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("m.c"), PROGRAM).unwrap();
        let compiled = Command::new("cc")
            .current_dir(dir.path())
            .args(["m.c", "-o", "m", "-I"])
            .arg(include)
            .status()
            .unwrap();
        assert!(compiled.success(), "{}", include.display());
        let output = Command::new(dir.path().join("m")).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.split_whitespace()
            .map(|n| n.parse().unwrap())
            .collect()
    }

    #[test]
    fn the_table_equals_the_headers_of_this_machine() {
        for include in include_folders() {
            let measured = measured(&include);
            let layout = of(measured[0] as u8).unwrap();
            let expected = [
                layout.size,
                layout.site_import,
                layout.program_name,
                ISOLATED,
                USE_ENVIRONMENT,
                INSTALL_SIGNAL_HANDLERS,
                PRE_UTF8_MODE,
                PRE_INTS,
                size_of::<crate::python::cpython::Status>(),
            ];
            assert_eq!(measured[1..], expected, "{}", include.display());
        }
    }
}
