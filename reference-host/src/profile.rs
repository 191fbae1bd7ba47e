//! Which of the known differences a host shows: what Osaurus does, what its documents say, or what is safer. Every
//! module asks the profile of [`crate::settings::Settings`] before it does one thing rather than another.

use crate::errors::BuildError;

/// How faithful a host is, and to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// What the implementation of Osaurus does, and safer than it where no honest plugin can tell: the default.
    #[default]
    Actual,
    /// What the documents of Osaurus say, wherever they differ from the implementation (the numbered quirks).
    Documented,
    /// Exactly what the implementation does, with its gaps.
    OsaurusExact,
}

impl Profile {
    /// The profile with this name: `actual`, `documented` or `osaurus-exact`.
    pub fn parse(name: &str) -> Result<Profile, BuildError> {
        match name {
            "actual" => Ok(Profile::Actual),
            "documented" => Ok(Profile::Documented),
            "osaurus-exact" => Ok(Profile::OsaurusExact),
            other => Err(BuildError::Profile(other.to_string())),
        }
    }

    /// Whether the documents win over the implementation.
    pub(crate) fn documented(self) -> bool {
        self == Profile::Documented
    }

    /// Whether the host closes gaps that Osaurus leaves open; each refusal is reported as stricter than Osaurus.
    pub(crate) fn stricter(self) -> bool {
        self != Profile::OsaurusExact
    }
}
