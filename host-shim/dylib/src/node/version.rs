//! Which Node versions a plugin accepts: at least 20, and what `engines.node` of its package.json
//! says. Used by `discover` and by the program that builds plugins. Reads the ranges that npm
//! writes, but for hyphens.
use semver::{Version, VersionReq};
use std::fmt;

/// The oldest that the worker's JavaScript runs on.
pub const OLDEST: u64 = 20;

/// A range in npm's notation: alternatives, of which one must hold.
#[derive(Debug, Clone, Default)]
pub struct Requirement {
    text: Option<String>,
    alternatives: Vec<VersionReq>,
}

impl Requirement {
    /// Reads `engines.node`.
    ///
    /// # Errors
    /// A sentence with the text and what is wrong with it.
    pub fn parse(text: Option<&str>) -> Result<Self, String> {
        let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
            return Ok(Self::default());
        };
        let alternatives: Result<Vec<_>, _> = text.split("||").map(alternative).collect();
        Ok(Self {
            alternatives: alternatives.map_err(|error| {
                format!(
                    "engines.node is {text:?}, which is not a range of versions ({error}); \
                         write it like \">=20\""
                )
            })?,
            text: Some(text.to_owned()),
        })
    }

    /// Why a version does not do.
    pub fn objection(&self, version: &Version) -> Option<String> {
        if version.major < OLDEST {
            return Some(format!("is Node {version}, {OLDEST} or later is needed"));
        }
        let fits = self.text.is_none() || self.alternatives.iter().any(|r| r.matches(version));
        (!fits).then(|| format!("is Node {version}, the plugin needs {self}"))
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.text {
            Some(text) => write!(f, "Node {text}"),
            None => write!(f, "Node {OLDEST} or later"),
        }
    }
}

/// `>=20 <25`, `^20.1`, `22.x`, `20.1.0`: as the crate writes them, with commas and an equals sign.
fn alternative(text: &str) -> Result<VersionReq, semver::Error> {
    let spaced = [">=", "<=", ">", "<", "^", "~", "="]
        .iter()
        .fold(text.trim().to_owned(), |text, sign| {
            text.replace(&format!("{sign} "), sign)
        });
    let parts: Vec<String> = spaced.split_whitespace().map(comparator).collect();
    VersionReq::parse(&parts.join(", "))
}

fn comparator(part: &str) -> String {
    let part = part.strip_prefix('v').unwrap_or(part);
    // Alone, a whole version means itself; the crate would read a caret into it.
    if part.starts_with(|c: char| c.is_ascii_digit()) && Version::parse(part).is_ok() {
        return format!("={part}");
    }
    part.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(range: &str, version: &str) -> bool {
        let requirement = Requirement::parse(Some(range)).unwrap();
        requirement
            .objection(&Version::parse(version).unwrap())
            .is_none()
    }

    #[test]
    fn ranges_mean_what_npm_says() {
        for (range, version, fits) in [
            (">=20", "22.3.1", true),
            (">= 20.10", "20.9.0", false),
            (">=20 <24", "24.0.0", false),
            ("^20.1 || ^22", "22.9.9", true),
            ("^20.1 || ^22", "21.0.0", false),
            ("22.x", "22.1.0", true),
            ("22", "22.1.0", true),
            ("20.1.0", "20.1.1", false),
            ("v20.1.0", "20.1.0", true),
            ("~20.1.0", "20.2.0", false),
            ("*", "23.0.0", true),
        ] {
            assert_eq!(accepts(range, version), fits, "{range} and {version}");
        }
    }

    #[test]
    fn what_the_worker_cannot_run_on_is_refused_whatever_the_range_says() {
        let any = Requirement::parse(Some(">=16")).unwrap();
        let why = any.objection(&Version::parse("18.20.4").unwrap());
        assert_eq!(why.unwrap(), "is Node 18.20.4, 20 or later is needed");
    }

    #[test]
    fn a_range_that_cannot_be_read_is_shown() {
        let error = Requirement::parse(Some("20 - 22")).unwrap_err();
        assert!(
            error.contains("\"20 - 22\"") && error.contains("\">=20\""),
            "{error}"
        );
    }
}
