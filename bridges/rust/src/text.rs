//! Strings across the boundary: ours to the host, the host's to us, and the ones that we return.
//! Called by `call` and `export`. UTF-8 both ways; a NUL or a bad byte is an error with its place,
//! never a cut.

use crate::error::HostError;
use crate::table::{HostTable, read_slot};
use osaurus_abi::HostSlot;
use std::ffi::{CStr, c_char, c_void};
use std::mem::MaybeUninit;
use std::ops::Deref;
use std::ptr::NonNull;

/// Texts up to this many bytes (terminator included) need no allocation.
const INLINE: usize = 120;

/// Room for the NUL-terminated copy of one argument. Filled in place: moving it would cost more
/// than the copy.
pub(crate) struct TextBuffer {
    inline: [MaybeUninit<u8>; INLINE],
    heap: Vec<u8>,
}

impl TextBuffer {
    pub(crate) const fn new() -> Self {
        TextBuffer {
            inline: [const { MaybeUninit::uninit() }; INLINE],
            heap: Vec::new(),
        }
    }

    /// Copies `text`; the pointer is valid until the buffer is used again or dropped.
    /// On a NUL inside, its byte offset.
    #[inline]
    pub(crate) fn fill(&mut self, text: &str) -> Result<*const c_char, usize> {
        let bytes = text.as_bytes();
        if bytes.contains(&0) {
            return Err(bytes.iter().position(|byte| *byte == 0).unwrap_or(0));
        }
        if bytes.len() >= INLINE {
            self.heap = Vec::with_capacity(bytes.len() + 1);
            self.heap.extend_from_slice(bytes);
            self.heap.push(0);
            return Ok(self.heap.as_ptr().cast());
        }
        let (head, tail) = self.inline.split_at_mut(bytes.len());
        head.write_copy_of_slice(bytes);
        tail[0].write(0);
        Ok(self.inline.as_ptr().cast())
    }
}

/// A string that the host made and that is ours to hand back: by the host's `free_string` (version
/// 6 and later) or by libc `free`, on any thread, when this is dropped.
pub struct HostString {
    text: NonNull<u8>,
    len: usize,
    free: unsafe extern "C" fn(*const c_char),
}

// SAFETY: the bytes are never written, and the ABI lets any thread free a returned string.
unsafe impl Send for HostString {}
// SAFETY: as above: only shared reads.
unsafe impl Sync for HostString {}

unsafe extern "C" fn libc_free(text: *const c_char) {
    // SAFETY: called once per string from HostString::drop; hosts before version 6 return malloc'ed
    // strings.
    unsafe { libc::free(text.cast_mut().cast()) }
}

impl HostString {
    /// Takes over a string that `slot` of `table` returned. `None` for NULL.
    ///
    /// # Safety
    /// `text` is NULL or a NUL-terminated string that the host gave away just now.
    pub(crate) unsafe fn take(
        table: HostTable,
        slot: HostSlot,
        text: *const c_char,
    ) -> Result<Option<HostString>, HostError> {
        let Some(start) = NonNull::new(text.cast_mut().cast::<u8>()) else {
            return Ok(None);
        };
        let free = read_slot!(table, FreeString, free_string).unwrap_or(libc_free);
        // SAFETY: not NULL, NUL-terminated by the caller's contract, and ours until it is freed.
        let bytes = unsafe { CStr::from_ptr(text) }.to_bytes();
        // Made before the check, so that a refused string is freed as well.
        let string = HostString {
            text: start,
            len: bytes.len(),
            free,
        };
        match std::str::from_utf8(bytes) {
            Ok(_) => Ok(Some(string)),
            Err(error) => Err(HostError::InvalidUtf8 {
                slot,
                at: error.valid_up_to(),
            }),
        }
    }
}

impl Deref for HostString {
    type Target = str;

    fn deref(&self) -> &str {
        // SAFETY: `take` measured the string and checked that it is UTF-8; it stays ours and
        // unchanged until drop.
        unsafe {
            std::str::from_utf8_unchecked(std::slice::from_raw_parts(self.text.as_ptr(), self.len))
        }
    }
}

impl Drop for HostString {
    fn drop(&mut self) {
        // SAFETY: the string is ours, not freed yet, and `free` is what the host's version
        // prescribes for it.
        unsafe { (self.free)(self.text.as_ptr().cast()) }
    }
}

impl AsRef<str> for HostString {
    fn as_ref(&self) -> &str {
        self
    }
}

impl std::fmt::Display for HostString {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self)
    }
}

impl std::fmt::Debug for HostString {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(&**self, out)
    }
}

/// Why an argument that the host passed is not a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadText {
    Null,
    NotUtf8 { at: usize },
}

/// Reads an argument that the host passed, for the duration of its call.
///
/// # Safety
/// `text` is NULL or NUL-terminated and unchanged for as long as `'a`.
pub(crate) unsafe fn borrow<'a>(text: *const c_char) -> Result<&'a str, BadText> {
    if text.is_null() {
        return Err(BadText::Null);
    }
    // SAFETY: not NULL; the rest is the caller's contract.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str().map_err(|error| BadText::NotUtf8 {
        at: error.valid_up_to(),
    })
}

/// A malloc'ed copy for the host, which hands it to our `free_string`. NULL when memory is out.
/// The caller has checked that there is no NUL inside.
pub(crate) fn give(text: &str) -> *const c_char {
    // SAFETY: malloc may be called with any size; the result is checked.
    let copy = unsafe { libc::malloc(text.len() + 1) }.cast::<u8>();
    if copy.is_null() {
        return std::ptr::null();
    }
    // SAFETY: `copy` has room for the text and its terminator and overlaps nothing.
    unsafe {
        std::ptr::copy_nonoverlapping(text.as_ptr(), copy, text.len());
        copy.add(text.len()).write(0);
    }
    copy.cast()
}

/// Frees what [`give`] returned. NULL is fine.
///
/// # Safety
/// `text` is NULL or came from [`give`] and was not freed yet.
pub(crate) unsafe fn take_back(text: *const c_char) {
    // SAFETY: the caller's contract; `give` uses malloc.
    unsafe { libc::free(text.cast_mut().cast::<c_void>()) }
}
