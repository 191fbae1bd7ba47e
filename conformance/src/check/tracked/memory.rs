//! The memory of one string for the plugin, in the ways of [`Strings`].

use crate::check::platform::{Pages, RoomyBlock};
use osaurus_abi::HostSlot;

/// Where strings for the plugin are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strings {
    /// In allocations of which can be told later whether they still exist.
    #[default]
    Watched,
    /// On pages of their own, where a write is noted. Like the next one only in hosts of version 6:
    /// older ones have their strings freed by the C library, so there this is `Watched`.
    ReadOnly,
    /// On pages of their own, where any use after free_string is noted.
    ForbiddenOnceFreed,
    /// As in Osaurus, and not followed.
    Plain,
}

/// Where one string is.
#[derive(Debug)]
pub(super) enum Memory {
    /// A plain allocation; the address.
    Plain(usize),
    /// An allocation that shows whether it still exists.
    Roomy(RoomyBlock),
    /// Pages of its own.
    Pages(Pages),
    /// Given back.
    Gone(usize),
}

impl Memory {
    /// Puts a string and its NUL into memory. None when there is none, or the string has a NUL in
    /// it.
    pub(super) fn holding(kind: Strings, bytes: &[u8], slot: Option<HostSlot>) -> Option<Memory> {
        let end = bytes
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(bytes.len());
        let bytes = &bytes[..end];
        match kind {
            Strings::Plain => plain(bytes).map(Memory::Plain),
            Strings::Watched => RoomyBlock::holding(bytes).map(Memory::Roomy),
            Strings::ReadOnly => Pages::read_only(bytes, slot).ok().map(Memory::Pages),
            Strings::ForbiddenOnceFreed => Pages::until_freed(bytes, slot).ok().map(Memory::Pages),
        }
    }

    pub(super) fn address(&self) -> usize {
        match self {
            Memory::Plain(address) | Memory::Gone(address) => *address,
            Memory::Roomy(block) => block.address(),
            Memory::Pages(pages) => pages.address(),
        }
    }

    /// Whether it was not freed without our knowledge.
    pub(super) fn is_there(&self) -> bool {
        match self {
            Memory::Roomy(block) => block.is_there(),
            Memory::Plain(_) | Memory::Pages(_) => true,
            Memory::Gone(_) => false,
        }
    }

    /// The plugin freed it: from now on it must not be touched. It is not reused yet.
    pub(super) fn rest(&self, kind: Strings) {
        if let (Memory::Pages(pages), Strings::ForbiddenOnceFreed) = (self, kind) {
            pages.forbid();
        }
    }

    /// Whether it was used as it must not be.
    pub(super) fn touched(&self) -> bool {
        matches!(self, Memory::Pages(pages) if pages.touched())
    }

    /// Gives it back for good.
    pub(super) fn release(&mut self) {
        let address = self.address();
        match std::mem::replace(self, Memory::Gone(address)) {
            Memory::Roomy(block) => block.free(),
            // Pages stay forbidden, so that a later use is seen.
            Memory::Pages(pages) => *self = Memory::Pages(pages),
            Memory::Plain(_) | Memory::Gone(_) => {}
        }
    }
}

fn plain(bytes: &[u8]) -> Option<usize> {
    // SAFETY: plain allocation; the result is checked before use.
    let memory = unsafe { libc::malloc(bytes.len() + 1) }.cast::<u8>();
    if memory.is_null() {
        return None;
    }
    // SAFETY: `memory` holds one byte more than `bytes`, and they cannot overlap.
    unsafe {
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), memory, bytes.len());
        memory.add(bytes.len()).write(0);
    }
    Some(memory as usize)
}
