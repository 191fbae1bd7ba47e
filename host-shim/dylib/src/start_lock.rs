//! One start of a runtime at a time, over all copies of the shim in a process. Every plugin is a
//! copy of this library with statics of its own, so the lock has to live outside: a file lock
//! belongs to an open file, and two images that open the file exclude each other like two
//! processes.
use osaurus_payload::own_folder;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Starting takes some ten milliseconds; who waits longer waits for something broken.
const PATIENCE: Duration = Duration::from_secs(30);

/// Held until dropped.
pub struct StartLock(#[expect(dead_code, reason = "closing the file releases the lock")] File);

impl StartLock {
    /// Waits for the lock of `runtime` in `cache`.
    ///
    /// # Errors
    /// A sentence: the file cannot be made, or someone holds the lock for too long.
    pub fn acquire(cache: &Path, runtime: &str) -> Result<Self, String> {
        let (path, file) = open(cache, &format!("{runtime}-start.lock"))?;
        let end = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(StartLock(file)),
                Err(TryLockError::WouldBlock) if Instant::now() < end => {
                    std::thread::sleep(Duration::from_millis(2));
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(format!(
                        "another start of {runtime} holds {} for more than {} s",
                        path.display(),
                        PATIENCE.as_secs()
                    ));
                }
                Err(TryLockError::Error(error)) => {
                    return Err(format!("{} cannot be locked: {error}", path.display()));
                }
            }
        }
    }
}

/// On a file system that is read-only, a file that is there does as well.
fn open(cache: &Path, name: &str) -> Result<(PathBuf, File), String> {
    let folder = own_folder::private(cache).map_err(|error| error.to_string())?;
    let path = folder.join(name);
    let opened = File::options().create(true).append(true).open(&path);
    let opened = opened.or_else(|error| File::open(&path).map_err(|_| error));
    match opened {
        Ok(file) => Ok((path, file)),
        Err(error) => Err(format!(
            "the lock file {} cannot be opened: {error}",
            path.display()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_in_the_same_process_waits() {
        let dir = tempfile::tempdir().unwrap();
        let first = StartLock::acquire(dir.path(), "python").unwrap();
        let path = dir.path().to_owned();
        let second = std::thread::spawn(move || StartLock::acquire(&path, "python").map(drop));
        std::thread::sleep(Duration::from_millis(50));
        assert!(!second.is_finished());
        drop(first);
        second.join().unwrap().unwrap();
    }
}
