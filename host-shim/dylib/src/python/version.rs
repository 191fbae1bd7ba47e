//! Python versions and `requires-python`. Used by all of `python`; does no I/O.
use pep440_rs::VersionSpecifiers;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A version of Python, such as 3.12.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Version {
    /// 3.
    pub major: u8,
    /// The one that decides about compiled packages.
    pub minor: u8,
    /// Bug fixes only.
    pub patch: u8,
}

/// The oldest and the newest minor version of Python 3 that can be embedded.
pub const EMBEDDABLE_MINORS: std::ops::RangeInclusive<u8> = 10..=14;

impl Version {
    /// Whether compiled packages for one version work with the other.
    pub fn same_minor(self, other: Version) -> bool {
        (self.major, self.minor) == (other.major, other.minor)
    }

    /// Whether the embedded engine was made for this version.
    pub fn is_embeddable(self) -> bool {
        self.major == 3 && EMBEDDABLE_MINORS.contains(&self.minor)
    }

    /// Whether a script may run on this version, embedded or not.
    pub fn is_supported(self) -> bool {
        self.major == 3 && self.minor >= *EMBEDDABLE_MINORS.start()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for Version {
    type Err = String;

    /// Reads the start of texts such as `3.12.1 (main, ...)`, `3.12` or `3.14.0rc2`.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut numbers = text.trim().split('.').map_while(|part| {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            part[..digits].parse::<u8>().ok()
        });
        let (Some(major), Some(minor)) = (numbers.next(), numbers.next()) else {
            return Err(format!("`{text}` is no version of Python such as 3.12.1"));
        };
        let patch = numbers.next().unwrap_or(0);
        Ok(Version {
            major,
            minor,
            patch,
        })
    }
}

/// What a plugin demands of Python's version.
#[derive(Debug, Clone)]
pub struct Requirement {
    text: Option<String>,
    specifiers: VersionSpecifiers,
}

impl Requirement {
    /// Parses a specifier such as `>=3.11,<3.14` (PEP 440); `None` allows every supported version.
    ///
    /// # Errors
    /// A sentence with the text and what is wrong in it.
    pub fn parse(text: Option<&str>) -> Result<Self, String> {
        let specifiers = VersionSpecifiers::from_str(text.unwrap_or("")).map_err(|error| {
            format!(
                "requires-python = {:?} is not a version specifier such as \">=3.11\": {error}",
                text.unwrap_or("")
            )
        })?;
        Ok(Requirement {
            text: text.map(str::to_owned),
            specifiers,
        })
    }

    /// Why `version` does not do; `None` when it does.
    pub fn objection(&self, version: Version) -> Option<String> {
        if !version.is_supported() {
            return Some(format!(
                "Python {version} is too old, 3.{} or later is needed",
                EMBEDDABLE_MINORS.start()
            ));
        }
        let parts = [version.major, version.minor, version.patch].map(u64::from);
        if self.specifiers.contains(&pep440_rs::Version::new(parts)) {
            return None;
        }
        let text = self.text.as_deref().unwrap_or("");
        Some(format!(
            "Python {version} does not satisfy requires-python = {text:?}"
        ))
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.text {
            Some(text) => write!(f, "Python {text}"),
            None => write!(f, "Python 3.{} or later", EMBEDDABLE_MINORS.start()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn reads_what_interpreters_say() {
        for (text, expected) in [
            ("3.12.1 (main, Jan  1 2024)", "3.12.1"),
            ("3.14.0rc2", "3.14.0"),
            ("3.11", "3.11.0"),
            ("3.13.0 experimental free-threading build", "3.13.0"),
        ] {
            assert_eq!(version(text).to_string(), expected);
        }
        assert!("python".parse::<Version>().is_err());
    }

    #[test]
    fn requires_python_is_judged_by_pep_440() {
        let judge = |spec: &str, v: &str| {
            let requirement = Requirement::parse(Some(spec)).unwrap();
            requirement.objection(version(v)).is_none()
        };
        assert!(judge(">=3.11", "3.11.0"));
        assert!(!judge(">=3.11", "3.10.13"));
        assert!(judge("~=3.11", "3.13.0"));
        assert!(!judge(">=3.10,<3.12", "3.12.1"));
        assert!(judge("==3.12.*", "3.12.7"));
        assert!(judge(">3.9,!=3.11.7", "3.11.8"));
    }

    #[test]
    fn objections_name_the_version_and_the_demand() {
        let requirement = Requirement::parse(Some(">=3.12")).unwrap();
        assert_eq!(
            requirement.objection(version("3.11.7")).unwrap(),
            "Python 3.11.7 does not satisfy requires-python = \">=3.12\""
        );
        let anything = Requirement::parse(None).unwrap();
        assert!(
            anything
                .objection(version("3.9.18"))
                .unwrap()
                .contains("too old, 3.10 or later")
        );
        let broken = Requirement::parse(Some("3.11 or so")).unwrap_err();
        assert!(broken.contains("\"3.11 or so\""), "{broken}");
    }
}
