//! The payload in a Mach-O library: the segment `__OSRPAY` that the shim reserves at link time,
//! grown in place. It lies last before `__LINKEDIT`, so only that segment moves; no load command is
//! added. Signed anew, ad hoc.
use crate::bytes::{put_u64, u32_at, u64_at};
use crate::error::PayloadError;
use crate::macho_sign;

const MAGIC_64: u32 = 0xfeed_facf;
const HEADER: usize = 32;
const SEGMENT: &[u8] = b"__OSRPAY";
const SECTION: &[u8] = b"__payload";
const LINKEDIT: &[u8] = b"__LINKEDIT";
/// Page size of arm64 macOS; segments are multiples of it on both processors.
const PAGE: u64 = 0x4000;

const LC_SEGMENT_64: u32 = 0x19;
const LC_CODE_SIGNATURE: u32 = 0x1d;
/// Load commands that hold file offsets into `__LINKEDIT`, and where those offsets are in the
/// command.
const OFFSETS: &[(u32, &[usize])] = &[
    (0x02, &[8, 16]),                    // SYMTAB
    (0x0b, &[32, 40, 48, 56, 64, 72]),   // DYSYMTAB
    (0x16, &[8]),                        // TWOLEVEL_HINTS
    (0x22, &[8, 16, 24, 32, 40]),        // DYLD_INFO
    (0x8000_0022, &[8, 16, 24, 32, 40]), // DYLD_INFO_ONLY
    (LC_CODE_SIGNATURE, &[8]),
    (0x1e, &[8]),        // SEGMENT_SPLIT_INFO
    (0x26, &[8]),        // FUNCTION_STARTS
    (0x29, &[8]),        // DATA_IN_CODE
    (0x2b, &[8]),        // DYLIB_CODE_SIGN_DRS
    (0x2e, &[8]),        // LINKER_OPTIMIZATION_HINT
    (0x36, &[8]),        // ATOM_INFO
    (0x37, &[8]),        // FUNCTION_VARIANTS
    (0x38, &[8]),        // FUNCTION_VARIANT_FIXUPS
    (0x8000_0033, &[8]), // DYLD_EXPORTS_TRIE
    (0x8000_0034, &[8]), // DYLD_CHAINED_FIXUPS
];

/// Thin 64-bit Mach-O, or one of the shapes that deserve a better text than "unknown".
pub(crate) fn is_macho(bytes: &[u8]) -> bool {
    let magic = bytes.get(..4).map(|m| u32_at(m, 0));
    matches!(
        magic,
        Some(MAGIC_64 | 0xfeed_face | 0xbeba_feca | 0xbfba_feca)
    )
}

/// Length of header and load commands.
pub(crate) fn commands_len(start: &[u8]) -> usize {
    if start.len() < HEADER {
        return start.len();
    }
    HEADER + u32_at(start, 20) as usize
}

/// One load command: kind, offset in the file, length.
struct Command {
    kind: u32,
    at: usize,
    len: usize,
}

/// Command that maps a segment.
#[derive(Clone, Copy)]
struct Segment {
    at: usize,
    len: usize,
    vmaddr: u64,
    vmsize: u64,
    fileoff: u64,
    filesize: u64,
}

/// The payload's place in the file, from header and load commands.
pub(crate) fn find(head: &[u8]) -> Option<(u64, u64)> {
    let commands = commands(head).ok()?;
    let segment = segment(head, &commands, SEGMENT)?;
    let section = segment.at + 72;
    let bytes = head.get(section..section + 80)?;
    let (at, len) = (u64::from(u32_at(bytes, 48)), u64_at(bytes, 40));
    // The placeholder of an unfilled shim is shorter than any payload.
    (len >= crate::format::HEADER_LEN as u64).then_some((at, len))
}

/// Returns the library with the payload in it, signed ad hoc under `identifier`.
pub(crate) fn inject(
    library: &[u8],
    payload: &[u8],
    identifier: &str,
) -> Result<Vec<u8>, PayloadError> {
    check_kind(library)?;
    let commands = commands(library)?;
    let ours = segment(library, &commands, SEGMENT).ok_or_else(|| {
        refuse("it has no segment __OSRPAY; use the shim that comes with osaurus-bridge")
    })?;
    let linkedit = segment(library, &commands, LINKEDIT)
        .ok_or_else(|| refuse("it has no segment __LINKEDIT"))?;
    check_layout(library, ours, linkedit)?;
    let signature = signature_offset(library, &commands, linkedit.fileoff)?;

    let size = (payload.len() as u64).next_multiple_of(PAGE);
    let from = usize_of(ours.fileoff)?;
    let mut out = library[..from].to_vec();
    out.extend_from_slice(payload);
    out.resize(from + usize_of(size)?, 0);
    out.extend_from_slice(&library[usize_of(linkedit.fileoff)?..signature]);

    resize_payload(&mut out, ours, payload.len() as u64, size);
    let shift = size as i64 - ours.filesize as i64;
    let vm_shift = size as i64 - ours.vmsize as i64;
    put_u64(
        &mut out,
        linkedit.at + 24,
        linkedit.vmaddr.wrapping_add_signed(vm_shift),
    );
    put_u64(
        &mut out,
        linkedit.at + 40,
        linkedit.fileoff.wrapping_add_signed(shift),
    );
    shift_offsets(&mut out, &commands, linkedit.fileoff, shift)?;
    macho_sign::sign(
        &mut out,
        &sign_places(library, &commands, linkedit)?,
        identifier,
    );
    Ok(out)
}

fn check_kind(library: &[u8]) -> Result<(), PayloadError> {
    if library.len() < HEADER || u32_at(library, 0) != MAGIC_64 {
        return Err(refuse(
            "expected a Mach-O file for one 64-bit processor; take one out with `lipo -thin arm64`",
        ));
    }
    let kind = u32_at(library, 12);
    if kind != 6 && kind != 8 {
        return Err(refuse(&format!(
            "expected a dylib (Mach-O type 6) or bundle (8), found type {kind}"
        )));
    }
    Ok(())
}

fn commands(bytes: &[u8]) -> Result<Vec<Command>, PayloadError> {
    let cut = || refuse("its load commands are cut or damaged");
    if bytes.len() < HEADER || u32_at(bytes, 0) != MAGIC_64 || bytes.len() < commands_len(bytes) {
        return Err(cut());
    }
    let end = commands_len(bytes);
    let mut at = HEADER;
    let mut out = Vec::new();
    for _ in 0..u32_at(bytes, 16) {
        if at + 8 > end {
            return Err(cut());
        }
        let (kind, len) = (u32_at(bytes, at), u32_at(bytes, at + 4) as usize);
        if len < 8 || at + len > end {
            return Err(cut());
        }
        out.push(Command { kind, at, len });
        at += len;
    }
    Ok(out)
}

fn segment(bytes: &[u8], commands: &[Command], name: &[u8]) -> Option<Segment> {
    let command = commands
        .iter()
        .find(|c| c.kind == LC_SEGMENT_64 && c.len >= 72 && name_at(bytes, c.at + 8) == name)?;
    let at = command.at;
    Some(Segment {
        at,
        len: command.len,
        vmaddr: u64_at(bytes, at + 24),
        vmsize: u64_at(bytes, at + 32),
        fileoff: u64_at(bytes, at + 40),
        filesize: u64_at(bytes, at + 48),
    })
}

fn name_at(bytes: &[u8], at: usize) -> &[u8] {
    let field = &bytes[at..at + 16];
    let len = field.iter().position(|b| *b == 0).unwrap_or(16);
    &field[..len]
}

/// The segment must be ours alone and lie between everything else and `__LINKEDIT`.
fn check_layout(library: &[u8], ours: Segment, linkedit: Segment) -> Result<(), PayloadError> {
    let one = ours.len >= 152
        && u32_at(library, ours.at + 64) == 1
        && name_at(library, ours.at + 72) == SECTION;
    if !one {
        return Err(refuse(
            "segment __OSRPAY must hold the one section __payload",
        ));
    }
    let adjacent = ours.fileoff.checked_add(ours.filesize) == Some(linkedit.fileoff)
        && ours.vmaddr.checked_add(ours.vmsize) == Some(linkedit.vmaddr);
    if !adjacent {
        return Err(refuse(
            "segment __OSRPAY must be the last before __LINKEDIT; link the shim with Apple's ld or \
             lld",
        ));
    }
    let end = linkedit.fileoff.saturating_add(linkedit.filesize);
    if end != library.len() as u64 {
        return Err(refuse(&format!(
            "it ends at byte {end} by its own tables, but has {} bytes",
            library.len()
        )));
    }
    Ok(())
}

fn signature_offset(
    library: &[u8],
    commands: &[Command],
    linkedit: u64,
) -> Result<usize, PayloadError> {
    let all: Vec<_> = commands
        .iter()
        .filter(|c| c.kind == LC_CODE_SIGNATURE && c.len >= 16)
        .collect();
    let [one] = all.as_slice() else {
        return Err(refuse(
            "it has no code signature to renew; sign the shim first with `codesign -s -`",
        ));
    };
    let at = u32_at(library, one.at + 8) as usize;
    if at > library.len() || (at as u64) < linkedit || !at.is_multiple_of(16) {
        return Err(refuse("its code signature lies outside __LINKEDIT"));
    }
    Ok(at)
}

fn resize_payload(out: &mut [u8], ours: Segment, len: u64, size: u64) {
    put_u64(out, ours.at + 32, size);
    put_u64(out, ours.at + 48, size);
    // Read only: maxprot and initprot. What is not writable cannot be changed under a running
    // plugin.
    out[ours.at + 56..ours.at + 60].copy_from_slice(&1u32.to_le_bytes());
    out[ours.at + 60..ours.at + 64].copy_from_slice(&1u32.to_le_bytes());
    let section = ours.at + 72;
    put_u64(out, section + 32, ours.vmaddr);
    put_u64(out, section + 40, len);
    out[section + 48..section + 52].copy_from_slice(&(ours.fileoff as u32).to_le_bytes());
}

fn shift_offsets(
    out: &mut [u8],
    commands: &[Command],
    linkedit: u64,
    shift: i64,
) -> Result<(), PayloadError> {
    for command in commands {
        let Some((_, fields)) = OFFSETS.iter().find(|(kind, _)| *kind == command.kind) else {
            continue;
        };
        for field in *fields {
            let at = command.at + field;
            let old = u64::from(u32_at(out, at));
            if field + 4 <= command.len && old >= linkedit {
                let new = u32::try_from(old.wrapping_add_signed(shift))
                    .map_err(|_| refuse("the library would be larger than 4 GiB"))?;
                out[at..at + 4].copy_from_slice(&new.to_le_bytes());
            }
        }
    }
    Ok(())
}

fn sign_places(
    library: &[u8],
    commands: &[Command],
    linkedit: Segment,
) -> Result<macho_sign::Places, PayloadError> {
    let text =
        segment(library, commands, b"__TEXT").ok_or_else(|| refuse("it has no segment __TEXT"))?;
    let command = commands.iter().find(|c| c.kind == LC_CODE_SIGNATURE);
    Ok(macho_sign::Places {
        signature_command: command.map_or(0, |c| c.at),
        linkedit_command: linkedit.at,
        text: (text.fileoff, text.filesize),
    })
}

fn usize_of(value: u64) -> Result<usize, PayloadError> {
    usize::try_from(value).map_err(|_| refuse("it is too large for this machine"))
}

fn refuse(why: &str) -> PayloadError {
    PayloadError::Library(why.to_owned())
}
