//! Reads the host's table through its raw pointer: one field at a time, and only what `version`
//! promises. Called by `call` and `text`. Must never form a reference to `HostApi`, copy it, or
//! read it before a call needs it.
//!
//! Version 2 is five layouts (revisions 2a to 2e, [`V2Revision`]) that a plugin cannot tell apart.
//! The default takes a version 2 host for revision 2e: the revisions before it lived for four weeks
//! in March 2026, 2e for the six weeks until version 3. A plugin that must run on older ones lowers
//! [`crate::Plugin::min_v2_revision`] and loses the later slots on every version 2 host. (The
//! 56-byte table of `osaurus manifest extract` is not a reason to: nothing is read while it is
//! valid, and no call of the host follows.)

use crate::error::HostError;
use osaurus_abi::{HostApi, HostSlot, V2Revision};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU8, Ordering};

/// The first revision with this slot; slots of later versions count as 2e.
fn first_revision(slot: HostSlot) -> V2Revision {
    slot.since_revision().unwrap_or(V2Revision::E)
}

/// What this image's plugin promises; one plugin per image.
static MIN_V2: AtomicU8 = AtomicU8::new(V2Revision::E as u8);

pub(crate) fn set_min_v2_revision(revision: V2Revision) {
    MIN_V2.store(revision as u8, Ordering::Relaxed);
}

fn min_v2_revision() -> V2Revision {
    let index = usize::from(MIN_V2.load(Ordering::Relaxed));
    V2Revision::ALL.get(index).copied().unwrap_or(V2Revision::E)
}

/// The host's table. Reading is up to [`HostTable::slot_is_promised`] and `read_slot!`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HostTable(NonNull<HostApi>);

// SAFETY: the ABI lets any thread read the table: the host fills it before the entry call and never
// writes it again.
unsafe impl Send for HostTable {}
// SAFETY: as above.
unsafe impl Sync for HostTable {}

impl HostTable {
    /// Keeps the pointer; reads nothing. `None` for NULL.
    ///
    /// # Safety
    /// While any method but `new` is called, `table` must point to a host table whose `version`
    /// field tells how many slots it has.
    pub(crate) unsafe fn new(table: *const HostApi) -> Option<HostTable> {
        NonNull::new(table.cast_mut()).map(HostTable)
    }

    pub(crate) fn as_ptr(self) -> *const HostApi {
        self.0.as_ptr()
    }

    /// The table's `version` field.
    pub(crate) fn version(self) -> u32 {
        // SAFETY: `new`'s contract: the table is alive, and every revision starts with `version`.
        // No reference is formed.
        unsafe { (&raw const (*self.as_ptr()).version).read() }
    }

    /// An error unless the table is long enough to have the slot.
    pub(crate) fn slot_is_promised(self, slot: HostSlot) -> Result<(), HostError> {
        let host_version = self.version();
        if host_version < slot.since() {
            return Err(HostError::MissingSlot {
                slot,
                needs: slot.since(),
                host_version,
            });
        }
        if host_version == 2 {
            let (needs, minimum) = (first_revision(slot), min_v2_revision());
            if minimum < needs {
                return Err(HostError::SlotNotInRevision {
                    slot,
                    needs,
                    minimum,
                });
            }
        }
        Ok(())
    }
}

/// Reads one function pointer of the host's table: `read_slot!(table, FreeString, free_string)?`.
macro_rules! read_slot {
    ($table:expr, $slot:ident, $field:ident) => {{
        let table: $crate::table::HostTable = $table;
        match table.slot_is_promised(osaurus_abi::HostSlot::$slot) {
            Err(error) => Err(error),
            Ok(()) => {
                // SAFETY: the table's version promises the field, so it lies inside the host's
                // allocation (HostTable::new); a single field is read through a raw pointer, no
                // reference is formed.
                let function = unsafe { (&raw const (*table.as_ptr()).$field).read() };
                function.ok_or_else(|| $crate::error::HostError::NullSlot {
                    slot: osaurus_abi::HostSlot::$slot,
                    host_version: table.version(),
                })
            }
        }
    }};
}
pub(crate) use read_slot;
