//! Processes on macOS, by posix_spawn(2) alone. An application that holds a model of tens of GB in
//! memory is not copied, no handler of its frameworks runs between fork and exec, and the system
//! closes all descriptors but the named ones.
use super::Program;
use std::ffi::{CString, OsStr, c_char, c_int, c_short};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::ptr;

unsafe extern "C" {
    fn posix_spawn_file_actions_addinherit_np(
        actions: *mut libc::posix_spawn_file_actions_t,
        fd: c_int,
    ) -> c_int;
}

/// Starts a program and gives its number.
pub fn spawn(program: &Program, out: OwnedFd, err: Option<OwnedFd>) -> io::Result<libc::pid_t> {
    let args = program.args.iter().map(|arg| arg.as_bytes().to_vec());
    let env = program.env.iter().map(|(name, value)| row(name, value));
    let path = program.path.as_os_str().as_bytes().to_vec();
    let argv = Texts::new(std::iter::once(path).chain(args))?;
    let envp = Texts::new(env)?;
    let actions = FileActions::new(program, &out, err.as_ref())?;
    let attributes = Attributes::new()?;
    let mut id = 0;
    // SAFETY: everything that is pointed to lives until the call returns; both lists end with NULL.
    done(unsafe {
        libc::posix_spawnp(
            &raw mut id,
            argv.pointers[0],
            &raw const actions.0,
            &raw const attributes.0,
            argv.pointers.as_ptr(),
            envp.pointers.as_ptr(),
        )
    })?;
    Ok(id)
}

fn row(name: &OsStr, value: &OsStr) -> Vec<u8> {
    [name.as_bytes(), b"=", value.as_bytes()].concat()
}

fn done(code: c_int) -> io::Result<()> {
    match code {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code)),
    }
}

/// A list of C strings that ends with NULL.
struct Texts {
    pointers: Vec<*mut c_char>,
    _owned: Vec<CString>,
}

impl Texts {
    fn new(strings: impl Iterator<Item = Vec<u8>>) -> io::Result<Self> {
        let owned = strings.map(CString::new).collect::<Result<Vec<_>, _>>()?;
        let pointers = owned.iter().map(|text| text.as_ptr().cast_mut());
        Ok(Self {
            pointers: pointers.chain([ptr::null_mut()]).collect(),
            _owned: owned,
        })
    }
}

/// What becomes of descriptors.
struct FileActions(libc::posix_spawn_file_actions_t);

impl FileActions {
    fn new(program: &Program, out: &OwnedFd, err: Option<&OwnedFd>) -> io::Result<Self> {
        let mut actions = ptr::null_mut();
        // SAFETY: initialises the variable.
        done(unsafe { libc::posix_spawn_file_actions_init(&raw mut actions) })?;
        let mut actions = Self(actions);
        actions.open_nothing(0, libc::O_RDONLY)?;
        actions.place(out, 1)?;
        match err {
            Some(err) => actions.place(err, 2)?,
            None => actions.open_nothing(2, libc::O_WRONLY)?,
        }
        for fd in &program.keep {
            actions.inherit(*fd)?;
        }
        Ok(actions)
    }

    fn open_nothing(&mut self, fd: RawFd, flags: c_int) -> io::Result<()> {
        let path = c"/dev/null".as_ptr();
        // SAFETY: initialised actions; the path is copied.
        done(unsafe { libc::posix_spawn_file_actions_addopen(&raw mut self.0, fd, path, flags, 0) })
    }

    fn place(&mut self, from: &OwnedFd, to: RawFd) -> io::Result<()> {
        let from = from.as_raw_fd();
        // SAFETY: initialised actions; the descriptor stays open until the program is started.
        done(unsafe { libc::posix_spawn_file_actions_adddup2(&raw mut self.0, from, to) })
    }

    fn inherit(&mut self, fd: RawFd) -> io::Result<()> {
        // SAFETY: initialised actions; it takes a number.
        done(unsafe { posix_spawn_file_actions_addinherit_np(&raw mut self.0, fd) })
    }
}

impl Drop for FileActions {
    fn drop(&mut self) {
        // SAFETY: initialised by `new`, given back once.
        unsafe { libc::posix_spawn_file_actions_destroy(&raw mut self.0) };
    }
}

/// A group of its own, none of our descriptors, no signal blocked, SIGPIPE as programs know it.
struct Attributes(libc::posix_spawnattr_t);

impl Attributes {
    fn new() -> io::Result<Self> {
        let mut attributes = ptr::null_mut();
        // SAFETY: initialises the variable.
        done(unsafe { libc::posix_spawnattr_init(&raw mut attributes) })?;
        let mut attributes = Self(attributes);
        let (none, pipe) = (signals(&[]), signals(&[libc::SIGPIPE]));
        let flags = libc::POSIX_SPAWN_SETPGROUP
            | libc::POSIX_SPAWN_SETSIGMASK
            | libc::POSIX_SPAWN_SETSIGDEF
            | libc::POSIX_SPAWN_CLOEXEC_DEFAULT;
        let it = &raw mut attributes.0;
        // SAFETY: initialised attributes; the sets live until the calls return.
        unsafe {
            done(libc::posix_spawnattr_setpgroup(it, 0))?;
            done(libc::posix_spawnattr_setsigmask(it, &raw const none))?;
            done(libc::posix_spawnattr_setsigdefault(it, &raw const pipe))?;
            done(libc::posix_spawnattr_setflags(it, flags as c_short))?;
        }
        Ok(attributes)
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: initialised by `new`, given back once.
        unsafe { libc::posix_spawnattr_destroy(&raw mut self.0) };
    }
}

fn signals(of: &[c_int]) -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: sigemptyset initialises the set, to which valid signals are added.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for signal in of {
            libc::sigaddset(set.as_mut_ptr(), *signal);
        }
        set.assume_init()
    }
}
