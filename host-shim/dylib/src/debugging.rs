//! Whether someone debugs the plugin. `osaurus-bridge dev` names a folder in the environment, with
//! the port of a debugger and a word that says whether deadlines hold. Used by `plugin`,
//! `runtime` and the worker engine. Without the folder, as in Osaurus, it changes nothing.
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

/// Environment variable with the folder; the worker of a script gets it too.
pub const FOLDER_VARIABLE: &str = "OSAURUS_BRIDGE_DEBUG";
/// The file with one of the words below. Its time says since when.
pub const DEADLINES: &str = "deadlines";
/// Deadlines hold; after a pause each call has its whole time once more.
pub const HOLD: &str = "hold";
/// No call ends.
pub const WAIT: &str = "wait";
/// Calls that have begun end now.
pub const END: &str = "end";
/// The file that says what a debugger attaches to; missing where none does.
pub const INSPECTOR: &str = "inspector.json";
/// The socket for the lines of a debugger in the terminal; missing where nothing reads.
pub const TERMINAL: &str = "terminal";
/// How soon a call that waits looks at the word again.
const LOOK: Duration = Duration::from_millis(100);

/// What a debugger attaches to.
#[derive(Deserialize)]
struct Inspector {
    port: u16,
}

/// The folder, if `dev` has named one.
pub fn folder() -> Option<&'static Path> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    let named = FOLDER.get_or_init(|| crate::environment::path(FOLDER_VARIABLE));
    named.as_deref()
}

/// The port on 127.0.0.1 that a debugger attaches to.
pub fn inspector() -> Option<u16> {
    let text = std::fs::read(folder()?.join(INSPECTOR)).ok()?;
    let inspector: Inspector = serde_json::from_slice(&text).ok()?;
    Some(inspector.port)
}

/// When a call or a start must end. It waits while someone debugs.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    began: Instant,
    limit: Duration,
    at: Instant,
    is_firm: bool,
}

impl Deadline {
    /// What begins now and usually ends then.
    pub fn until(at: Instant) -> Self {
        let began = Instant::now();
        let limit = at.saturating_duration_since(began);
        let is_firm = false;
        Self {
            began,
            limit,
            at,
            is_firm,
        }
    }

    /// One that no debugger moves.
    pub fn firm(at: Instant) -> Self {
        let is_firm = true;
        Self {
            is_firm,
            ..Self::until(at)
        }
    }

    /// As it was known when it was last looked at.
    pub fn at(&self) -> Instant {
        self.at
    }

    /// Looks whether it is over, and whether someone debugs.
    pub fn has_passed(&mut self) -> bool {
        if let Some(folder) = folder().filter(|_| !self.is_firm) {
            self.look(folder);
        }
        Instant::now() >= self.at
    }

    fn look(&mut self, folder: &Path) {
        let usual = self.began + self.limit;
        let now = Instant::now();
        self.at = match word(folder) {
            Some((word, _)) if word == WAIT => usual.max(now + LOOK),
            Some((word, since)) if word == HOLD && since > self.began => since + self.limit,
            Some((word, since)) if word == END && since > self.began => now.min(usual),
            _ => usual,
        };
    }
}

/// The word, and since when it holds.
fn word(folder: &Path) -> Option<(String, Instant)> {
    let file = folder.join(DEADLINES);
    let changed = file.metadata().and_then(|data| data.modified()).ok()?;
    let ago = SystemTime::now()
        .duration_since(changed)
        .unwrap_or_default();
    let word = std::fs::read_to_string(file).ok()?;
    Some((word, Instant::now().checked_sub(ago)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looked_at(word: &str, began: Instant, limit: Duration) -> Deadline {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(DEADLINES), word).expect("a file");
        let at = began + limit;
        let is_firm = false;
        let mut deadline = Deadline {
            began,
            limit,
            at,
            is_firm,
        };
        deadline.look(folder.path());
        deadline
    }

    #[test]
    fn a_deadline_waits_while_someone_debugs_and_begins_anew_afterwards() {
        let second = Duration::from_secs(1);
        let long_ago = Instant::now() - 10 * second;
        assert!(looked_at(WAIT, long_ago, second).at() > Instant::now());
        let resumed = looked_at(HOLD, long_ago, 5 * second);
        assert!(resumed.at() > Instant::now() + 4 * second);
        let later = Instant::now() + second;
        assert_eq!(looked_at(HOLD, later, second).at(), later + second);
    }

    #[test]
    fn calls_that_began_before_a_reload_end() {
        let hour = Duration::from_secs(3600);
        let earlier = Instant::now() - Duration::from_secs(1);
        assert!(looked_at(END, earlier, hour).at() <= Instant::now());
        let later = Instant::now() + Duration::from_secs(1);
        assert_eq!(looked_at(END, later, hour).at(), later + hour);
    }
}
