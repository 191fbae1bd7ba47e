//! The library that this code is in, as the loader knows it.
use std::ffi::{CStr, CString, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Where this code was loaded from, as the loader knows it.
#[derive(Debug, Clone)]
pub struct Image {
    name: CString,
    #[cfg(target_os = "macos")]
    base: usize,
}

/// The image that holds this function; `None` when the loader does not know it (never seen).
pub fn own_image() -> Option<Image> {
    let here = own_image as *const () as *const c_void;
    // SAFETY: Dl_info is plain data, all zero is a value of it.
    let mut info: libc::Dl_info = unsafe { std::mem::zeroed() };
    // SAFETY: dladdr(3) looks up an address and fills `info`; the strings in it live as long as the
    // image.
    if unsafe { libc::dladdr(here, &raw mut info) } == 0 || info.dli_fname.is_null() {
        return None;
    }
    // SAFETY: dladdr said success, so `dli_fname` is a NUL-terminated string of the loader's.
    let name = unsafe { CStr::from_ptr(info.dli_fname) }.to_owned();
    Some(Image {
        name,
        #[cfg(target_os = "macos")]
        base: info.dli_fbase as usize,
    })
}

impl Image {
    /// The file, absolute where that can be found out.
    pub fn path(&self) -> PathBuf {
        let path = Path::new(std::ffi::OsStr::from_bytes(self.name.as_bytes()));
        std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
    }

    /// Keeps the image in memory until the process ends, whatever the host closes: code of ours
    /// runs in threads now. Returns false when the loader refused (a program that has this crate
    /// linked in, not a library).
    pub fn pin(&self) -> bool {
        let flags = libc::RTLD_NOW | libc::RTLD_NODELETE | libc::RTLD_NOLOAD;
        // SAFETY: dlopen(3) of an image that is loaded already runs no code of it; the handle is
        // kept on purpose.
        !unsafe { libc::dlopen(self.name.as_ptr(), flags) }.is_null()
    }

    /// Makes the exported symbols of this image visible to all of the process, and keeps it, as
    /// [`Image::pin`] does.
    pub fn make_visible(&self) -> bool {
        let flags = libc::RTLD_NOW | libc::RTLD_NODELETE | libc::RTLD_NOLOAD | libc::RTLD_GLOBAL;
        // SAFETY: as in `pin`.
        !unsafe { libc::dlopen(self.name.as_ptr(), flags) }.is_null()
    }

    /// The payload section as the loader mapped it: the file may have been replaced since.
    #[cfg(target_os = "macos")]
    pub fn payload_section(&self) -> Option<&'static [u8]> {
        unsafe extern "C" {
            fn getsectiondata(
                header: *const c_void,
                segment: *const std::ffi::c_char,
                section: *const std::ffi::c_char,
                size: *mut std::ffi::c_ulong,
            ) -> *const u8;
        }
        let mut size = 0;
        // SAFETY: `base` is the Mach-O header of this loaded image, as dladdr gave it; both names
        // are NUL-terminated.
        let data = unsafe {
            getsectiondata(
                self.base as *const c_void,
                c"__OSRPAY".as_ptr(),
                c"__payload".as_ptr(),
                &raw mut size,
            )
        };
        if data.is_null() || (size as usize) < osaurus_payload::HEADER_LEN {
            return None;
        }
        // SAFETY: getsectiondata returned `size` mapped, read-only bytes of this image. They are
        // used only by code of this image, so they live as long as anyone can look at them.
        Some(unsafe { std::slice::from_raw_parts(data, size as usize) })
    }
}

/// What the injector grows: present in every shim for macOS, so that no load command has to be
/// added later.
#[cfg(target_os = "macos")]
#[used]
#[unsafe(link_section = "__OSRPAY,__payload")]
static RESERVED: [u8; 32] = *b"osaurus-bridge payload goes here";
