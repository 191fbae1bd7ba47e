//! One socket in an event loop: what arrives is cut into frames, what is sent goes out whole. Used by `addon`.
use super::js::{Callback, Thrown};
use super::{on_cleanup, on_readable};
use crate::node::uv::{READABLE, Uv};
use crate::platform;
use crate::worker::wire::{Incoming, wait};
use napi_sys as napi;
use std::ffi::c_void;
use std::io::ErrorKind;
use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr;
use std::time::{Duration, Instant};

/// A connection of an environment. Dropped when libuv has let go of its handle.
pub struct Connection {
    pub env: napi::napi_env,
    socket: OwnedFd,
    incoming: Incoming,
    /// The last read filled its buffer, so there may be more.
    more: bool,
    uv: &'static Uv,
    handle: *mut c_void,
    closing: bool,
    context: napi::napi_async_context,
    on_frame: napi::napi_ref,
    on_end: napi::napi_ref,
    hook: napi::napi_async_cleanup_hook_handle,
}

/// What came next.
pub enum Next {
    /// A frame for a callback.
    Frame(Callback, napi::napi_value),
    /// Nothing yet.
    Nothing,
    /// The other side is gone, or does not speak the protocol.
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
    /// Prepares a socket; both references belong to the connection from now on.
    pub fn open(
        env: napi::napi_env,
        id: usize,
        socket: OwnedFd,
        on_frame: napi::napi_ref,
        on_end: napi::napi_ref,
    ) -> Result<Self, Thrown> {
        let uv = Uv::get().ok_or_else(|| Thrown::new("this runtime has no libuv".into()))?;
        let handle = uv.new_poll().ok_or_else(Thrown::no_room)?;
        let mut event_loop = ptr::null_mut();
        // SAFETY: the loop is written on success; the handle's memory is large enough and stays in place.
        let status = unsafe {
            match napi::napi_get_uv_event_loop(env, &raw mut event_loop) {
                0 => (uv.poll_init)(event_loop.cast(), handle, socket.as_raw_fd()),
                _ => -1,
            }
        };
        if status != 0 {
            // SAFETY: calloc'ed a moment ago, and libuv does not know it.
            unsafe { libc::free(handle) };
            return Err(Thrown::new(format!(
                "descriptor {} cannot be watched (libuv {status})",
                socket.as_raw_fd()
            )));
        }
        let number = ptr::without_provenance_mut(id);
        // SAFETY: an initialised handle.
        unsafe { (uv.set_data)(handle, number) };
        let mut connection = Self {
            env,
            socket,
            incoming: Incoming::default(),
            more: true,
            uv,
            handle,
            closing: false,
            context: async_context(env),
            on_frame,
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
            match platform::send(&self.socket, rest) {
                Ok(sent) => rest = &rest[sent..],
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => {
                    let far = Instant::now() + Duration::from_secs(3600);
                    wait(&self.socket, libc::POLLOUT, far);
                }
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

    /// The next frame, if it is here.
    pub fn next(&mut self) -> Result<Next, Thrown> {
        loop {
            if self.closing {
                return Ok(Next::Nothing);
            }
            let Ok(len) = self.incoming.whole() else {
                return Ok(Next::End(self.callback(self.on_end)?));
            };
            if let Some(len) = len {
                let frame = self.copy(len)?;
                self.incoming.skip(len);
                return Ok(Next::Frame(self.callback(self.on_frame)?, frame));
            }
            if !std::mem::replace(&mut self.more, true) {
                return Ok(Next::Nothing);
            }
            match self.incoming.fill(&self.socket, false) {
                Ok(0) => return Ok(Next::End(self.callback(self.on_end)?)),
                // A read that did not fill the buffer took everything: no need to ask again.
                Ok(_) => self.more = self.incoming.is_full(),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(Next::Nothing),
                Err(_) => return Ok(Next::End(self.callback(self.on_end)?)),
            }
        }
    }

    /// The first frame as a Buffer, without its length field.
    fn copy(&self, len: usize) -> Result<napi::napi_value, Thrown> {
        let frame = self.incoming.first(len);
        let mut buffer = ptr::null_mut();
        // SAFETY: Node copies the bytes of a live slice; `buffer` is written on success.
        let status = unsafe {
            napi::napi_create_buffer_copy(
                self.env,
                frame.len(),
                frame.as_ptr().cast(),
                ptr::null_mut(),
                &raw mut buffer,
            )
        };
        (status == 0).then_some(buffer).ok_or_else(Thrown::no_room)
    }

    fn callback(&self, kept: napi::napi_ref) -> Result<Callback, Thrown> {
        let mut function = ptr::null_mut();
        // SAFETY: a reference that this connection holds until it is dropped.
        let status = unsafe { napi::napi_get_reference_value(self.env, kept, &raw mut function) };
        let context = self.context;
        (status == 0 && !function.is_null())
            .then_some(Callback { context, function })
            .ok_or_else(Thrown::no_room)
    }

    /// Lets go of the handle; `closed` is called by libuv afterwards.
    pub fn close(&mut self, closed: unsafe extern "C" fn(*mut c_void)) {
        if !std::mem::replace(&mut self.closing, true) {
            platform::shut_down(&self.socket);
            // SAFETY: an initialised handle, closed once.
            unsafe { (self.uv.close)(self.handle, closed) };
        }
    }
}

impl Drop for Connection {
    /// From libuv's last callback for the handle: on the environment's thread, with the environment still there.
    fn drop(&mut self) {
        if !self.closing {
            // The thread ends with the environment gone, which Node's cleanup does not let happen: leak, touch nothing.
            return;
        }
        // SAFETY: what `open` made, given back once. The hook comes last: the environment may end after it.
        unsafe {
            napi::napi_delete_reference(self.env, self.on_frame);
            napi::napi_delete_reference(self.env, self.on_end);
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
    // SAFETY: the name has that length; on failure the context stays NULL, which Node takes for none.
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
