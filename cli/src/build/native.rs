//! Native code among the files that are packed: each package that has some must have it for the
//! target. Looks at the files' first bytes; knows nothing of languages but where they put their
//! packages.

use crate::failure::{Failure, OrFail};
use crate::parts::Target;
use crate::walk::{self, Links};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Enough for every header that is looked at.
const HEADER: u64 = 512;

/// What one package holds.
#[derive(Default)]
struct NativeFile {
    fits: bool,
    other: Option<(PathBuf, Target)>,
}

/// Fails when something among the files in `stage` works on other machines alone.
pub fn check(stage: &Path, target: Target) -> Result<(), Failure> {
    let mut packages: BTreeMap<String, NativeFile> = BTreeMap::new();
    look(stage, target, &mut packages)?;
    let misfit = packages
        .into_iter()
        .filter(|(_, found)| !found.fits)
        .find_map(|(name, found)| Some((name, found.other?)));
    match misfit {
        None => Ok(()),
        Some((name, (file, other))) => Err(explain(&name, &file, other, target)),
    }
}

fn look(
    stage: &Path,
    target: Target,
    packages: &mut BTreeMap<String, NativeFile>,
) -> Result<(), Failure> {
    let unreadable = || format!("cannot read {}", stage.display());
    for entry in walk::entries(stage, Links::Followed).or_fail(unreadable(), "check the disk")? {
        if entry.kind.is_dir() {
            continue;
        }
        let targets = code_in(&entry.path).or_fail(unreadable(), "check the disk")?;
        let Some(first) = targets.first() else {
            continue;
        };
        let library = packages.entry(package(&entry.below)).or_default();
        library.fits |= targets.contains(&target);
        library.other.get_or_insert((entry.below, *first));
    }
    Ok(())
}

fn code_in(path: &Path) -> std::io::Result<Vec<Target>> {
    let mut start = Vec::new();
    File::open(path)?.take(HEADER).read_to_end(&mut start)?;
    Ok(Target::of_code(&start))
}

/// `deps/NAME/...` and `node_modules/NAME/...` by their names, with the scope; the author's files
/// one by one.
fn package(file: &Path) -> String {
    let parts: Vec<&str> = file.iter().filter_map(|part| part.to_str()).collect();
    let last = parts.iter().rposition(|part| *part == "node_modules");
    match (parts.as_slice(), last) {
        (_, Some(at)) if parts.get(at + 1).is_some_and(|name| name.starts_with('@')) => parts
            [at + 1..]
            .iter()
            .take(2)
            .copied()
            .collect::<Vec<_>>()
            .join("/"),
        (_, Some(at)) => parts.get(at + 1).copied().unwrap_or_default().to_string(),
        (["deps", name, ..], None) => (*name).to_string(),
        _ => file.display().to_string(),
    }
}

fn explain(name: &str, file: &Path, other: Target, target: Target) -> Failure {
    let (file, other, target) = (file.display(), other.name(), target.name());
    Failure::new(
        format!("{name} holds native code for {other} and none for {target} ({file})"),
        format!(
            "install it for {target}, build on a machine of {target}, or use a package without \
             native code"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let stage = tempfile::tempdir().unwrap();
        for (path, bytes) in files {
            let path = stage.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        stage
    }

    const MAC: &[u8] = &[0xcf, 0xfa, 0xed, 0xfe, 0x0c, 0, 0, 1];

    #[test]
    fn a_package_that_has_code_for_several_machines_needs_the_target_among_them() {
        let mut linux = b"\x7fELF\x02\x01\x01".to_vec();
        linux.resize(64, 0);
        linux[18] = 62;
        let both = stage(&[
            ("node_modules/@s/x/prebuilds/linux.node", &linux),
            ("node_modules/@s/x/prebuilds/mac.node", MAC),
        ]);
        assert!(check(both.path(), Target::MacosArm64).is_ok());
        let failure = check(both.path(), Target::LinuxArm64).unwrap_err();
        let text = format!("{failure:?}");
        assert!(text.contains("@s/x holds native code for"), "{text}");
        assert!(text.contains("none for linux-arm64"), "{text}");
    }

    #[test]
    fn text_files_are_not_native_code() {
        let plain = stage(&[("src/main.py", b"x = 1\n"), ("deps/a/__init__.py", b"")]);
        assert!(check(plain.path(), Target::MacosX86_64).is_ok());
    }
}
