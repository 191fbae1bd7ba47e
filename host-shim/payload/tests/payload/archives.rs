//! What an archive may hold, and what its unpacking writes.
use super::common::{config, write};
use super::{left, unpacked};
use flate2::Compression;
use flate2::write::GzEncoder;
use osaurus_payload::{HEADER_LEN, Payload, PayloadError, PayloadHead};
use std::fs;
use std::io::Write;

#[test]
fn links_to_files_travel_as_files_and_other_links_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "real.py", "real");
    std::os::unix::fs::symlink("real.py", folder.path().join("link.py")).unwrap();
    let packed = Payload::from_folder("{}".into(), config(), folder.path()).unwrap();
    let cache = tempfile::tempdir().unwrap();
    let home = unpacked(&packed, cache.path());
    assert!(!home.join("link.py").is_symlink());
    assert_eq!(fs::read_to_string(home.join("link.py")).unwrap(), "real");

    std::os::unix::fs::symlink("/", folder.path().join("everything")).unwrap();
    let text = Payload::from_folder("{}".into(), config(), folder.path())
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("everything: only files, folders and links to files can be packed"),
        "{text}"
    );
}

/// A payload around an archive that our own packer would never write.
fn with_archive(entry: impl FnOnce(&mut tar::Builder<Vec<u8>>)) -> Payload {
    use sha2::{Digest, Sha256};
    let mut tar = tar::Builder::new(Vec::new());
    entry(&mut tar);
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(&tar.into_inner().unwrap()).unwrap();
    let archive = gz.finish().unwrap();

    let empty = tempfile::tempdir().unwrap();
    let plain = Payload::from_folder("{}".into(), config(), empty.path())
        .unwrap()
        .to_bytes()
        .unwrap();
    let head = PayloadHead::parse(&plain).unwrap();
    let mut bytes = plain[..head.archive_at].to_vec();
    bytes[24..32].copy_from_slice(&(archive.len() as u64).to_le_bytes());
    bytes[32..64].copy_from_slice(&Sha256::digest(&archive));
    let hash = Sha256::new()
        .chain_update(&bytes[..64])
        .chain_update(&bytes[HEADER_LEN..])
        .finalize();
    bytes[64..96].copy_from_slice(&hash);
    bytes.extend_from_slice(&archive);
    Payload::parse(&bytes).unwrap()
}

fn header(name: &[u8], kind: tar::EntryType, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_cksum();
    header
}

#[test]
fn nothing_is_written_outside_the_folder() {
    for name in ["../evil.py", "/tmp/evil.py", "src/../../evil.py"] {
        let evil = with_archive(|tar| {
            tar.append(
                &header(name.as_bytes(), tar::EntryType::Regular, 4),
                &b"evil"[..],
            )
            .unwrap();
        });
        let cache = tempfile::tempdir().unwrap();
        let text = evil
            .unpack_to_cache(&cache.path().join("c"))
            .unwrap_err()
            .to_string();
        assert!(
            text.contains("leads out of the plugin's folder"),
            "{name}: {text}"
        );
        assert!(left(&cache.path().join("c")).is_empty(), "something stayed");
        assert_eq!(left(cache.path()), [cache.path().join("c")]);
    }
}

#[test]
fn links_in_an_archive_are_refused() {
    for kind in [tar::EntryType::Symlink, tar::EntryType::Link] {
        let evil = with_archive(|tar| {
            let mut header = header(b"home", kind, 0);
            header.set_link_name("/").unwrap();
            header.set_cksum();
            tar.append(&header, &b""[..]).unwrap();
        });
        let cache = tempfile::tempdir().unwrap();
        let error = evil.unpack_to_cache(cache.path()).unwrap_err();
        assert!(matches!(error, PayloadError::Unsafe { .. }), "{error}");
    }
}

#[test]
fn an_archive_that_claims_too_much_is_refused_before_it_is_written() {
    let bomb = with_archive(|tar| {
        let huge = header(b"huge.bin", tar::EntryType::Regular, 1 << 32);
        tar.get_mut().extend_from_slice(huge.as_bytes());
    });
    let cache = tempfile::tempdir().unwrap();
    let text = bomb.unpack_to_cache(cache.path()).unwrap_err().to_string();
    assert!(text.contains("take more than 1073741824 bytes"), "{text}");
}

#[test]
fn an_archive_of_long_or_deep_names_is_refused_before_it_is_unpacked() {
    let refused = |archive: Payload| {
        let cache = tempfile::tempdir().unwrap();
        archive
            .unpack_to_cache(cache.path())
            .unwrap_err()
            .to_string()
    };
    let long = with_archive(|tar| {
        let name = header(b"././@LongLink", tar::EntryType::GNULongName, 200 << 20);
        tar.get_mut().extend_from_slice(name.as_bytes());
    });
    let text = refused(long);
    assert!(
        text.contains("a name in it has 209715200 bytes, 1024 are allowed"),
        "{text}"
    );
    let deep = with_archive(|tar| {
        let name = "a/".repeat(40) + &"b/".repeat(40) + "c";
        let mut file = tar::Header::new_gnu();
        file.set_size(0);
        tar.append_data(&mut file, name, &b""[..]).unwrap();
    });
    let text = refused(deep);
    assert!(text.contains("it is more than 64 folders deep"), "{text}");
}
