//! N-API in the few forms that the addon needs: arguments, functions, callbacks, errors. Used by
//! `addon` alone. All functions are for the environment's own thread.
use napi_sys as napi;
use std::ffi::{CStr, CString, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Once;

/// A function that JavaScript can call.
pub type Body = unsafe extern "C" fn(napi::napi_env, napi::napi_callback_info) -> napi::napi_value;

/// Finds Node's functions in this process, once.
pub fn find_functions() {
    static ONCE: Once = Once::new();
    // SAFETY: Node loads an addon when its own functions are in the process; it stays for as long
    // as the process.
    ONCE.call_once(|| std::mem::forget(unsafe { napi::setup() }));
}

/// An error for JavaScript.
#[derive(Debug)]
pub struct Thrown(String);

impl Thrown {
    /// An error with a message.
    pub fn new(message: String) -> Self {
        Self(message)
    }

    /// Node refused to make an object, which it does when the environment is ending.
    pub fn no_room() -> Self {
        Self("this environment is ending".into())
    }
}

/// Throws what `body` returns as an error.
pub fn returning(
    env: napi::napi_env,
    body: impl FnOnce() -> Result<napi::napi_value, Thrown>,
) -> napi::napi_value {
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
    let thrown = match outcome {
        Ok(Ok(value)) => return value,
        Ok(Err(thrown)) => thrown,
        Err(_) => Thrown::new("the addon failed".into()),
    };
    let text = CString::new(thrown.0).unwrap_or_default();
    // SAFETY: `env` is valid during the call that this runs in; the text outlives the call.
    unsafe { napi::napi_throw_error(env, ptr::null(), text.as_ptr()) };
    ptr::null_mut()
}

/// The arguments of a call, at most `N`.
pub struct Call<const N: usize> {
    env: napi::napi_env,
    arguments: [napi::napi_value; N],
    count: usize,
    /// What the function was made with.
    pub data: *mut c_void,
}

impl<const N: usize> Call<N> {
    /// Reads them.
    pub fn read(env: napi::napi_env, info: napi::napi_callback_info) -> Result<Self, Thrown> {
        let mut call = Self {
            env,
            arguments: [ptr::null_mut(); N],
            count: N,
            data: ptr::null_mut(),
        };
        // SAFETY: the array has the length that is given; the other places are single values.
        let status = unsafe {
            napi::napi_get_cb_info(
                env,
                info,
                &raw mut call.count,
                call.arguments.as_mut_ptr(),
                ptr::null_mut(),
                &raw mut call.data,
            )
        };
        (status == 0).then_some(call).ok_or_else(Thrown::no_room)
    }

    /// The argument at a place; NULL where there is none, which every function of Node's refuses.
    pub fn argument(&self, at: usize) -> napi::napi_value {
        self.arguments.get(at).copied().unwrap_or(ptr::null_mut())
    }

    fn wrong(&self, at: usize, expected: &str) -> Thrown {
        Thrown::new(format!("argument {} must be {expected}", at + 1))
    }

    /// A whole number.
    pub fn number(&self, at: usize) -> Result<i32, Thrown> {
        let mut value = 0;
        // SAFETY: `value` is written when the argument is a number, which the status tells.
        let status =
            unsafe { napi::napi_get_value_int32(self.env, self.argument(at), &raw mut value) };
        (status == 0)
            .then_some(value)
            .ok_or_else(|| self.wrong(at, "a number"))
    }

    /// A Buffer or another view of bytes; valid until JavaScript runs again.
    pub fn bytes(&self, at: usize) -> Result<&[u8], Thrown> {
        // SAFETY: the argument, held by this call, keeps the bytes alive, and no JavaScript runs
        // while `self` is borrowed.
        let bytes = unsafe { bytes_of(self.env, self.argument(at)) };
        let bytes = bytes.ok_or_else(|| self.wrong(at, "a Buffer"))?;
        // SAFETY: JavaScript has no bytes that are not initialised.
        Ok(unsafe { bytes.assume_init_ref() })
    }

    /// A function, kept beyond the call.
    pub fn callback(&self, at: usize) -> Result<napi::napi_ref, Thrown> {
        let mut kind = 0;
        // SAFETY: `kind` is written for any value.
        unsafe { napi::napi_typeof(self.env, self.argument(at), &raw mut kind) };
        if kind != napi::ValueType::napi_function {
            return Err(self.wrong(at, "a function"));
        }
        kept(self.env, self.argument(at))
    }
}

/// Keeps an object or a function beyond the call.
pub fn kept(env: napi::napi_env, value: napi::napi_value) -> Result<napi::napi_ref, Thrown> {
    let mut reference = ptr::null_mut();
    // SAFETY: `reference` is written on success.
    let status = unsafe { napi::napi_create_reference(env, value, 1, &raw mut reference) };
    (status == 0)
        .then_some(reference)
        .ok_or_else(Thrown::no_room)
}

/// What [`kept`] keeps.
pub fn value_of(env: napi::napi_env, kept: napi::napi_ref) -> Result<napi::napi_value, Thrown> {
    let mut value = ptr::null_mut();
    // SAFETY: a reference that has not been given back; `value` is written on success.
    let status = unsafe { napi::napi_get_reference_value(env, kept, &raw mut value) };
    (status == 0 && !value.is_null())
        .then_some(value)
        .ok_or_else(Thrown::no_room)
}

/// The memory of a Buffer; `None` for what is none.
///
/// # Safety
/// The value lives, and no JavaScript runs, for as long as the slice is used.
pub unsafe fn bytes_of<'a>(
    env: napi::napi_env,
    value: napi::napi_value,
) -> Option<&'a mut [MaybeUninit<u8>]> {
    let (mut data, mut len) = (ptr::null_mut(), 0);
    // SAFETY: both are written when the value is a view of bytes, which the status tells.
    let status = unsafe { napi::napi_get_buffer_info(env, value, &raw mut data, &raw mut len) };
    match status {
        0 if len == 0 => Some(&mut []),
        // SAFETY: Node gave place and length of the memory; the caller promises the rest.
        0 => Some(unsafe { std::slice::from_raw_parts_mut(data.cast(), len) }),
        _ => None,
    }
}

/// Makes a number.
pub fn number(env: napi::napi_env, value: usize) -> Option<napi::napi_value> {
    let mut number = ptr::null_mut();
    // SAFETY: `number` is written on success.
    let status = unsafe { napi::napi_create_int64(env, value as i64, &raw mut number) };
    (status == 0).then_some(number)
}

/// Makes a function; `None` when the environment is ending.
pub fn function(
    env: napi::napi_env,
    name: &CStr,
    body: Body,
    data: *mut c_void,
) -> Option<napi::napi_value> {
    let mut value = ptr::null_mut();
    let len = name.to_bytes().len() as isize;
    // SAFETY: the name has that length; `data` is a number that only `body` reads.
    let status = unsafe {
        napi::napi_create_function(env, name.as_ptr(), len, Some(body), data, &raw mut value)
    };
    (status == 0).then_some(value)
}

/// Makes an object.
pub fn object(env: napi::napi_env) -> Result<napi::napi_value, Thrown> {
    let mut value = ptr::null_mut();
    // SAFETY: `value` is written on success.
    let status = unsafe { napi::napi_create_object(env, &raw mut value) };
    (status == 0).then_some(value).ok_or_else(Thrown::no_room)
}

/// Sets a property.
pub fn set(env: napi::napi_env, object: napi::napi_value, name: &CStr, value: napi::napi_value) {
    // SAFETY: both values belong to the current handle scope; a failure leaves the property out.
    unsafe { napi::napi_set_named_property(env, object, name.as_ptr(), value) };
}

/// Values made while it lives are given back with it.
pub struct Scope {
    env: napi::napi_env,
    scope: napi::napi_handle_scope,
}

impl Scope {
    /// Opens one; `None` when the environment is ending.
    pub fn open(env: napi::napi_env) -> Option<Self> {
        let mut scope = ptr::null_mut();
        // SAFETY: `scope` is written on success.
        let status = unsafe { napi::napi_open_handle_scope(env, &raw mut scope) };
        (status == 0).then_some(Self { env, scope })
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        // SAFETY: scopes are closed in the opposite order of their opening: each lives on the
        // stack.
        unsafe { napi::napi_close_handle_scope(self.env, self.scope) };
    }
}

/// A function to be called from the event loop.
pub struct Callback {
    pub context: napi::napi_async_context,
    pub function: napi::napi_value,
}

impl Callback {
    /// Calls it, and what it left to microtasks: what it returned. What it throws becomes an
    /// uncaught exception.
    pub fn call(
        &self,
        env: napi::napi_env,
        arguments: &[napi::napi_value],
    ) -> Option<napi::napi_value> {
        let mut global = ptr::null_mut();
        let mut result = ptr::null_mut();
        // SAFETY: all values belong to the open handle scope; the context lives as long as its
        // connection or longer.
        let status = unsafe {
            napi::napi_get_global(env, &raw mut global);
            napi::napi_make_callback(
                env,
                self.context,
                global,
                self.function,
                arguments.len(),
                arguments.as_ptr(),
                &raw mut result,
            )
        };
        if status == napi::Status::napi_pending_exception {
            uncaught(env);
        }
        (status == 0).then_some(result)
    }
}

fn uncaught(env: napi::napi_env) {
    let mut error = ptr::null_mut();
    // SAFETY: `error` is written on success; there is none when the environment is being
    // terminated.
    unsafe {
        if napi::napi_get_and_clear_last_exception(env, &raw mut error) == 0 && !error.is_null() {
            napi::napi_fatal_exception(env, error);
        }
    }
}
