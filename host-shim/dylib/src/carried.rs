//! What this library carries: finds the payload in its own file (or beside it) and reads manifest
//! and settings, not the script. Used by `plugin` at load, where it must cost well under a
//! millisecond, and by `runtime`.
use crate::platform;
use osaurus_payload::{Files, PayloadError, PayloadHead, PayloadInFile, Shared, Unpacked};
use std::borrow::Cow;
use std::cell::UnsafeCell;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A payload's head and where the rest is.
#[derive(Debug)]
pub struct Carried {
    /// Manifest and settings.
    pub head: PayloadHead,
    source: Source,
}

#[derive(Debug)]
enum Source {
    File(PayloadInFile),
    #[cfg(target_os = "macos")]
    Mapped(&'static [u8]),
}

impl Carried {
    /// A payload in a file of its own or in a library.
    pub fn in_file(file: PayloadInFile) -> Result<Self, PayloadError> {
        Ok(Self {
            head: file.head()?,
            source: Source::File(file),
        })
    }

    /// Unpacks the plugin's own files, where they are not unpacked yet.
    pub fn unpack(&self, cache: &Path) -> Result<Unpacked, PayloadError> {
        let files = self.head.files();
        files.unpack_to_cache(cache, || self.archive(&files))
    }

    /// The same for files that plugins share.
    pub fn unpack_shared(&self, shared: &Shared, cache: &Path) -> Result<Unpacked, PayloadError> {
        let files = self.head.files_of(shared)?;
        files.unpack_to_cache(cache, || self.archive(&files))
    }

    fn archive(&self, files: &Files) -> Result<Cow<'_, [u8]>, PayloadError> {
        match &self.source {
            Source::File(file) => file.archive(files).map(Cow::Owned),
            #[cfg(target_os = "macos")]
            Source::Mapped(bytes) => {
                let rest = bytes.get(files.at as usize..).unwrap_or_default();
                let archive = &rest[..rest.len().min(files.len as usize)];
                Ok(Cow::Borrowed(archive))
            }
        }
    }
}

/// Not in a `OnceLock`: given back at `destroy`, because a host that closes the library never frees
/// statics.
static CURRENT: Mutex<Option<Arc<Carried>>> = Mutex::new(None);

/// The payload of this library, read once until [`release`].
///
/// # Errors
/// A sentence when there is none, or it is damaged.
pub fn current() -> Result<Arc<Carried>, String> {
    let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(carried) = &*current {
        return Ok(Arc::clone(carried));
    }
    let carried = Arc::new(find()?);
    *current = Some(Arc::clone(&carried));
    Ok(carried)
}

/// Gives the memory back; [`current`] reads again.
pub fn release() {
    *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

/// First inside, then beside: what is signed with the library wins.
fn find() -> Result<Carried, String> {
    let image = platform::own_image().ok_or("the loader does not know where this library is")?;
    #[cfg(target_os = "macos")]
    if let Some(bytes) = image.payload_section() {
        let head = PayloadHead::parse(bytes).map_err(|e| e.to_string())?;
        return Ok(Carried {
            head,
            source: Source::Mapped(bytes),
        });
    }
    let path = image.path();
    let inside = PayloadInFile::in_library(&path).map_err(|e| e.to_string())?;
    let payload = match inside {
        Some(payload) => Some(payload),
        None => PayloadInFile::beside(&path).map_err(|e| e.to_string())?,
    };
    let payload = payload.ok_or_else(|| {
        format!(
            "{} carries no payload, and there is no {} beside it: this is the bare shim; make a \
             plugin with `osaurus-bridge build`",
            path.display(),
            path.with_extension("osrpay").display()
        )
    })?;
    Carried::in_file(payload).map_err(|e| e.to_string())
}

/// The manifest for as long as the image is mapped; empty when there is no payload.
pub fn manifest() -> &'static str {
    static TEXT: OnceLock<&'static str> = OnceLock::new();
    if let Some(text) = TEXT.get() {
        return text;
    }
    match current() {
        Ok(carried) => TEXT.get_or_init(|| keep(&carried.head.manifest)),
        Err(_) => "",
    }
}

const ROOM: usize = 256 << 10;

/// Room in the image itself, which goes when the image goes. Untouched pages of it cost nothing.
struct Room(UnsafeCell<[u8; ROOM]>);

// SAFETY: written once, inside the OnceLock of `manifest`, before anyone reads it.
unsafe impl Sync for Room {}

static MANIFEST: Room = Room(UnsafeCell::new([0; ROOM]));

fn keep(text: &str) -> &'static str {
    if text.len() > ROOM {
        return Box::leak(text.to_owned().into_boxed_str());
    }
    // SAFETY: called once, from within `OnceLock::get_or_init`: no one else reads or writes the
    // room now.
    let room = unsafe { &mut *MANIFEST.0.get() };
    room[..text.len()].copy_from_slice(text.as_bytes());
    // SAFETY: the bytes were copied from a str just now and are never written again.
    unsafe { std::str::from_utf8_unchecked(&room[..text.len()]) }
}
