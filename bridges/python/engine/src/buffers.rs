//! Bytes across the C tables: borrowed slices in, owned buffers out.
//! Used by every module that touches the tables; must not know Python.
use osaurus_engine_abi::{Buffer, Slice};
use std::mem::ManuallyDrop;
use std::ptr;

/// A slice that borrows `text`.
pub fn slice(text: &[u8]) -> Slice {
    Slice {
        ptr: text.as_ptr(),
        len: text.len(),
    }
}

/// A slice that stands for "no value".
pub const NO_SLICE: Slice = Slice {
    ptr: ptr::null(),
    len: 0,
};

/// A buffer that holds nothing.
pub const NO_BUFFER: Buffer = Buffer {
    ptr: ptr::null_mut(),
    len: 0,
    cap: 0,
    free: None,
};

/// The bytes of a slice, empty for NULL.
///
/// # Safety
/// `slice` follows the contract of [`Slice`] and stays valid for `'a`.
pub unsafe fn bytes<'a>(slice: Slice) -> &'a [u8] {
    if slice.ptr.is_null() || slice.len == 0 {
        return &[];
    }
    // SAFETY: by the contract of `Slice`, `len` bytes are readable at `ptr` for the duration of the
    // call.
    unsafe { std::slice::from_raw_parts(slice.ptr, slice.len) }
}

/// The text of a slice.
///
/// # Safety
/// As for [`bytes`].
pub unsafe fn text<'a>(slice: Slice, what: &str) -> Result<&'a str, String> {
    // SAFETY: passed on to the caller.
    std::str::from_utf8(unsafe { bytes(slice) }).map_err(|error| {
        format!(
            "{what} is not UTF-8: invalid byte at offset {}",
            error.valid_up_to()
        )
    })
}

/// Hands `value` to the other side.
pub fn into_buffer(value: Vec<u8>) -> Buffer {
    let mut value = ManuallyDrop::new(value);
    Buffer {
        ptr: value.as_mut_ptr(),
        len: value.len(),
        cap: value.capacity(),
        free: Some(free_vec),
    }
}

unsafe extern "C" fn free_vec(ptr: *mut u8, len: usize, cap: usize) {
    // SAFETY: the three numbers come from the Vec that `into_buffer` took apart, once.
    drop(unsafe { Vec::from_raw_parts(ptr, len, cap) });
}

/// A buffer received from the shim; freed when dropped.
pub struct Received(Buffer);

impl Received {
    /// An empty place to receive into.
    pub fn new() -> Self {
        Self(NO_BUFFER)
    }

    /// Takes over the buffer at `place` and leaves it empty.
    ///
    /// # Safety
    /// `place` is NULL or points to a valid buffer that no one else frees.
    pub unsafe fn take(place: *mut Buffer) -> Self {
        if place.is_null() {
            return Self::new();
        }
        // SAFETY: `place` is valid by the contract of this function.
        Self(unsafe { ptr::replace(place, NO_BUFFER) })
    }

    /// Where the shim writes.
    pub fn place(&mut self) -> *mut Buffer {
        &raw mut self.0
    }

    /// The bytes, or `None` for "no value".
    pub fn bytes(&self) -> Option<&[u8]> {
        if self.0.ptr.is_null() {
            return None;
        }
        // SAFETY: the sender's contract: `len` bytes at `ptr` until `free` is called, which only
        // drop does.
        Some(unsafe { std::slice::from_raw_parts(self.0.ptr, self.0.len) })
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        if let (false, Some(free)) = (self.0.ptr.is_null(), self.0.free) {
            // SAFETY: handed back exactly once, with the numbers that came with it.
            unsafe { free(self.0.ptr, self.0.len, self.0.cap) }
        }
    }
}

// SAFETY: a buffer is plain memory, and its `free` may be called on any thread (contract of
// `Buffer`).
unsafe impl Send for Received {}
