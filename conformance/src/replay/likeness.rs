//! Whether a string is the recorded one. Ids and times that the plugin made up itself differ from
//! run to run, and the log line that names the runtime from machine to machine: they are compared
//! by kind, an id always with the same other id. Ids and times that came from the host must be the
//! same.

use super::session::Event;
use regex::Regex;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// UUIDs, RFC 3339 times, times since 1970 in seconds, milliseconds or microseconds, process ids,
/// and the shim's log lines about the runtime that it found.
static VARYING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let uuid = r"(?P<id>\b[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}\b)";
    let date = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?";
    let since = r"\b[12]\d{9}(?:\d{3}){0,2}(?:\.\d+)?\b";
    let pid = r"\bpid[ =:]\d+\b";
    let runtime = r"^(?:CPython \d|embedded Node \d|worker: |worker started: ).*";
    Regex::new(&format!("{runtime}|{uuid}|{date}|{since}|{pid}")).ok()
});

/// What is known about the varying parts of a session.
#[derive(Debug, Default)]
pub(super) struct Likeness {
    /// Off: only equal strings are alike.
    exact: bool,
    /// Parts that the host said first.
    from_host: HashSet<String>,
    /// Ids of the recording, and those that stand for them in this run.
    ids: HashMap<String, String>,
}

impl Likeness {
    /// Learns from a session who said each varying part first. Where only equal strings are alike,
    /// this is not needed.
    pub(super) fn of(events: &[Event], exact: bool) -> Likeness {
        if exact {
            return Likeness {
                exact,
                ..Likeness::default()
            };
        }
        let (mut from_host, mut from_plugin) = (HashSet::new(), HashSet::new());
        for event in events {
            let (strings, host) = said(event);
            for part in strings.into_iter().flat_map(parts) {
                let (own, other) = if host {
                    (&mut from_host, &from_plugin)
                } else {
                    (&mut from_plugin, &from_host)
                };
                if !other.contains(&part.text) {
                    own.insert(part.text);
                }
            }
        }
        Likeness {
            exact,
            from_host,
            ids: HashMap::new(),
        }
    }

    /// Whether `found` is what `expected` says. If so, the ids in it are bound to each other.
    pub(super) fn accepts(
        &mut self,
        expected: &[Option<String>],
        found: &[Option<String>],
    ) -> bool {
        if expected == found {
            return true;
        }
        let mut bound = Vec::new();
        let alike = !self.exact
            && expected.len() == found.len()
            && expected.iter().zip(found).all(|pair| match pair {
                (Some(expected), Some(found)) => self.alike(expected, found, &mut bound),
                (expected, found) => expected == found,
            });
        if alike {
            self.ids.extend(bound);
        }
        alike
    }

    fn alike(&self, expected: &str, found: &str, bound: &mut Vec<(String, String)>) -> bool {
        let (old, new) = (parts(expected), parts(found));
        if old.len() != new.len() || rest(expected, &old) != rest(found, &new) {
            return false;
        }
        let mut pairs = old.iter().zip(&new);
        pairs.all(|(old, new)| old.text == new.text || self.may_stand_for(old, new, bound))
    }

    fn may_stand_for(&self, old: &Part, new: &Part, bound: &mut Vec<(String, String)>) -> bool {
        let free = |part: &Part| !self.from_host.contains(&part.text);
        if old.is_id != new.is_id || !free(old) || !free(new) {
            return false;
        }
        if !old.is_id {
            return true;
        }
        let here = bound.iter().find(|(known, _)| *known == old.text);
        let id = self.ids.get(&old.text).or(here.map(|(_, new)| new));
        match id {
            Some(id) => *id == new.text,
            None => {
                bound.push((old.text.clone(), new.text.clone()));
                true
            }
        }
    }
}

/// The strings of an event, and whether the host sent them.
fn said(event: &Event) -> (Vec<&str>, bool) {
    match event {
        Event::Call { agent, args, .. } => {
            let strings = args.iter().chain([agent]).flatten();
            (strings.map(String::as_str).collect(), true)
        }
        Event::HostReturn { result, .. } => (result.as_deref().into_iter().collect(), true),
        Event::Chunk { text, .. } => (vec![text], true),
        Event::Return { result, .. } => (result.as_deref().into_iter().collect(), false),
        Event::HostCall { args, .. } => {
            (args.iter().flatten().map(String::as_str).collect(), false)
        }
        Event::End {} => (Vec::new(), true),
    }
}

/// A part of a string that may vary.
struct Part {
    text: String,
    start: usize,
    end: usize,
    is_id: bool,
}

fn parts(text: &str) -> Vec<Part> {
    let Some(varying) = &*VARYING else {
        return Vec::new();
    };
    let part = |found: regex::Captures<'_>| {
        let whole = found.get(0)?;
        let is_id = found.name("id").is_some();
        Some(Part {
            text: whole.as_str().to_lowercase(),
            start: whole.start(),
            end: whole.end(),
            is_id,
        })
    };
    varying.captures_iter(text).filter_map(part).collect()
}

/// What is between the parts.
fn rest(text: &str, parts: &[Part]) -> Vec<String> {
    let starts = parts.iter().map(|part| part.start).chain([text.len()]);
    let ends = [0].into_iter().chain(parts.iter().map(|part| part.end));
    let between = ends.zip(starts);
    between
        .map(|(end, start)| text[end..start].to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Likeness;
    use crate::replay::Event;

    const A: &str = "11111111-1111-4111-8111-111111111111";
    const B: &str = "22222222-2222-4222-8222-222222222222";
    const C: &str = "33333333-3333-4333-8333-333333333333";

    fn session() -> Vec<Event> {
        let host_call = |text: &str| Event::HostCall {
            call: 1,
            frame: 0,
            thread: 1,
            slot: "log".into(),
            args: vec![Some(text.into())],
        };
        let answer = |text: &str| Event::HostReturn {
            call: 1,
            result: Some(text.into()),
        };
        vec![answer(A), host_call(A), host_call(B), answer(B)]
    }

    fn accepts(likeness: &mut Likeness, expected: &str, found: &str) -> bool {
        likeness.accepts(&[Some(expected.into())], &[Some(found.into())])
    }

    #[test]
    #[cfg_attr(miri, ignore = "compiling regular expressions takes minutes there")]
    fn an_id_of_the_plugin_varies_but_stands_for_one_other() {
        let mut likeness = Likeness::of(&session(), false);
        assert!(accepts(
            &mut likeness,
            &format!("new {B}"),
            &format!("new {C}")
        ));
        assert!(accepts(&mut likeness, B, C) && accepts(&mut likeness, B, B));
        let other = "44444444-4444-4444-8444-444444444444";
        assert!(!accepts(&mut likeness, B, other));
    }

    #[test]
    #[cfg_attr(miri, ignore = "compiling regular expressions takes minutes there")]
    fn an_id_of_the_host_is_the_same() {
        let mut likeness = Likeness::of(&session(), false);
        assert!(!accepts(&mut likeness, A, C));
        assert!(!accepts(&mut likeness, B, A));
    }

    #[test]
    #[cfg_attr(miri, ignore = "compiling regular expressions takes minutes there")]
    fn times_vary_and_other_numbers_do_not() {
        let mut likeness = Likeness::of(&[], false);
        for (expected, found) in [
            (
                "at 2026-01-02T03:04:05Z",
                "at 2027-11-12T13:14:15.123+02:00",
            ),
            ("{\"ts\":1767323045123}", "{\"ts\":1799999999999}"),
            ("ts=1767323045.25", "ts=1799999999.5"),
            ("started, pid 12", "started, pid 4711"),
            ("worker started: node, pid 1", "worker started: bun, pid 2"),
        ] {
            assert!(accepts(&mut likeness, expected, found), "{expected}");
        }
        assert!(!accepts(&mut likeness, "12 visits", "13 visits"));
        assert!(!accepts(
            &mut likeness,
            "on 2026-01-02T03:04:05Z",
            "at 2026-01-02T03:04:05Z"
        ));
        let mut exact = Likeness::of(&[], true);
        assert!(!accepts(&mut exact, "ts=1767323045.25", "ts=1799999999.5"));
    }
}
