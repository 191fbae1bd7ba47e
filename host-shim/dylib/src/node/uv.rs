//! The few functions of libuv that the addon needs, found in the Node that loaded it. Used by
//! `addon`. They are part of what Node promises to addons; a runtime that has Node's addon
//! interface without libuv lacks them.
use std::ffi::{CStr, c_int, c_void};
use std::mem::transmute;
use std::sync::OnceLock;

/// `uv_poll_t`, opaque: its size is asked for.
pub type Handle = c_void;
/// `UV_POLL` of libuv 1.
const POLL_TYPE: c_int = 8;
/// `UV_READABLE`.
pub const READABLE: c_int = 1;

type OnPoll = unsafe extern "C" fn(*mut Handle, c_int, c_int);
type OnClose = unsafe extern "C" fn(*mut Handle);
type PollInit = unsafe extern "C" fn(*mut c_void, *mut Handle, c_int) -> c_int;
type PollStart = unsafe extern "C" fn(*mut Handle, c_int, OnPoll) -> c_int;
type Close = unsafe extern "C" fn(*mut Handle, OnClose);
type SetData = unsafe extern "C" fn(*mut Handle, *mut c_void);
type GetData = unsafe extern "C" fn(*const Handle) -> *mut c_void;
type HandleSize = unsafe extern "C" fn(c_int) -> usize;

/// Functions of libuv by their names without `uv_`.
pub struct Uv {
    pub poll_init: PollInit,
    pub poll_start: PollStart,
    pub close: Close,
    pub set_data: SetData,
    pub get_data: GetData,
    handle_size: HandleSize,
}

impl Uv {
    /// The functions; `None` when this process has no libuv in its global scope.
    pub fn get() -> Option<&'static Self> {
        static FOUND: OnceLock<Option<Uv>> = OnceLock::new();
        FOUND.get_or_init(Self::find).as_ref()
    }

    fn find() -> Option<Self> {
        // SAFETY: each name is that of a libuv function with the type of its field, in every libuv
        // since 1.19.
        unsafe {
            Some(Self {
                poll_init: transmute::<*mut c_void, PollInit>(symbol(c"uv_poll_init")?),
                poll_start: transmute::<*mut c_void, PollStart>(symbol(c"uv_poll_start")?),
                close: transmute::<*mut c_void, Close>(symbol(c"uv_close")?),
                set_data: transmute::<*mut c_void, SetData>(symbol(c"uv_handle_set_data")?),
                get_data: transmute::<*mut c_void, GetData>(symbol(c"uv_handle_get_data")?),
                handle_size: transmute::<*mut c_void, HandleSize>(symbol(c"uv_handle_size")?),
            })
        }
    }

    /// Zeroed memory for a poll handle, from malloc; `None` when there is none.
    pub fn new_poll(&self) -> Option<*mut Handle> {
        // SAFETY: uv_handle_size takes a number.
        let size = unsafe { (self.handle_size)(POLL_TYPE) };
        // SAFETY: calloc(3) with plain numbers.
        let memory = unsafe { libc::calloc(1, size) };
        (!memory.is_null()).then_some(memory)
    }
}

fn symbol(name: &CStr) -> Option<*mut c_void> {
    // SAFETY: dlsym(3) with a NUL-terminated name.
    let symbol = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    (!symbol.is_null()).then_some(symbol)
}
