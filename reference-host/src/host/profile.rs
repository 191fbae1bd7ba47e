//! Which of the known differences a host shows: what Osaurus does, what its documents say, or what
//! is safer. Every module asks the profile of [`crate::host::settings::Settings`] before it does
//! one thing rather than another.

use crate::host::errors::BuildError;
use crate::tools::arguments::Rules;

/// The version of Osaurus whose behaviour this host has, of August 2026.
pub const OSAURUS_VERSION: &str = "0.23.0";

/// How faithful a host is, and to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// What the implementation of Osaurus does, and safer than it where no honest plugin can tell:
    /// the default.
    #[default]
    Actual,
    /// What the documents of Osaurus say, wherever they differ from the implementation (the
    /// numbered quirks).
    Documented,
    /// Exactly what the implementation does, with its gaps.
    OsaurusExact,
    /// What the implementation did in June 2026, which plugins still meet: tasks are refused where
    /// they are queued now, arguments are repaired less, results are not compacted. Else as
    /// `Actual`.
    June2026,
}

impl Profile {
    /// The profile with this name: `actual`, `documented`, `osaurus-exact` or `june-2026`.
    pub fn parse(name: &str) -> Result<Profile, BuildError> {
        match name {
            "actual" => Ok(Profile::Actual),
            "documented" => Ok(Profile::Documented),
            "osaurus-exact" => Ok(Profile::OsaurusExact),
            "june-2026" => Ok(Profile::June2026),
            other => Err(BuildError::Profile(other.to_string())),
        }
    }

    /// Whether the documents win over the implementation.
    pub(crate) fn documented(self) -> bool {
        self == Profile::Documented
    }

    /// Whether the host is that of June 2026.
    pub(crate) fn of_june(self) -> bool {
        self == Profile::June2026
    }

    /// Whether unloading waits without a limit, as Osaurus does, for calls and statements that
    /// still run.
    pub(crate) fn waits_without_limit(self) -> bool {
        self == Profile::OsaurusExact
    }

    /// The version of Osaurus that the profile is of.
    pub(crate) fn osaurus_version(self) -> &'static str {
        if self.of_june() {
            "0.20.3"
        } else {
            OSAURUS_VERSION
        }
    }

    /// How tool arguments are repaired and checked.
    pub(crate) fn argument_rules(self) -> Rules {
        if self.of_june() {
            Rules::June2026
        } else {
            Rules::Today
        }
    }

    /// Whether the host closes gaps that Osaurus leaves open; each refusal is reported as stricter
    /// than Osaurus.
    pub(crate) fn stricter(self) -> bool {
        self != Profile::OsaurusExact
    }
}
