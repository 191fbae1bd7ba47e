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

    /// From 3.14 on CPython looks at the real bounds of a thread's stack; its first two releases
    /// cannot be told of others.
    pub fn cannot_be_told_of_stacks(self) -> bool {
        (self.major, self.minor) == (3, 14) && self.patch < 2
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

    /// Reads the start of strings such as `3.12.1 (main, ...)`, `3.12` or `3.14.0rc2`.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut numbers = text.trim().split('.').map_while(|part| {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            part[..digits].parse::<u8>().ok()
        });
        let (Some(major), Some(minor)) = (numbers.next(), numbers.next()) else {
            return Err(format!(
                "`{text}` is not a version of Python such as 3.12.1"
            ));
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
    tag: Option<Tag>,
}

/// A kind of interpreter that packages with native code are made for: `cp311`, or `cp313t` without
/// the GIL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag {
    minor: u8,
    free_threaded: bool,
}

impl Tag {
    /// Of an interpreter.
    pub fn of(version: Version, free_threaded: bool) -> Self {
        Tag {
            minor: version.minor,
            free_threaded,
        }
    }
}

impl FromStr for Tag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.strip_prefix("cp3").unwrap_or_default();
        let minor = digits.strip_suffix('t').unwrap_or(digits).parse();
        Ok(Tag {
            minor: minor.map_err(|_| format!("`{text}` is not a kind of Python such as cp311"))?,
            free_threaded: digits.ends_with('t'),
        })
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ending = if self.free_threaded { "t" } else { "" };
        write!(f, "cp3{}{ending}", self.minor)
    }
}

impl Requirement {
    /// Parses a specifier such as `>=3.11,<3.14` (PEP 440), `None` allows every supported version,
    /// and the [`Tag`] that a plugin's native code was made for.
    ///
    /// # Errors
    /// A sentence with the text and what is wrong in it.
    pub fn parse(text: Option<&str>, tag: Option<&str>) -> Result<Self, String> {
        let specifiers = VersionSpecifiers::from_str(text.unwrap_or("")).map_err(|error| {
            format!(
                "requires-python = {:?} is not a version specifier such as \">=3.11\": {error}",
                text.unwrap_or("")
            )
        })?;
        Ok(Requirement {
            text: text.map(str::to_owned),
            specifiers,
            tag: tag.map(str::parse).transpose()?,
        })
    }

    /// What to give to installers: `3.11`, or `3.13t`; `None` where several do.
    pub fn exact(&self) -> Option<String> {
        let tag = self.tag?;
        let ending = if tag.free_threaded { "t" } else { "" };
        Some(format!("3.{}{ending}", tag.minor))
    }

    /// As [`Self::objection_to`], by the version alone.
    pub fn objection_to_minor(&self, version: Version) -> Option<String> {
        let free_threaded = self.tag.is_some_and(|tag| tag.free_threaded);
        self.objection_to(Tag::of(version, free_threaded))
    }

    /// Why an interpreter of this kind does not do; `None` when it does.
    pub fn objection_to(&self, found: Tag) -> Option<String> {
        let tag = self.tag.filter(|tag| *tag != found)?;
        let named = |tag: Tag| {
            let kind = if tag.free_threaded {
                " without the GIL"
            } else {
                ""
            };
            format!("Python 3.{}{kind}", tag.minor)
        };
        Some(format!(
            "is {}, and the plugin's packages hold native code for {} alone",
            named(found),
            named(tag)
        ))
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
        if let Some(exact) = self.exact() {
            return write!(f, "Python {exact}");
        }
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
            let requirement = Requirement::parse(Some(spec), None).unwrap();
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
        let requirement = Requirement::parse(Some(">=3.12"), None).unwrap();
        assert_eq!(
            requirement.objection(version("3.11.7")).unwrap(),
            "Python 3.11.7 does not satisfy requires-python = \">=3.12\""
        );
        let anything = Requirement::parse(None, None).unwrap();
        assert!(
            anything
                .objection(version("3.9.18"))
                .unwrap()
                .contains("too old, 3.10 or later")
        );
        let broken = Requirement::parse(Some("3.11 or so"), None).unwrap_err();
        assert!(broken.contains("\"3.11 or so\""), "{broken}");
    }

    #[test]
    fn native_code_is_for_one_kind_of_python() {
        let requirement = Requirement::parse(Some(">=3.10"), Some("cp311")).unwrap();
        let kind =
            |version: &str, free| requirement.objection_to(Tag::of(self::version(version), free));
        assert_eq!(kind("3.11.2", false), None);
        assert_eq!(
            kind("3.13.0", false).unwrap(),
            "is Python 3.13, and the plugin's packages hold native code for Python 3.11 alone"
        );
        assert!(kind("3.11.2", true).unwrap().contains("without the GIL"));
        assert_eq!(requirement.to_string(), "Python 3.11");
        assert_eq!("cp313t".parse::<Tag>().unwrap().to_string(), "cp313t");
        assert!("py3".parse::<Tag>().is_err());
    }
}
