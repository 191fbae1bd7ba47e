//! Landlock: the kernel refuses what no rule allows. Rules open folders and cannot close one
//! inside, so everything around the hidden folders is opened.

use super::{Reach, Support};
use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetStatus, Scope, path_beneath_rules,
};
use std::io;
use std::path::{Path, PathBuf};

const LATEST: ABI = ABI::V6;
/// Where programs write without leaving anything.
const DEVICES: &[&str] = &["/dev", "/proc/self"];

/// The first version that refuses to cut files by their path.
const REFUSES_TRUNCATION: i64 = 3;

pub(super) fn support() -> Support {
    const VERSION: libc::c_uint = 1;
    // SAFETY: landlock_create_ruleset(2) without attributes and with this flag only tells the
    // version.
    let version = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<u8>(),
            0_usize,
            VERSION,
        )
    };
    match version {
        ..=0 => Support::Missing("this kernel has no Landlock, or it is turned off"),
        version if version < REFUSES_TRUNCATION => Support::Partial(
            "this kernel's Landlock does not refuse to empty files; Linux 6.2 does",
        ),
        _ => Support::Full,
    }
}

pub(super) fn enforce(reach: &Reach) -> io::Result<bool> {
    let read_access = AccessFs::from_read(LATEST);
    let write = AccessFs::from_all(LATEST);
    let writable = reach
        .writable
        .iter()
        .map(PathBuf::as_path)
        .chain(DEVICES.iter().map(Path::new));
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(write)
        .and_then(|rules| rules.scope(Scope::from_all(LATEST)))
        .and_then(|rules| rules.create())
        .and_then(|rules| rules.add_rules(path_beneath_rules(around(&reach.hidden), read_access)))
        .and_then(|rules| rules.add_rules(path_beneath_rules(&reach.readable, read_access)))
        .and_then(|rules| rules.add_rules(path_beneath_rules(writable, write)))
        .and_then(|rules| rules.restrict_self())
        .map_err(io::Error::other)?;
    Ok(status.ruleset != RulesetStatus::NotEnforced)
}

/// Files and folders that together are everything but these folders. Links are left out: what they
/// lead to is there by its own name.
fn around(hidden: &[PathBuf]) -> Vec<PathBuf> {
    let mut open = Vec::new();
    let mut folders = vec![PathBuf::from("/")];
    while let Some(folder) = folders.pop() {
        if !hidden.iter().any(|hidden| hidden.starts_with(&folder)) {
            open.push(folder);
        } else if !hidden.contains(&folder) {
            let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
            let real =
                entries.filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_symlink()));
            folders.extend(real.map(|entry| entry.path()));
        }
    }
    open
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_but_the_hidden_folders_is_open() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        for folder in ["home/ada/work", "home/ben", "etc"] {
            std::fs::create_dir_all(root.join(folder)).unwrap();
        }
        let open = around(&[root.join("home/ada"), root.join("home/ada/work")]);
        assert!(open.contains(&root.join("etc")) && open.contains(&root.join("home/ben")));
        assert!(open.contains(&PathBuf::from("/usr")));
        assert!(
            !open
                .iter()
                .any(|path| root.join("home/ada/work").starts_with(path)),
            "{open:?}"
        );
    }
}
