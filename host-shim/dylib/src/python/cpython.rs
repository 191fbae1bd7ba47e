//! The functions of libpython that the start needs, looked up at run time: the shim is linked with
//! no Python. Used by `init`. Every signature is from CPython's documentation of the C API.
use super::version::Version;
use crate::loader::Library;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::PathBuf;

/// `PyStatus`, which the configuration functions return by value.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Status {
    kind: c_int,
    func: *const c_char,
    message: *const c_char,
    exit_code: c_int,
}

impl Status {
    /// The text of an error; `None` for success.
    pub fn error(self) -> Option<String> {
        if self.kind == 0 {
            return None;
        }
        // SAFETY: CPython sets `func` and `message` to NULL or to static strings.
        let text = |ptr: *const c_char| unsafe {
            (!ptr.is_null()).then(|| CStr::from_ptr(ptr).to_string_lossy().into_owned())
        };
        let message = text(self.message).unwrap_or_else(|| format!("exit code {}", self.exit_code));
        Some(match text(self.func) {
            Some(func) => format!("{func}: {message}"),
            None => message,
        })
    }
}

/// Declares a table of functions that are looked up by name. Absent ones are an error with the
/// name.
macro_rules! functions {
    ($(#[$meta:meta])* $table:ident { $($field:ident = $symbol:literal: fn($($arg:ty),*) $(-> $ret:ty)?;)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy)]
        pub struct $table { $(#[doc = $symbol] pub $field: unsafe extern "C" fn($($arg),*) $(-> $ret)?,)* }

        impl $table {
            /// Looks all functions up.
            ///
            /// # Errors
            /// The name of the first function that is not there.
            pub fn find(library: Library) -> Result<Self, String> {
                Ok(Self { $($field: {
                    let name = concat!($symbol, "\0");
                    let name = CStr::from_bytes_with_nul(name.as_bytes()).map_err(|e| e.to_string())?;
                    let symbol = library.symbol(name).ok_or_else(|| format!("{} is not in the library", $symbol))?;
                    // SAFETY: the symbol is CPython's function of that name, whose documented C
                    // signature this is.
                    unsafe { std::mem::transmute::<*mut c_void, unsafe extern "C" fn($($arg),*) $(-> $ret)?>(symbol) }
                },)* })
            }
        }
    };
}

functions! {
    /// What every interpreter has.
    Core {
        is_initialized = "Py_IsInitialized": fn() -> c_int;
        version = "Py_GetVersion": fn() -> *const c_char;
        run = "PyRun_SimpleString": fn(*const c_char) -> c_int;
        save_thread = "PyEval_SaveThread": fn() -> *mut c_void;
        attach = "PyGILState_Ensure": fn() -> c_int;
        detach = "PyGILState_Release": fn(c_int);
        sys_get = "PySys_GetObject": fn(*const c_char) -> *mut c_void;
        sys_set = "PySys_SetObject": fn(*const c_char, *mut c_void) -> c_int;
        new_string = "PyUnicode_FromString": fn(*const c_char) -> *mut c_void;
        text_of = "PyUnicode_AsUTF8AndSize": fn(*mut c_void, *mut isize) -> *const c_char;
        release = "Py_DecRef": fn(*mut c_void);
    }
}

functions! {
    /// The configuration of 3.8 to 3.13.
    ByConfig {
        pre_init = "PyPreConfig_InitIsolatedConfig": fn(*mut c_int);
        pre_initialize = "Py_PreInitialize": fn(*const c_int) -> Status;
        init = "PyConfig_InitIsolatedConfig": fn(*mut c_void);
        set_bytes = "PyConfig_SetBytesString": fn(*mut c_void, *mut *mut i32, *const c_char) -> Status;
        initialize = "Py_InitializeFromConfig": fn(*const c_void) -> Status;
        clear = "PyConfig_Clear": fn(*mut c_void);
    }
}

functions! {
    /// The configuration of 3.14 and later (PEP 741).
    ByInitConfig {
        create = "PyInitConfig_Create": fn() -> *mut c_void;
        free = "PyInitConfig_Free": fn(*mut c_void);
        set_int = "PyInitConfig_SetInt": fn(*mut c_void, *const c_char, i64) -> c_int;
        set_str = "PyInitConfig_SetStr": fn(*mut c_void, *const c_char, *const c_char) -> c_int;
        error = "PyInitConfig_GetError": fn(*mut c_void, *mut *const c_char) -> c_int;
        initialize = "Py_InitializeFromInitConfig": fn(*mut c_void) -> c_int;
    }
}

/// A CPython in this process, initialised or not.
#[derive(Clone, Copy)]
pub struct InProcess {
    /// Where its functions are looked up.
    pub library: Library,
    /// What every interpreter has.
    pub core: Core,
}

impl InProcess {
    /// The CPython that is visible in this process: the host is one, or someone opened one before.
    pub fn find() -> Option<InProcess> {
        Library::PROCESS.symbol(c"Py_GetVersion")?;
        InProcess::of(Library::PROCESS).ok()
    }

    /// The CPython of a library that was opened.
    ///
    /// # Errors
    /// The name of a function that is not there.
    pub fn of(library: Library) -> Result<InProcess, String> {
        let core = Core::find(library)?;
        Ok(InProcess { library, core })
    }

    /// What `Py_GetVersion` says, such as `3.12.1 (main, ...)`.
    pub fn version_text(&self) -> String {
        // SAFETY: Py_GetVersion may be called before initialisation and returns a static string.
        unsafe { CStr::from_ptr((self.core.version)()) }
            .to_string_lossy()
            .into_owned()
    }

    /// The version as numbers.
    ///
    /// # Errors
    /// When the text is not a version.
    pub fn version(&self) -> Result<Version, String> {
        self.version_text().parse()
    }

    /// Whether it is a build without the GIL, for which the engine was not made.
    pub fn is_free_threaded(&self) -> bool {
        self.version_text().contains("free-threading")
    }

    /// Whether an interpreter runs.
    pub fn is_running(&self) -> bool {
        // SAFETY: Py_IsInitialized may be called at any time.
        unsafe { (self.core.is_initialized)() != 0 }
    }

    /// Runs `body` with the GIL. The interpreter must run.
    pub fn attached<R>(&self, body: impl FnOnce() -> R) -> R {
        // SAFETY: the interpreter runs, so any thread may attach; it is detached again below.
        let state = unsafe { (self.core.attach)() };
        let result = body();
        // SAFETY: the state that the matching call gave, on the same thread.
        unsafe { (self.core.detach)(state) };
        result
    }

    /// From 3.14 on CPython looks at the real bounds of a thread's stack; it must be told of
    /// another one.
    pub fn can_change_stacks(&self) -> bool {
        let name = c"PyUnstable_ThreadState_SetStackProtection";
        self.version().is_ok_and(|version| version.minor < 14)
            || self.library.symbol(name).is_some()
    }

    /// The file that the functions come from.
    pub fn file(&self) -> PathBuf {
        // SAFETY: Dl_info is plain data, all zero is a value of it.
        let mut info: libc::Dl_info = unsafe { std::mem::zeroed() };
        // SAFETY: dladdr(3) looks an address up and fills `info`; its strings live as long as the
        // image.
        unsafe {
            if libc::dladdr(self.core.version as *const c_void, &raw mut info) == 0
                || info.dli_fname.is_null()
            {
                return "an unknown file".into();
            }
            PathBuf::from(
                CStr::from_ptr(info.dli_fname)
                    .to_string_lossy()
                    .into_owned(),
            )
        }
    }
}
