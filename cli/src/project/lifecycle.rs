//! When a plugin's worker starts and ends: the keys `prewarm` and `idle-timeout` of a project file.
//! Used by the readers of both languages and by `build`. Knows nothing of workers.

use super::Project;
use crate::failure::Failure;
use osaurus_payload::Mode;
use serde_json::Value;
use std::time::Duration;

/// What an idle timeout may be.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// When the worker starts and ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lifecycle {
    /// The worker is started before the first call.
    pub prewarm: bool,
    /// After this time without work it is ended.
    pub idle_timeout: Option<Duration>,
}

/// The spelling of a key and where it was found, for messages.
#[derive(Clone, Copy)]
pub struct Key {
    /// `idle-timeout` or `idleTimeout`.
    pub name: &'static str,
    /// The table and the file that it is in.
    pub place: &'static str,
    /// The key with a value that is right.
    pub example: &'static str,
}

impl Lifecycle {
    /// Of the values in a project file.
    pub fn of(prewarm: bool, idle_timeout: Option<&Value>, key: Key) -> Result<Self, Failure> {
        let idle_timeout = idle_timeout.map(|value| timeout(value, key)).transpose()?;
        Ok(Lifecycle {
            prewarm,
            idle_timeout,
        })
    }

    /// The timeout as the library carries it.
    pub fn idle_timeout_ms(&self) -> Option<u64> {
        let limit = self.idle_timeout?.as_millis();
        Some(u64::try_from(limit).unwrap_or(u64::MAX))
    }
}

/// An embedded plugin has no process that could be ended.
pub fn check(project: &Project) -> Result<(), Failure> {
    if project.lifecycle.idle_timeout.is_none() || project.mode == Mode::Worker {
        return Ok(());
    }
    Err(Failure::new(
        "the project has an idle timeout and mode \"embedded\": the timeout ends a worker process, and an embedded plugin \
         runs in the host's own",
        "leave the timeout out, or `mode`, to run in a worker process",
    ))
}

fn timeout(value: &Value, key: Key) -> Result<Duration, Failure> {
    let Key {
        name,
        place,
        example,
    } = key;
    let wrong = |why: &str| {
        Failure::new(
            format!("{name} is {value} in {place}, {why}"),
            format!("write {example}, or leave it out to keep the worker"),
        )
    };
    let form = "expected a string of a whole number and its unit, s, m or h";
    let text = value.as_str().ok_or_else(|| wrong(form))?;
    let limit = duration(text).ok_or_else(|| wrong(form))?;
    if (SHORTEST..=LONGEST).contains(&limit) {
        Ok(limit)
    } else {
        Err(wrong("expected \"1s\" to \"24h\""))
    }
}

fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        _ => return None,
    };
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    // Digits alone can only be too many: then it is longer than any bound.
    let number = is_number.then(|| number.parse::<u64>().unwrap_or(u64::MAX))?;
    Some(Duration::from_secs(number.saturating_mul(seconds)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const KEY: Key = Key {
        name: "idle-timeout",
        place: "[tool.osaurus] of pyproject.toml",
        example: "idle-timeout = \"10m\"",
    };

    #[test]
    fn seconds_minutes_and_hours_are_read() {
        for (text, seconds) in [("1s", 1), ("90s", 90), ("10m", 600), ("24h", 86400)] {
            let lifecycle = Lifecycle::of(false, Some(&json!(text)), KEY).unwrap();
            assert_eq!(lifecycle.idle_timeout_ms(), Some(seconds * 1000), "{text}");
        }
        assert_eq!(
            Lifecycle::of(false, None, KEY).unwrap(),
            Lifecycle::default()
        );
    }

    #[test]
    fn other_values_are_refused_with_place_and_example() {
        for value in [
            json!(600),
            json!(true),
            json!(""),
            json!("m"),
            json!("10"),
            json!("10 m"),
            json!("-5m"),
            json!("1.5h"),
            json!("10min"),
            json!("10µ"),
            json!("10M"),
        ] {
            let error = format!("{:?}", Lifecycle::of(false, Some(&value), KEY).unwrap_err());
            for part in [
                "idle-timeout is",
                "of pyproject.toml",
                "a whole number",
                "10m",
            ] {
                assert!(error.contains(part), "{value}: {error}");
            }
        }
    }

    #[test]
    fn what_is_too_short_or_too_long_is_refused_with_the_bounds() {
        for text in ["0s", "25h", "86401s", "99999999999999999999999h"] {
            let error = format!(
                "{:?}",
                Lifecycle::of(false, Some(&json!(text)), KEY).unwrap_err()
            );
            assert!(
                error.contains(text) && error.contains("\\\"1s\\\" to \\\"24h\\\""),
                "{error}"
            );
        }
    }
}
