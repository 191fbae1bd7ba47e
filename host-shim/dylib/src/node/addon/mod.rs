//! This library as an addon of Node: `open(fd, space, onBytes, onEnd)` gives a connection that is
//! faster than Node's own sockets: bytes arrive in memory that JavaScript gives, and leave in one
//! call. `openPipes(input, output, space, onBytes, onEnd)` does the same over two pipes. Loaded with
//! `process.dlopen`. Knows bytes, not what is in them. Everything here runs on the thread of the
//! environment that loaded it.
mod connection;
mod js;

use crate::platform::{self, TheirEnd};
use crate::signals;
use connection::{Connection, Received};
use js::{Call, Thrown};
use napi_sys as napi;
use std::cell::RefCell;
use std::ffi::c_void;
use std::ptr;
use std::sync::Once;

/// Set where this library is the addon of a process that was started for one plugin, and not in the
/// host's process.
pub const WORKER_VARIABLE: &str = "OSAURUS_BRIDGE_WORKER";

thread_local! {
    /// Connections of this thread's environment by their number. JavaScript holds numbers only, so
    /// nothing that it does can reach a connection that is gone.
    static CONNECTIONS: RefCell<Vec<Option<Connection>>> = const { RefCell::new(Vec::new()) };
}

/// What Node calls when it has loaded this library.
///
/// # Safety
/// For Node alone: `env` and `exports` are valid during the call.
// SAFETY: the name that Node looks up in an addon.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn napi_register_module_v1(
    env: napi::napi_env,
    exports: napi::napi_value,
) -> napi::napi_value {
    js::find_functions();
    static FOLLOW: Once = Once::new();
    if std::env::var_os(WORKER_VARIABLE).is_some() {
        FOLLOW.call_once(platform::follow_parent);
    }
    for (name, body) in [
        (c"open", open as js::Body),
        (c"openPipes", open_pipes),
        (c"deafen", deafen),
    ] {
        if let Some(function) = js::function(env, name, body, ptr::null_mut()) {
            js::set(env, exports, name, function);
        }
    }
    exports
}

/// No signal of the host's is handled on this thread or on those that it starts from now on.
unsafe extern "C" fn deafen(
    _env: napi::napi_env,
    _info: napi::napi_callback_info,
) -> napi::napi_value {
    signals::block_all();
    ptr::null_mut()
}

unsafe extern "C" fn open(env: napi::napi_env, info: napi::napi_callback_info) -> napi::napi_value {
    js::returning(env, || {
        let call = Call::<4>::read(env, info)?;
        let fd = call.number(0)?;
        let end = TheirEnd::socket(fd)
            .map_err(|error| Thrown::new(format!("descriptor {fd} cannot be used: {error}")))?;
        opened(env, &call, 1, end)
    })
}

unsafe extern "C" fn open_pipes(
    env: napi::napi_env,
    info: napi::napi_callback_info,
) -> napi::napi_value {
    js::returning(env, || {
        let call = Call::<5>::read(env, info)?;
        let (input, output) = (call.number(0)?, call.number(1)?);
        let end = TheirEnd::pipes(input, output).map_err(|error| {
            Thrown::new(format!(
                "descriptors {input} and {output} cannot be used: {error}"
            ))
        })?;
        opened(env, &call, 2, end)
    })
}

/// A connection whose space and callbacks are the arguments from `at` on.
fn opened<const N: usize>(
    env: napi::napi_env,
    call: &Call<N>,
    at: usize,
    end: TheirEnd,
) -> Result<napi::napi_value, Thrown> {
    call.bytes(at)?;
    let callbacks = [call.callback(at + 1)?, call.callback(at + 2)?];
    let space = js::kept(env, call.argument(at))?;
    let id = CONNECTIONS.with_borrow(Vec::len);
    let connection = Connection::open(env, id, end, space, callbacks)?;
    CONNECTIONS.with_borrow_mut(|all| all.push(Some(connection)));
    with(id, Connection::start)?;
    let object = js::object(env)?;
    for (name, body) in [(c"send", send as js::Body), (c"close", close)] {
        let function = js::function(env, name, body, ptr::without_provenance_mut(id));
        js::set(env, object, name, function.ok_or_else(Thrown::no_room)?);
    }
    Ok(object)
}

unsafe extern "C" fn send(env: napi::napi_env, info: napi::napi_callback_info) -> napi::napi_value {
    js::returning(env, || {
        let call = Call::<1>::read(env, info)?;
        let frame = call.bytes(0)?;
        with(call.data.addr(), |connection| connection.send(frame))?;
        Ok(ptr::null_mut())
    })
}

unsafe extern "C" fn close(
    env: napi::napi_env,
    info: napi::napi_callback_info,
) -> napi::napi_value {
    js::returning(env, || {
        let call = Call::<0>::read(env, info)?;
        shut(call.data.addr());
        Ok(ptr::null_mut())
    })
}

/// Runs `body` on a connection; never while JavaScript runs that may come back here.
fn with<T>(
    id: usize,
    body: impl FnOnce(&mut Connection) -> Result<T, Thrown>,
) -> Result<T, Thrown> {
    CONNECTIONS.with_borrow_mut(|all| match all.get_mut(id).and_then(Option::as_mut) {
        Some(connection) => body(connection),
        None => Err(Thrown::new("the connection is closed".into())),
    })
}

/// Called by libuv when a connection has something to read.
unsafe extern "C" fn on_readable(handle: *mut c_void, _status: i32, _events: i32) {
    let id = connection::id_of(handle);
    loop {
        let Ok(Some((env, scope))) = with(id, |c| Ok(js::Scope::open(c.env).map(|s| (c.env, s))))
        else {
            return;
        };
        match with(id, Connection::receive) {
            Ok(Received::Bytes {
                on_bytes,
                count,
                more,
            }) => {
                let space = js::number(env, count).and_then(|count| on_bytes.call(env, &[count]));
                let is_set = space.is_some_and(|space| with(id, |c| c.set_space(space)).is_ok());
                if !is_set || !more {
                    return;
                }
            }
            Ok(Received::Nothing) | Err(_) => return,
            Ok(Received::End(on_end)) => {
                shut(id);
                on_end.call(env, &[]);
                return;
            }
        }
        drop(scope);
    }
}

/// Begins the end of a connection; nothing happens when it has ended.
fn shut(id: usize) {
    let _ = with(id, |connection| {
        connection.close(on_closed);
        Ok(())
    });
}

/// Called by libuv when it has let go of the handle.
unsafe extern "C" fn on_closed(handle: *mut c_void) {
    let id = connection::id_of(handle);
    let connection = CONNECTIONS.with_borrow_mut(|all| all.get_mut(id).and_then(Option::take));
    drop(connection);
}

/// Called by Node when the environment ends with the connection open.
unsafe extern "C" fn on_cleanup(_hook: napi::napi_async_cleanup_hook_handle, id: *mut c_void) {
    shut(id.addr());
}
