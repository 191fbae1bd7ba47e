//! What several plugins carry and the cache holds once.
use super::common::{payload, write};
use super::damaged;
use osaurus_payload::{Payload, PayloadHead, Role, SharedArchive};
use std::fs;

fn engine(text: &str) -> SharedArchive {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "engine.bin", text);
    SharedArchive::of_folder(Role::PythonEngine, "engine.bin", "1.0.0", folder.path()).unwrap()
}

#[test]
fn what_plugins_share_is_read_and_unpacked_once() {
    use osaurus_payload::contents::{self, Kind};
    let bytes = ["one", "two"].map(|plugin| {
        let payload = payload(plugin).with_shared([engine("other"), engine("code")]);
        let bytes = payload.to_bytes().unwrap();
        let again = Payload::parse(&bytes).unwrap();
        assert_eq!(again.to_bytes().unwrap(), bytes);
        bytes
    });
    let cache = tempfile::tempdir().unwrap();
    let reads = std::cell::Cell::new(0);
    let folders = bytes.each_ref().map(|bytes| {
        let head = PayloadHead::parse(bytes).unwrap();
        assert_eq!(head.total_len(), bytes.len() as u64);
        let shared = &head.config.shared[1];
        assert_eq!((&*shared.main, shared.unpacked), ("engine.bin", 4));
        let files = head.files_of(shared).unwrap();
        let read_archive = || {
            reads.set(reads.get() + 1);
            Ok(bytes[files.at as usize..][..files.len as usize].into())
        };
        let unpacked = files.unpack_to_cache(cache.path(), read_archive).unwrap();
        unpacked.folder().to_owned()
    });
    assert_eq!((reads.get(), &folders[0]), (1, &folders[1]));
    let code = fs::read_to_string(folders[0].join("engine.bin")).unwrap();
    assert_eq!(code, "code");
    let kinds: Vec<Kind> = contents::contents(cache.path())
        .iter()
        .map(|part| part.kind)
        .collect();
    assert_eq!(kinds, [Kind::Shared]);
}

#[test]
fn damage_in_what_plugins_share_is_named() {
    let mut bytes = payload("one")
        .with_shared([engine("code")])
        .to_bytes()
        .unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    damaged(&bytes, "the hash of the plugin's files does not match");
    damaged(&bytes[..last], "bytes of files expected");
}
