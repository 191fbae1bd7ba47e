//! The platform's check of a library's code signature. This is the only place that knows which
//! platforms have one; where there is none, the check passes and the scan says so in the log.

use std::path::Path;

/// Whether libraries are signed on this platform.
pub(crate) const EXISTS: bool = cfg!(target_os = "macos");

/// Any valid signature will do, an ad-hoc one too: no requirement is made of who signed. An error
/// is an OSStatus.
#[cfg(target_os = "macos")]
pub(crate) fn check(library: &Path) -> Result<(), i32> {
    match macos::validity(library) {
        0 => Ok(()),
        status => Err(status),
    }
}

#[cfg(not(target_os = "macos"))]
#[expect(
    clippy::unnecessary_wraps,
    reason = "the platforms share one signature"
)]
pub(crate) fn check(_library: &Path) -> Result<(), i32> {
    Ok(())
}

#[cfg(target_os = "macos")]
mod macos {
    use std::ffi::c_void;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;
    use std::ptr::null;

    type Ref = *const c_void;
    /// What the check answers for a path that is none.
    const PARAMETER_ERROR: i32 = -50;

    #[link(name = "CoreFoundation", kind = "framework")]
    unsafe extern "C" {
        fn CFURLCreateFromFileSystemRepresentation(
            allocator: Ref,
            path: *const u8,
            length: isize,
            is_folder: u8,
        ) -> Ref;
        fn CFRelease(object: Ref);
    }

    #[link(name = "Security", kind = "framework")]
    unsafe extern "C" {
        fn SecStaticCodeCreateWithPath(url: Ref, flags: u32, code: *mut Ref) -> i32;
        fn SecStaticCodeCheckValidity(code: Ref, flags: u32, requirement: Ref) -> i32;
    }

    /// The OSStatus of a validity check without requirement and with default flags.
    pub(super) fn validity(library: &Path) -> i32 {
        let path = library.as_os_str().as_bytes();
        let Ok(length) = isize::try_from(path.len()) else {
            return PARAMETER_ERROR;
        };
        // SAFETY: the bytes live through the call; NULL is the default allocator.
        let url =
            unsafe { CFURLCreateFromFileSystemRepresentation(null(), path.as_ptr(), length, 0) };
        if url.is_null() {
            return PARAMETER_ERROR;
        }
        let status = code_validity(url);
        // SAFETY: the URL was created above and is released this once.
        unsafe { CFRelease(url) };
        status
    }

    fn code_validity(url: Ref) -> i32 {
        let mut code = null();
        // SAFETY: the URL is alive and `code` is ours to write; 0 are the default flags.
        let status = unsafe { SecStaticCodeCreateWithPath(url, 0, &raw mut code) };
        if status != 0 {
            return status;
        }
        // SAFETY: on success `code` is a static code object of ours; NULL means no requirement.
        let status = unsafe { SecStaticCodeCheckValidity(code, 0, null()) };
        // SAFETY: created above, released this once.
        unsafe { CFRelease(code) };
        status
    }
}
