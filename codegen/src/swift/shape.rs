//! What sort of function a slot is. Asked by `calls` and `scripted`.

use osaurus_abi_spec::model::{CType, Ownership, Param, Slot};

/// Whether plugins call it: not what takes ownership of a string.
pub(super) fn is_call(slot: &Slot) -> bool {
    let consumes = |param: &Param| param.ownership == Ownership::Consumed;
    !slot.params.iter().any(consumes)
}

/// Whether it calls back with pieces of an answer.
pub(super) fn streams(slot: &Slot) -> bool {
    let chunks = |param: &Param| param.ty == CType::ChunkCallback;
    slot.params.iter().any(chunks)
}
