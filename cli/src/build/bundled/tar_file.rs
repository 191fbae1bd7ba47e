//! Unpacks an archive that an author has downloaded: plain files and folders only are written,
//! links become copies of what they lead to, and nothing leads out of the folder. Bounded as
//! payloads are. Used for interpreters.

use super::link;
use crate::failure::{Failure, OrFail};
use flate2::read::MultiGzDecoder;
use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, ErrorKind, Read, Seek};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};
use tar::{Archive, Entry, EntryType};

const MAX_FILES: usize = 50_000;
const MAX_BYTES: u64 = 2 << 30;
/// A folder of names that differ in case alone, which no plugin needs.
const NOT_UNPACKED: &str = "terminfo";

/// Unpacks the archive `path` into the existing folder `to`.
pub fn unpack(path: &Path, to: &Path) -> Result<(), Failure> {
    let mut unpacking = Unpacking {
        archive: path,
        to,
        links: Vec::new(),
        files: 0,
        bytes: 0,
    };
    let mut archive = Archive::new(open(path)?);
    for entry in archive
        .entries()
        .map_err(|error| unpacking.damaged(&error))?
    {
        let mut entry = entry.map_err(|error| unpacking.damaged(&error))?;
        unpacking.entry(&mut entry)?;
    }
    unpacking.copy_links()
}

fn open(path: &Path) -> Result<Box<dyn Read>, Failure> {
    let what = format!("cannot read {}", path.display());
    let mut file = File::open(path).or_fail(&what, "name a folder or an archive that exists")?;
    let mut start = [0; 262];
    let length = file
        .read(&mut start)
        .or_fail(&what, "check its permissions")?;
    file.rewind().or_fail(&what, "check its permissions")?;
    if start.starts_with(&[0x1f, 0x8b]) {
        return Ok(Box::new(MultiGzDecoder::new(BufReader::new(file))));
    }
    if length == start.len() && start.ends_with(b"ustar") {
        return Ok(Box::new(BufReader::new(file)));
    }
    Err(Failure::new(
        format!(
            "{} is neither a folder nor a .tar, .tar.gz or .tgz archive",
            path.display()
        ),
        "unpack it yourself and name the folder",
    ))
}

struct Unpacking<'a> {
    archive: &'a Path,
    to: &'a Path,
    /// Folder and target of each link.
    links: Vec<(PathBuf, PathBuf)>,
    files: usize,
    bytes: u64,
}

impl Unpacking<'_> {
    fn entry<R: Read>(&mut self, entry: &mut Entry<'_, R>) -> Result<(), Failure> {
        let name = self.name(&entry.path_bytes())?;
        if name.iter().any(|part| part == NOT_UNPACKED) {
            return Ok(());
        }
        match entry.header().entry_type() {
            EntryType::Directory => self.folder(&name),
            EntryType::Regular | EntryType::Continuous => self.file(entry, &name),
            kind @ (EntryType::Symlink | EntryType::Link) => {
                let to = self.target(entry, &name, kind)?;
                self.links.push((name, to));
                Ok(())
            }
            EntryType::XGlobalHeader => Ok(()),
            _ => Err(self.refuse(&name, "is not a file, folder or link")),
        }
    }

    /// A relative name of plain parts.
    fn name(&self, raw: &[u8]) -> Result<PathBuf, Failure> {
        let path = PathBuf::from(String::from_utf8_lossy(raw).into_owned());
        let text = std::str::from_utf8(raw);
        let text = text.map_err(|_| self.refuse(&path, "has a name that is not UTF-8"))?;
        let plain = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
        if text.contains('\0') || !Path::new(text).components().all(plain) {
            return Err(self.refuse(&path, "has a name that leads out of the archive"));
        }
        let parts = Path::new(text).components();
        Ok(parts.filter(|part| *part != Component::CurDir).collect())
    }

    fn target<R: Read>(
        &self,
        entry: &Entry<'_, R>,
        name: &Path,
        kind: EntryType,
    ) -> Result<PathBuf, Failure> {
        let text = entry.link_name_bytes().unwrap_or_default();
        let text = Path::new(std::str::from_utf8(&text).unwrap_or("/"));
        // A hard link's text begins at the top of the archive.
        let from = match kind {
            EntryType::Symlink => name,
            _ => Path::new("top"),
        };
        let why = || {
            format!(
                "is a link to {}, which is outside of the archive",
                text.display()
            )
        };
        link::target(from, text).ok_or_else(|| self.refuse(name, &why()))
    }

    fn folder(&self, name: &Path) -> Result<(), Failure> {
        fs::create_dir_all(self.to.join(name)).map_err(|error| self.cannot_write(name, &error))
    }

    fn file<R: Read>(&mut self, entry: &mut Entry<'_, R>, name: &Path) -> Result<(), Failure> {
        self.count(entry.size())?;
        self.folder(name.parent().unwrap_or(Path::new("")))?;
        let is_executable = entry.header().mode().unwrap_or(0) & 0o111 != 0;
        let mode = if is_executable { 0o755 } else { 0o644 };
        let mut options = OpenOptions::new();
        let opened = options
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(self.to.join(name));
        let mut file = opened.map_err(|error| self.cannot_write(name, &error))?;
        std::io::copy(entry, &mut file).map_err(|error| self.damaged(&error))?;
        Ok(())
    }

    fn count(&mut self, bytes: u64) -> Result<(), Failure> {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        if self.files <= MAX_FILES && self.bytes <= MAX_BYTES {
            return Ok(());
        }
        Err(Failure::new(
            format!(
                "{} holds more than {MAX_FILES} files or {MAX_BYTES} bytes",
                self.archive.display()
            ),
            "name an archive with an interpreter and little else",
        ))
    }

    /// A link may lead to another one, or to a folder with links in it: so links to files come
    /// first, again until no copy comes about any more. What then is left leads to nothing.
    fn copy_links(&mut self) -> Result<(), Failure> {
        while !self.links.is_empty() {
            let files = self.copy_those(Path::is_file)?;
            if files == 0 && self.copy_those(Path::is_dir)? == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Copies the links to what is there and is like that; tells how many.
    fn copy_those(&mut self, is_ready: fn(&Path) -> bool) -> Result<usize, Failure> {
        let to = self.to;
        let links = std::mem::take(&mut self.links);
        let (ready, left): (Vec<_>, Vec<_>) = links
            .into_iter()
            .partition(|(_, target)| is_ready(&to.join(target)));
        self.links = left;
        for (name, target) in &ready {
            self.copy(target, name)?;
        }
        Ok(ready.len())
    }

    fn copy(&mut self, from: &Path, name: &Path) -> Result<(), Failure> {
        if name.starts_with(from) {
            return Err(self.refuse(name, "is a link to a folder that it is in"));
        }
        let source = self.to.join(from);
        if source.is_dir() {
            for below in super::tree::names_in(&source)? {
                self.copy(&from.join(&below), &name.join(&below))?;
            }
            return self.folder(name);
        }
        self.count(fs::metadata(&source).map_or(0, |data| data.len()))?;
        self.folder(name.parent().unwrap_or(Path::new("")))?;
        let target = self.to.join(name);
        if target.exists() {
            return Err(self.cannot_write(name, &ErrorKind::AlreadyExists.into()));
        }
        let copied = fs::copy(source, target);
        copied
            .map(drop)
            .map_err(|error| self.cannot_write(name, &error))
    }

    fn refuse(&self, name: &Path, why: &str) -> Failure {
        Failure::new(
            format!("{} in {} {why}", name.display(), self.archive.display()),
            "use an archive from a source that you trust, or unpack it yourself and name the \
             folder",
        )
    }

    fn cannot_write(&self, name: &Path, error: &std::io::Error) -> Failure {
        match error.kind() {
            ErrorKind::AlreadyExists => self.refuse(
                name,
                "has the name of another file in it; this disk may take upper and lower case for \
                 the same",
            ),
            _ => Failure::new(
                format!(
                    "cannot unpack {} of {}: {error}",
                    name.display(),
                    self.archive.display()
                ),
                "check the free disk space",
            ),
        }
    }

    fn damaged(&self, error: &std::io::Error) -> Failure {
        Failure::new(
            format!("{} cannot be unpacked: {error}", self.archive.display()),
            "download it again",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use tar::{Builder, Header};

    /// Name, kind, and what a link leads to or a file holds.
    type Item<'a> = (&'a str, EntryType, &'a str);

    fn unpacked(items: &[Item<'_>]) -> Result<tempfile::TempDir, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some.tar");
        let mut tar = Builder::new(File::create(&path).unwrap());
        for (name, kind, text) in items {
            let mut header = Header::new_ustar();
            // As it is: the library would refuse some of these names.
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(*kind);
            header.set_mode(if name.contains("bin/") { 0o755 } else { 0o644 });
            let is_file = *kind == EntryType::Regular;
            header.set_size(if is_file { text.len() as u64 } else { 0 });
            if !is_file {
                header.set_link_name_literal(text).unwrap();
            }
            header.set_cksum();
            tar.append(&header, if is_file { text.as_bytes() } else { &[] })
                .unwrap();
        }
        tar.finish().unwrap();
        let to = tempfile::tempdir().unwrap();
        unpack(&path, to.path()).map_err(|failure| failure.into_parts().0)?;
        Ok(to)
    }

    const FILE: EntryType = EntryType::Regular;
    const LINK: EntryType = EntryType::Symlink;

    #[test]
    fn links_become_copies_and_programs_stay_programs() {
        let folder = unpacked(&[
            ("python/bin/python3", LINK, "python3.12"),
            ("python/lib64", LINK, "lib"),
            ("python/lib/a.so", LINK, "a.so.1"),
            ("python/lib/hard.so", EntryType::Link, "python/lib/a.so.1"),
            ("python/lib/a.so.1", FILE, "code"),
            ("python/bin/python3.12", FILE, "program"),
            ("python/share/terminfo/e/x", FILE, ""),
            ("python/share/terminfo/E/x", FILE, ""),
            ("python/gone", LINK, "nowhere"),
        ])
        .unwrap();
        let path = |name: &str| folder.path().join("python").join(name);
        for (name, text) in [
            ("bin/python3", "program"),
            ("lib64/a.so.1", "code"),
            ("lib64/a.so", "code"),
            ("lib/hard.so", "code"),
        ] {
            assert_eq!(fs::read_to_string(path(name)).unwrap(), text, "{name}");
            assert!(!fs::symlink_metadata(path(name)).unwrap().is_symlink());
        }
        let mode = |name: &str| fs::metadata(path(name)).unwrap().permissions().mode() & 0o111;
        assert_eq!((mode("bin/python3"), mode("lib/a.so")), (0o111, 0));
        assert!(!path("share/terminfo").exists() && !path("gone").exists());
    }

    #[test]
    fn what_leads_out_of_the_archive_or_is_there_twice_is_named() {
        for (items, says) in [
            (vec![("a/x", LINK, "../../etc/passwd")], "a/x in"),
            (
                vec![("a/x", LINK, "../../etc/passwd")],
                "is a link to ../../etc/passwd, which is outside of the archive",
            ),
            (
                vec![("a/x", LINK, "/etc/passwd")],
                "is a link to /etc/passwd, which is outside",
            ),
            (
                vec![("a/x", EntryType::Link, "../etc/passwd")],
                "is a link to ../etc/passwd, which is outside",
            ),
            (vec![("../x", FILE, "")], "../x in"),
            (
                vec![("/etc/x", FILE, "")],
                "has a name that leads out of the archive",
            ),
            (
                vec![("a/x", EntryType::Fifo, "")],
                "is not a file, folder or link",
            ),
            (vec![("a/x", FILE, ""), ("a/x", FILE, "")], "a/x in"),
            (
                vec![("a/x", FILE, ""), ("a/x", FILE, "")],
                "has the name of another file in it",
            ),
            (vec![("a/x", FILE, ""), ("a/b", LINK, "../a")], "a/b in"),
            (
                vec![("a/x", FILE, ""), ("a/b", LINK, "../a")],
                "is a link to a folder that it is in",
            ),
        ] {
            let error = unpacked(&items).unwrap_err();
            assert!(error.contains(says), "{says}: {error}");
        }
    }

    #[test]
    fn a_file_that_is_not_an_archive_is_told_what_is_expected() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("python.tar.zst");
        fs::write(&path, b"\x28\xb5\x2f\xfd rest").unwrap();
        let (what, fix) = unpack(&path, folder.path()).unwrap_err().into_parts();
        assert!(
            what.contains("python.tar.zst is neither a folder nor a .tar, .tar.gz or .tgz"),
            "{what}"
        );
        assert_eq!(fix, "unpack it yourself and name the folder");
    }
}
