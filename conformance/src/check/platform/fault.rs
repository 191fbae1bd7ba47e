//! Faults: reads and writes of memory that must not be touched. The handler finds out which memory
//! of the checker's it was, notes it in a file for the parent, and lets the process die; for an
//! armed range it remembers the place and goes on.

use super::mapping::{map, page_size, protect};
use osaurus_abi::{HostApi, HostSlot};
use std::ffi::{c_int, c_void};
use std::fs::File;
use std::io;
use std::os::fd::IntoRawFd;
use std::path::Path;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicUsize, Ordering};

/// What is in a watched range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Kind {
    /// A string that the plugin has: it cannot be written, and nothing follows it.
    String = 1,
    /// A string that the plugin has freed.
    FreedString = 2,
    /// A host table.
    Table = 3,
}

struct Watched {
    start: AtomicUsize,
    end: AtomicUsize,
    kind: AtomicU32,
    /// Of a string the function that returned it, of a table the place where it begins.
    detail: AtomicUsize,
    /// 0: not armed; `usize::MAX`: armed; else the address of the first touch.
    tripped: AtomicUsize,
}

const MOST: usize = 8192;
#[expect(
    clippy::declare_interior_mutable_const,
    reason = "copied into each place of the array below"
)]
const NOTHING: Watched = Watched {
    start: AtomicUsize::new(0),
    end: AtomicUsize::new(0),
    kind: AtomicU32::new(0),
    detail: AtomicUsize::new(0),
    tripped: AtomicUsize::new(0),
};
static WATCHED: [Watched; MOST] = [NOTHING; MOST];
static COUNT: AtomicUsize = AtomicUsize::new(0);
static NOTE_FILE: AtomicI32 = AtomicI32::new(-1);

/// A watched range.
#[derive(Debug)]
pub(crate) struct Region(usize);

impl Region {
    /// Watches a range. None when too many are watched already: a fault there then has no name.
    /// `detail` is the function that returned a string, or the address of a table.
    pub(super) fn new(start: usize, size: usize, kind: Kind, detail: usize) -> Option<Region> {
        let index = COUNT.fetch_add(1, Ordering::SeqCst);
        let watched = WATCHED.get(index)?;
        watched.end.store(start + size, Ordering::SeqCst);
        watched.kind.store(kind as u32, Ordering::SeqCst);
        watched.detail.store(detail, Ordering::SeqCst);
        // Last: the handler looks only at ranges that have a start.
        watched.start.store(start, Ordering::SeqCst);
        Some(Region(index))
    }

    /// Forbids the range what `protection` leaves out. The first touch is noted and not answered
    /// with death; from then on everything is allowed.
    pub(super) fn arm(&self, protection: i32) -> io::Result<()> {
        let watched = &WATCHED[self.0];
        watched.tripped.store(usize::MAX, Ordering::SeqCst);
        let start = watched.start.load(Ordering::SeqCst);
        protect(
            start,
            watched.end.load(Ordering::SeqCst) - start,
            protection,
        )
    }

    /// The address of the first touch since it was armed.
    pub(super) fn touched(&self) -> Option<usize> {
        match WATCHED[self.0].tripped.load(Ordering::SeqCst) {
            usize::MAX | 0 => None,
            address => Some(address),
        }
    }
}

/// Which part of a host table a [`Tripwire`] is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The functions; the version can be read.
    Functions,
    /// All of it.
    Everything,
    /// What follows it.
    Beyond,
}

/// A host table with a part that notes the first touch.
#[derive(Debug)]
pub(crate) struct Tripwire {
    table: usize,
    region: Region,
}

impl Tripwire {
    /// Lays out the first `size` bytes of a table so that the part has a page of its own. It is not
    /// armed yet.
    pub(crate) fn around(table: &HostApi, size: usize, part: Part) -> io::Result<Tripwire> {
        let page = page_size();
        let base = map(page * 2)?;
        let size = size.min(size_of::<HostApi>());
        let (before_border, watched) = match part {
            Part::Functions => (std::mem::offset_of!(HostApi, config_get), base + page),
            Part::Everything => (size, base),
            Part::Beyond => (size, base + page),
        };
        let start = base + page - before_border;
        // SAFETY: `size` bytes around the border of two writable pages of ours, from a whole table.
        unsafe {
            let source = std::ptr::from_ref(table).cast::<u8>();
            std::ptr::copy_nonoverlapping(source, start as *mut u8, size);
        }
        let region = Region::new(watched, page, Kind::Table, start);
        let region = region.ok_or_else(|| io::Error::other("too many watched ranges"))?;
        Ok(Tripwire {
            table: start,
            region,
        })
    }

    /// From now on the first touch is noted.
    pub(crate) fn arm(&self) -> io::Result<()> {
        self.region.arm(libc::PROT_NONE)
    }

    pub(crate) fn as_ptr(&self) -> *const HostApi {
        self.table as *const HostApi
    }

    /// The offset in the table of the first touch.
    pub(crate) fn touched(&self) -> Option<usize> {
        let address = self.region.touched()?;
        Some(address.wrapping_sub(self.table))
    }
}

/// Names the unreadable page after a host table, so that a fault there is explained.
pub(crate) fn name_table(table: *const HostApi, size: usize) {
    let start = table as usize;
    // The range lives as long as the table: until the process ends.
    let _ = Region::new(start + size, page_size(), Kind::Table, start);
}

/// A fault as the handler noted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) address: usize,
    pub(crate) kind: Option<Kind>,
    pub(crate) detail: usize,
}

impl Fault {
    /// Reads what the handler wrote: three numbers.
    pub(crate) fn read(path: &Path) -> Option<Fault> {
        let text = std::fs::read_to_string(path).ok()?;
        let numbers: Vec<usize> = text
            .split_whitespace()
            .map_while(|n| n.parse().ok())
            .collect();
        let [address, kind, detail] = *numbers.first_chunk::<3>()?;
        let kinds = [Kind::String, Kind::FreedString, Kind::Table];
        let kind = kinds.into_iter().find(|known| *known as usize == kind);
        Some(Fault {
            address,
            kind,
            detail,
        })
    }

    /// What it means, as the end of a sentence that begins with the signal.
    pub(crate) fn explain(&self) -> String {
        let slot = u32::try_from(self.detail)
            .ok()
            .and_then(HostSlot::from_index);
        let of = slot.map_or("a host call", HostSlot::name);
        match self.kind {
            Some(Kind::String) => {
                format!("a string that {of} returned was written, or read past its end")
            }
            Some(Kind::FreedString) => {
                format!("a string that {of} returned was used after it was freed")
            }
            Some(Kind::Table) => {
                let offset = self.address.wrapping_sub(self.detail);
                format!(
                    "byte {offset} of the host table was touched ({})",
                    slot_at(offset)
                )
            }
            None if self.address < 65536 => {
                format!("address {:#x}: a NULL pointer was followed", self.address)
            }
            None => format!("address {:#x}", self.address),
        }
    }
}

/// The host's function at an offset of its table.
pub(crate) fn slot_at(offset: usize) -> String {
    let slot = HostSlot::ALL
        .into_iter()
        .find(|slot| (slot.offset()..slot.offset() + 8).contains(&offset));
    match slot {
        Some(slot) => format!("the slot `{}`", slot.name()),
        None if offset < 8 => "the version".into(),
        None => "beyond the newest table".into(),
    }
}

/// Installs the handler; faults are noted in this file.
pub(crate) fn catch_faults(note: &Path) -> io::Result<()> {
    let file = File::create(note)?;
    NOTE_FILE.store(file.into_raw_fd(), Ordering::SeqCst);
    for signal in [libc::SIGSEGV, libc::SIGBUS] {
        // SAFETY: the handler does only what a handler may: atomics, mprotect, write, signal.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_fault as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            if libc::sigaction(signal, &raw const action, std::ptr::null_mut()) != 0 {
                return Err(io::Error::last_os_error());
            }
        }
    }
    Ok(())
}

extern "C" fn on_fault(signal: c_int, info: *mut libc::siginfo_t, _context: *mut c_void) {
    // SAFETY: the system passes a valid siginfo to a handler with SA_SIGINFO.
    let address = unsafe { (*info).si_addr() } as usize;
    let fault = found_at(address);
    if let Some(watched) = fault
        && trip(watched, address)
    {
        return;
    }
    let number = |part: fn(&Watched) -> usize| fault.map_or(0, part);
    note(&[
        address,
        number(|w| w.kind.load(Ordering::SeqCst) as usize),
        number(|w| w.detail.load(Ordering::SeqCst)),
    ]);
    // SAFETY: the default action ends the process when the fault comes again.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
}

fn found_at(address: usize) -> Option<&'static Watched> {
    let count = COUNT.load(Ordering::SeqCst).min(MOST);
    // The newest first: older ranges may have been unmapped and their place used again.
    WATCHED[..count].iter().rev().find(|watched| {
        let start = watched.start.load(Ordering::SeqCst);
        start != 0 && (start..watched.end.load(Ordering::SeqCst)).contains(&address)
    })
}

/// The first touch of an armed range: noted, and from now on allowed.
fn trip(watched: &Watched, address: usize) -> bool {
    let order = Ordering::SeqCst;
    let first = watched
        .tripped
        .compare_exchange(usize::MAX, address, order, order);
    let start = watched.start.load(order);
    let size = watched.end.load(order) - start;
    // Another thread may have been first: then everything is allowed already, or will be at once.
    let armed = first.is_ok() || first.is_err_and(|address| address != 0);
    armed && protect(start, size, libc::PROT_READ | libc::PROT_WRITE).is_ok()
}

/// Writes numbers without allocating.
fn note(numbers: &[usize; 3]) {
    let mut line = [b' '; 66];
    for (index, number) in numbers.iter().enumerate() {
        let mut rest = *number;
        let mut at = (index + 1) * 22;
        loop {
            at -= 1;
            line[at - 1] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
    }
    let file = NOTE_FILE.load(Ordering::SeqCst);
    // SAFETY: the descriptor is ours and stays open; the buffer is as long as said.
    unsafe { libc::write(file, line.as_ptr().cast(), line.len()) };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(kind: Option<Kind>, address: usize, detail: usize) -> String {
        Fault {
            address,
            kind,
            detail,
        }
        .explain()
    }

    #[test]
    fn faults_are_explained_by_what_is_there() {
        let table = said(Some(Kind::Table), 0x10_0000 + 184, 0x10_0000);
        assert_eq!(
            table,
            "byte 184 of the host table was touched (the slot `log_structured`)"
        );
        let freed = said(
            Some(Kind::FreedString),
            0x10_0000,
            HostSlot::DbQuery as usize,
        );
        assert_eq!(
            freed,
            "a string that db_query returned was used after it was freed"
        );
        assert_eq!(said(None, 8, 0), "address 0x8: a NULL pointer was followed");
        assert_eq!(said(None, 0x7f00_1234_5678, 0), "address 0x7f0012345678");
    }
}
