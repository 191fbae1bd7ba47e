//! How the interpreters of every language are searched: what someone named, then the well-known
//! places. Used by `python` and `node`, which know what fits and where their interpreters are.
//! Starts nothing itself.
use crate::engine::EngineFailure;
use crate::environment;
use crate::platform::cache_root;
use std::path::{Path, PathBuf};

/// Who named an interpreter that the plugin's project file names.
pub(crate) const SETTING: &str = "the plugin's setting";

/// Who named an interpreter that the plugin brings.
pub(crate) const BUNDLED: &str = "bundled";

/// What to look for, and where.
#[derive(Debug)]
pub struct Search<'a> {
    /// The author's interpreter, absolute or below `~`.
    pub setting: Option<&'a str>,
    /// The versions that fit, as the language writes them.
    pub requires: Option<&'a str>,
    /// Interpreters that someone named, with who did.
    pub named: Vec<(PathBuf, &'static str)>,
    /// The kind of interpreter that native code in the plugin was made for, as the language names
    /// it.
    pub tag: Option<&'a str>,
    /// The user's home folders: the environment's, and the account's where it is another one. A
    /// helper process of the host has a `HOME` of its own, and the user's interpreters are not
    /// there.
    pub homes: Vec<PathBuf>,
    /// Where answers of interpreters are remembered.
    pub cache: PathBuf,
}

/// No interpreter fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotFound {
    /// What was looked at and why it did not do, one line each.
    pub looked_for: Vec<String>,
    /// What the user should do.
    pub fix: String,
}

impl From<NotFound> for EngineFailure {
    fn from(NotFound { looked_for, fix }: NotFound) -> Self {
        EngineFailure::Unavailable { looked_for, fix }
    }
}

impl<'a> Search<'a> {
    /// For this user, who may name an interpreter in an environment variable.
    pub fn new(
        setting: Option<&'a str>,
        requires: Option<&'a str>,
        variable: &'static str,
    ) -> Self {
        let named = environment::path(variable).map(|path| (path, variable));
        Self {
            setting,
            requires,
            named: named.into_iter().collect(),
            tag: None,
            homes: environment::homes(),
            cache: cache_root(),
        }
    }

    /// The first that someone named and that `examine` likes, else what `places` finds.
    ///
    /// # Errors
    /// What was looked at and why it did not do, one line each; `places` adds its lines.
    pub(crate) fn first<T>(
        &self,
        examine: impl Fn(&Path, &str) -> Result<T, String>,
        places: impl FnOnce(&mut Vec<String>) -> Option<T>,
    ) -> Result<T, Vec<String>> {
        let mut notes = Vec::new();
        for (path, origin) in self.chosen() {
            if origin == SETTING && !path.is_absolute() {
                notes.push(format!(
                    "{} ({origin}): expected an absolute path or one below ~/: a path from the current folder would run \
                     what happens to be there",
                    path.display()
                ));
                continue;
            }
            match examine(&path, origin) {
                Ok(found) => return Ok(found),
                Err(why) => notes.push(format!("{} ({origin}): {why}", path.display())),
            }
        }
        places(&mut notes).ok_or(notes)
    }

    fn chosen(&self) -> impl Iterator<Item = (PathBuf, &'static str)> {
        let setting = self.setting.filter(|text| !text.is_empty());
        let setting = setting.map(|text| (self.expanded(text), SETTING));
        setting.into_iter().chain(self.named.clone())
    }

    fn expanded(&self, text: &str) -> PathBuf {
        let Some(below) = text.strip_prefix("~/") else {
            return text.into();
        };
        let mut places = self.homes.iter().map(|home| home.join(below));
        let first = places.clone().next();
        places
            .find(|path| path.exists())
            .or(first)
            .unwrap_or(text.into())
    }
}

/// The last note of a search: where else there was nothing.
pub(crate) fn note_places(notes: &mut Vec<String>, places: &str) {
    let also = if notes.is_empty() { "" } else { "also " };
    notes.push(format!("{also}searched: {places}"));
}

/// People name the folder of an installation as often as the program in it.
pub(crate) fn inside(path: &Path, program: &str) -> PathBuf {
    if path.is_dir() {
        path.join(program)
    } else {
        path.to_owned()
    }
}
