//! A library for macOS on Apple silicon, byte by byte, as far as packing looks at one: it has room
//! for a payload and a place for a signature. It holds no code, so nothing can run it.

const PAGE: usize = 0x4000;

fn put32(out: &mut Vec<u8>, words: &[u32]) {
    words.iter().for_each(|word| out.extend(word.to_le_bytes()));
}

fn segment(out: &mut Vec<u8>, title: &str, at: usize, size: usize, section: Option<&str>) {
    let name = |text: &str| {
        let mut name = [0; 16];
        name[..text.len()].copy_from_slice(text.as_bytes());
        name
    };
    put32(out, &[0x19, if section.is_some() { 152 } else { 72 }]);
    out.extend(name(title));
    for word in [at, size.next_multiple_of(PAGE), at, size] {
        out.extend((word as u64).to_le_bytes());
    }
    put32(out, &[3, 3, u32::from(section.is_some()), 0]);
    if let Some(section) = section {
        out.extend(name(section));
        out.extend(name(title));
        out.extend((at as u64).to_le_bytes());
        out.extend(32u64.to_le_bytes());
        put32(out, &[at as u32, 4, 0, 0, 0, 0, 0, 0]);
    }
}

/// The library.
pub fn dylib() -> Vec<u8> {
    let symbols = 64;
    let mut commands = Vec::new();
    segment(&mut commands, "__TEXT", 0, PAGE, None);
    segment(&mut commands, "__OSRPAY", PAGE, PAGE, Some("__payload"));
    segment(&mut commands, "__LINKEDIT", 2 * PAGE, symbols + 64, None);
    let at = (2 * PAGE) as u32;
    put32(&mut commands, &[0x02, 24, at, 2, at + 32, 32]);
    put32(&mut commands, &[0x1d, 16, at + symbols as u32, 64]);
    let mut out = Vec::new();
    let head = [
        0xfeed_facf,
        0x0100_000c,
        0,
        6,
        5,
        commands.len() as u32,
        0x85,
        0,
    ];
    put32(&mut out, &head);
    out.extend(commands);
    out.resize(PAGE, 0xcc);
    out.resize(2 * PAGE + symbols + 64, 0);
    out
}
