//! Where a symbolic link in an archive leads, by its text alone: nothing on the disk is asked, so
//! nothing there can lead it out of the archive. Used by `tar_file`.

use std::path::{Component, Path, PathBuf};

/// The place in the archive that a link at `from` with the text `to` names; `None` when it is
/// outside.
pub fn target(from: &Path, to: &Path) -> Option<PathBuf> {
    let mut place: Vec<Component<'_>> = from.parent()?.components().collect();
    for part in to.components() {
        match part {
            Component::Normal(_) => place.push(part),
            Component::CurDir => {}
            Component::ParentDir => drop(place.pop()?),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(place.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_a_place_in_the_archive_or_nowhere() {
        let target = |from: &str, to: &str| {
            let place = target(Path::new(from), Path::new(to))?;
            Some(place.display().to_string())
        };
        assert_eq!(
            target("python/bin/python3", "python3.12").as_deref(),
            Some("python/bin/python3.12")
        );
        assert_eq!(target("a/lib64", "../a/./lib").as_deref(), Some("a/lib"));
        assert_eq!(target("a/x", "../../etc/passwd"), None);
        assert_eq!(target("a/x", "/etc/passwd"), None);
    }
}
