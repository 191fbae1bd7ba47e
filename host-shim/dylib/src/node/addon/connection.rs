//! One connection in an event loop: what arrives is put where JavaScript wants it, what is sent goes
//! out whole. Used by `addon`.
use super::js::{Callback, Thrown, bytes_of, kept, value_of};
use super::{on_cleanup, on_readable};
use crate::node::uv::{READABLE, Uv};
use crate::platform::TheirEnd;
use napi_sys as napi;
use std::ffi::c_void;
use std::io::ErrorKind;
use std::ptr;

/// A connection of an environment. Dropped when libuv has let go of its handle.
pub struct Connection {
    pub env: napi::napi_env,
    end: TheirEnd,
    /// Where the next bytes belong: a Buffer.
    space: napi::napi_ref,
    uv: &'static Uv,
    handle: *mut c_void,
    closing: bool,
    context: napi::napi_async_context,
    on_bytes: napi::napi_ref,
    on_end: napi::napi_ref,
    hook: napi::napi_async_cleanup_hook_handle,
}

/// What came next.
pub enum Received {
    /// Bytes, which are in the space now.
    Bytes {
        /// To be told of them; answers the next space.
        on_bytes: Callback,
        /// How many.
        count: usize,
        /// They filled the space, so there may be more.
        more: bool,
    },
    /// Nothing yet.
    Nothing,
    /// The other side is gone.
    End(Callback),
}

/// The number of the connection that a handle belongs to.
pub fn id_of(handle: *mut c_void) -> usize {
    let Some(uv) = Uv::get() else {
        return usize::MAX;
    };
    // SAFETY: libuv gave the handle, which `Connection::open` put a number into.
    unsafe { (uv.get_data)(handle) }.addr()
}

impl Connection {
    /// Prepares a connection; the references belong to the connection from now on.
    pub fn open(
        env: napi::napi_env,
        id: usize,
        end: TheirEnd,
        space: napi::napi_ref,
        [on_bytes, on_end]: [napi::napi_ref; 2],
    ) -> Result<Self, Thrown> {
        let uv = Uv::get().ok_or_else(|| Thrown::new("this runtime has no libuv".into()))?;
        let handle = uv.new_poll().ok_or_else(Thrown::no_room)?;
        let mut event_loop = ptr::null_mut();
        // SAFETY: the loop is written on success; the handle's memory is large enough and stays in
        // place.
        let status = unsafe {
            match napi::napi_get_uv_event_loop(env, &raw mut event_loop) {
                0 => (uv.poll_init)(event_loop.cast(), handle, end.readable()),
                _ => -1,
            }
        };
        if status != 0 {
            // SAFETY: calloc'ed a moment ago, and libuv does not know it.
            unsafe { libc::free(handle) };
            return Err(Thrown::new(format!(
                "descriptor {} cannot be watched (libuv {status})",
                end.readable()
            )));
        }
        let number = ptr::without_provenance_mut(id);
        // SAFETY: an initialised handle.
        unsafe { (uv.set_data)(handle, number) };
        let mut connection = Self {
            env,
            end,
            space,
            uv,
            handle,
            closing: false,
            context: async_context(env),
            on_bytes,
            on_end,
            hook: ptr::null_mut(),
        };
        // SAFETY: the hook gets a number; its handle is written on success.
        unsafe {
            napi::napi_add_async_cleanup_hook(
                env,
                Some(on_cleanup),
                number,
                &raw mut connection.hook,
            )
        };
        Ok(connection)
    }

    /// Starts reading.
    pub fn start(&mut self) -> Result<(), Thrown> {
        // SAFETY: an initialised handle that is not closing.
        let status = unsafe { (self.uv.poll_start)(self.handle, READABLE, on_readable) };
        (status == 0)
            .then_some(())
            .ok_or_else(|| Thrown::new(format!("libuv {status}")))
    }

    /// Sends a frame, waiting for room: the other side always reads.
    pub fn send(&mut self, frame: &[u8]) -> Result<(), Thrown> {
        let mut rest = frame;
        while !rest.is_empty() && !self.closing {
            match self.end.send(rest) {
                Ok(sent) => rest = &rest[sent..],
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => self.end.wait_for_room(),
                Err(error) => {
                    return Err(Thrown::new(format!("the connection is closed ({error})")));
                }
            }
        }
        if rest.is_empty() {
            Ok(())
        } else {
            Err(Thrown::new("the connection is closed".into()))
        }
    }

    /// What is here, put into the space.
    pub fn receive(&mut self) -> Result<Received, Thrown> {
        if self.closing {
            return Ok(Received::Nothing);
        }
        let space = value_of(self.env, self.space)?;
        // SAFETY: no JavaScript runs while the slice is in use.
        let room = unsafe { bytes_of(self.env, space) }.ok_or_else(Thrown::no_room)?;
        loop {
            match self.end.receive(room) {
                Ok(0) => return Ok(Received::End(self.callback(self.on_end)?)),
                Ok(count) => {
                    return Ok(Received::Bytes {
                        on_bytes: self.callback(self.on_bytes)?,
                        count,
                        more: count == room.len(),
                    });
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(Received::Nothing),
                Err(_) => return Ok(Received::End(self.callback(self.on_end)?)),
            }
        }
    }

    /// Where the next bytes belong; as a rule the same Buffer again.
    pub fn set_space(&mut self, space: napi::napi_value) -> Result<(), Thrown> {
        let mut same = false;
        let current = value_of(self.env, self.space)?;
        // SAFETY: both values belong to the open handle scope; `same` is written on success.
        unsafe { napi::napi_strict_equals(self.env, current, space, &raw mut same) };
        if !same {
            let next = kept(self.env, space)?;
            let old = std::mem::replace(&mut self.space, next);
            // SAFETY: a reference that this connection held, given back once.
            unsafe { napi::napi_delete_reference(self.env, old) };
        }
        Ok(())
    }

    fn callback(&self, kept: napi::napi_ref) -> Result<Callback, Thrown> {
        Ok(Callback {
            context: self.context,
            function: value_of(self.env, kept)?,
        })
    }

    /// Lets go of the handle; `closed` is called by libuv afterwards.
    pub fn close(&mut self, closed: unsafe extern "C" fn(*mut c_void)) {
        if !std::mem::replace(&mut self.closing, true) {
            self.end.shut_down();
            // SAFETY: an initialised handle, closed once.
            unsafe { (self.uv.close)(self.handle, closed) };
        }
    }
}

impl Drop for Connection {
    /// From libuv's last callback for the handle: on the environment's thread, with the environment
    /// still there.
    fn drop(&mut self) {
        if !self.closing {
            // The thread ends with the environment gone, which Node's cleanup does not let happen:
            // leak, touch nothing.
            return;
        }
        // SAFETY: what `open` made, given back once. The hook comes last: the environment may end
        // after it.
        unsafe {
            for kept in [self.space, self.on_bytes, self.on_end] {
                napi::napi_delete_reference(self.env, kept);
            }
            napi::napi_async_destroy(self.env, self.context);
            libc::free(self.handle);
            if !self.hook.is_null() {
                napi::napi_remove_async_cleanup_hook(self.hook);
            }
        }
    }
}

fn async_context(env: napi::napi_env) -> napi::napi_async_context {
    let name = c"osaurus-bridge";
    let (mut text, mut context) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: the name has that length; on failure the context stays NULL, which Node takes for
    // none.
    unsafe {
        napi::napi_create_string_utf8(
            env,
            name.as_ptr(),
            name.to_bytes().len() as isize,
            &raw mut text,
        );
        napi::napi_async_init(env, ptr::null_mut(), text, &raw mut context);
    }
    context
}
