//! Injection into a Mach-O library. No Mach-O linker is at hand on Linux, so the library is built
//! here, byte by byte, with the load commands that Apple's linker writes; what is checked is what
//! dyld and the kernel check.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails here"
)]
mod common;
use common::payload;
use osaurus_payload::{PayloadInFile, inject, read_from_file};
use sha2::{Digest, Sha256};

const PAGE: usize = 0x4000;

fn put32(out: &mut Vec<u8>, words: &[u32]) {
    words
        .iter()
        .for_each(|w| out.extend_from_slice(&w.to_le_bytes()));
}

fn put64(out: &mut Vec<u8>, words: &[u64]) {
    words
        .iter()
        .for_each(|w| out.extend_from_slice(&w.to_le_bytes()));
}

fn name(text: &str) -> [u8; 16] {
    let mut out = [0; 16];
    out[..text.len()].copy_from_slice(text.as_bytes());
    out
}

fn segment(out: &mut Vec<u8>, title: &str, at: u64, size: u64, section: Option<(&str, u64)>) {
    put32(out, &[0x19, if section.is_some() { 152 } else { 72 }]);
    out.extend_from_slice(&name(title));
    // Address and file offset are equal in this library, as in most.
    put64(out, &[at, size.next_multiple_of(PAGE as u64), at, size]);
    put32(out, &[3, 3, u32::from(section.is_some()), 0]);
    if let Some((section, len)) = section {
        out.extend_from_slice(&name(section));
        out.extend_from_slice(&name(title));
        put64(out, &[at, len]);
        put32(out, &[at as u32, 4, 0, 0, 0, 0, 0, 0]);
    }
}

/// Link-edit contents with a mark each, so that a wrong offset shows.
const PARTS: [(&str, u32, u32); 6] = [
    ("fixups", 0x8000_0034, 64),
    ("exports", 0x8000_0033, 48),
    ("starts", 0x26, 32),
    ("split", 0x1e, 32),
    ("symbols", 0x02, 64),
    ("indirect", 0x0b, 32),
];

/// A dylib of four segments, signed (the signature's hashes are not filled in: it is replaced
/// anyway).
fn dylib() -> Vec<u8> {
    let linkedit_at = (3 * PAGE) as u64;
    let content: u32 = PARTS.iter().map(|(_, _, len)| len).sum();
    let signature_at = linkedit_at as u32 + content;
    let mut commands = Vec::new();
    segment(&mut commands, "__TEXT", 0, PAGE as u64, None);
    segment(&mut commands, "__DATA", PAGE as u64, PAGE as u64, None);
    segment(
        &mut commands,
        "__OSRPAY",
        2 * PAGE as u64,
        PAGE as u64,
        Some(("__payload", 32)),
    );
    segment(
        &mut commands,
        "__LINKEDIT",
        linkedit_at,
        u64::from(content) + 64,
        None,
    );
    let mut at = linkedit_at as u32;
    for (_, kind, len) in PARTS {
        match kind {
            0x02 => put32(&mut commands, &[kind, 24, at, 2, at + 32, 32]),
            0x0b => {
                put32(&mut commands, &[kind, 80]);
                put32(&mut commands, &[0; 12]);
                put32(&mut commands, &[at, 8, 0, 0, 0, 0]);
            }
            _ => put32(&mut commands, &[kind, 16, at, len]),
        }
        at += len;
    }
    put32(&mut commands, &[0x1d, 16, signature_at, 64]);
    let count = 4 + PARTS.len() as u32 + 1;
    let mut out = Vec::new();
    put32(
        &mut out,
        &[
            0xfeed_facf,
            0x0100_000c,
            0,
            6,
            count,
            commands.len() as u32,
            0x85,
            0,
        ],
    );
    out.extend_from_slice(&commands);
    out.resize(3 * PAGE, 0xcc);
    out[2 * PAGE..3 * PAGE].fill(0);
    for (mark, _, len) in PARTS {
        let start = out.len();
        out.extend_from_slice(mark.as_bytes());
        out.resize(start + len as usize, 0);
    }
    out.resize(out.len() + 64, 0);
    out
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

fn be32(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// Kind and offset of each load command.
fn commands(bytes: &[u8]) -> Vec<(u32, usize)> {
    let mut at = 32;
    let mut out = Vec::new();
    for _ in 0..u32_at(bytes, 16) {
        out.push((u32_at(bytes, at), at));
        at += u32_at(bytes, at + 4) as usize;
    }
    out
}

fn command(bytes: &[u8], kind: u32) -> usize {
    commands(bytes)
        .into_iter()
        .find(|(k, _)| *k == kind)
        .unwrap()
        .1
}

/// Segments touch each other in the file and in memory, and the last one ends with the file.
fn check_segments(bytes: &[u8]) {
    let segments: Vec<usize> = commands(bytes)
        .into_iter()
        .filter(|(k, _)| *k == 0x19)
        .map(|(_, at)| at)
        .collect();
    for pair in segments.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        assert_eq!(
            u64_at(bytes, a + 24) + u64_at(bytes, a + 32),
            u64_at(bytes, b + 24),
            "memory gap"
        );
        assert_eq!(
            u64_at(bytes, a + 40) + u64_at(bytes, a + 48),
            u64_at(bytes, b + 40),
            "file gap"
        );
        assert_eq!(u64_at(bytes, b + 24) % PAGE as u64, 0, "not on a page");
    }
    let last = *segments.last().unwrap();
    assert_eq!(
        u64_at(bytes, last + 40) + u64_at(bytes, last + 48),
        bytes.len() as u64
    );
    assert_eq!(u64_at(bytes, last + 32) % PAGE as u64, 0);
}

/// Every offset into __LINKEDIT still points at the data that it pointed at before.
fn check_linkedit(bytes: &[u8]) {
    for (mark, kind, _) in PARTS {
        let field = command(bytes, kind) + if kind == 0x0b { 56 } else { 8 };
        let at = u32_at(bytes, field) as usize;
        assert_eq!(&bytes[at..at + mark.len()], mark.as_bytes());
    }
    let symbols = command(bytes, 0x02);
    assert_eq!(u32_at(bytes, symbols + 16), u32_at(bytes, symbols + 8) + 32);
}

/// The signature ends the file, names the plugin, and each page hash is right.
fn check_signature(bytes: &[u8], identifier: &str) {
    let at = command(bytes, 0x1d);
    let (from, len) = (
        u32_at(bytes, at + 8) as usize,
        u32_at(bytes, at + 12) as usize,
    );
    assert_eq!(from + len, bytes.len());
    let blob = &bytes[from..];
    assert_eq!(be32(blob, 0), 0xfade_0cc0);
    assert!(be32(blob, 4) as usize <= len);
    let directory = &blob[be32(blob, 16) as usize..];
    assert_eq!(be32(directory, 0), 0xfade_0c02);
    assert_eq!(be32(directory, 12), 0x2_0002, "ad hoc, signed by a linker");
    let (hashes, ident) = (be32(directory, 16) as usize, be32(directory, 20) as usize);
    assert_eq!(
        &directory[ident..ident + identifier.len()],
        identifier.as_bytes()
    );
    assert_eq!(directory[ident + identifier.len()], 0);
    let (pages, limit) = (be32(directory, 28) as usize, be32(directory, 32) as usize);
    assert_eq!((limit, pages), (from, from.div_ceil(4096)));
    assert_eq!(directory[36..40], [32, 2, 0, 12]);
    for (index, page) in bytes[..limit].chunks(4096).enumerate() {
        let hash = &directory[hashes + 32 * index..][..32];
        assert_eq!(hash, Sha256::digest(page).as_slice(), "page {index}");
    }
}

#[test]
fn the_reserved_segment_grows_and_everything_after_it_moves_along() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plugin.dylib");
    std::fs::write(&path, dylib()).unwrap();
    assert_eq!(
        read_from_file(&path).unwrap(),
        None,
        "the placeholder is not a payload"
    );
    for marker in ["small", &"no two lines alike ".repeat(3)] {
        let bytes = payload(marker).to_bytes().unwrap();
        let filled = inject(&dylib(), &bytes).unwrap();
        check_segments(&filled);
        check_linkedit(&filled);
        check_signature(&filled, "dev.example.notes");
        assert_eq!(filled[64..2 * PAGE].len(), dylib()[64..2 * PAGE].len());
        assert_eq!(
            filled[PAGE..2 * PAGE],
            dylib()[PAGE..2 * PAGE],
            "other segments changed"
        );
        std::fs::write(&path, &filled).unwrap();
        assert_eq!(read_from_file(&path).unwrap(), Some(bytes));
        let head = PayloadInFile::in_library(&path)
            .unwrap()
            .unwrap()
            .head()
            .unwrap();
        assert!(head.manifest.contains(marker));
    }
}

#[test]
fn injecting_again_equals_injecting_once() {
    // Larger than a page, and incompressible enough to stay so.
    let noise: String = (0..40_000u32)
        .map(|n| format!("{:x}", n.wrapping_mul(2_654_435_761)))
        .collect();
    let (small, large) = (
        payload("small").to_bytes().unwrap(),
        payload(&noise).to_bytes().unwrap(),
    );
    assert!(large.len() > 4 * PAGE);
    let first = inject(&dylib(), &small).unwrap();
    let second = inject(&first, &large).unwrap();
    check_segments(&second);
    check_linkedit(&second);
    check_signature(&second, "dev.example.notes");
    assert_eq!(second, inject(&dylib(), &large).unwrap());
    assert_eq!(inject(&second, &small).unwrap(), first);
}

#[test]
fn libraries_that_cannot_carry_a_payload_are_refused_with_a_reason() {
    let bytes = payload("one").to_bytes().unwrap();
    let refused = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut library = dylib();
        change(&mut library);
        inject(&library, &bytes).unwrap_err().to_string()
    };
    let text = refused(&|l| l[12] = 2);
    assert!(
        text.contains("expected a dylib (Mach-O type 6) or bundle (8), found type 2"),
        "{text}"
    );
    let text = refused(&|l| l[..4].copy_from_slice(&[0xca, 0xfe, 0xba, 0xbe]));
    assert!(text.contains("lipo -thin arm64"), "{text}");
    let text = refused(&|l| {
        let at = command(l, 0x1d);
        l[at] = 0x77;
    });
    assert!(text.contains("no code signature to renew"), "{text}");
    let text = refused(&|l| {
        let at = l.windows(8).position(|w| w == b"__OSRPAY").unwrap();
        l[at + 2] = b'X';
    });
    assert!(
        text.contains("no segment __OSRPAY; use the shim that comes with osaurus-bridge"),
        "{text}"
    );
    let text = refused(&|l| l.extend_from_slice(b"appended"));
    assert!(text.contains("it ends at byte"), "{text}");
    let text = refused(&|l| l.truncate(200));
    assert!(text.contains("load commands are cut or damaged"), "{text}");
}

#[test]
fn no_single_changed_byte_of_the_load_commands_makes_the_injector_panic() {
    let bytes = payload("one").to_bytes().unwrap();
    let plain = dylib();
    let end = 32 + u32_at(&plain, 20) as usize;
    for at in 0..end {
        for value in [0xff, plain[at] ^ 0x10].into_iter().take(1 + at % 2) {
            let mut changed = plain.clone();
            changed[at] = value;
            let _ = inject(&changed, &bytes);
        }
    }
}
