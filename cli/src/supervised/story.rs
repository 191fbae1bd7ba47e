//! What a worker tells of the calls between host and plugin, one line each, and the sentence about
//! its end that is made of them. Lines: `call N TEXT`, `end N`, `host N H TEXT`, `back H`, `stage
//! TEXT`, `folder PATH`, `done`; N is the call of the plugin, H the host call.

use osaurus_reference_host::Crossing;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The last line of a worker that ends in order.
pub(super) const DONE: &str = "done";
/// Characters of a string that are shown.
const LONGEST: usize = 120;
/// Calls that are named when several ran.
const NAMED: usize = 4;

/// What a worker did.
#[derive(Default)]
pub(super) struct Story {
    running: BTreeMap<u64, Call>,
    stage: String,
    folder: Option<PathBuf>,
    done: bool,
}

#[derive(Default)]
struct Call {
    what: String,
    host_call: Option<String>,
    /// The number of the host call while it has not returned.
    inside: Option<u64>,
}

impl Story {
    /// Takes note of a line; one that cannot be understood is left out.
    pub(super) fn hear(&mut self, line: &str) {
        let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (number, text) = rest.split_once(' ').unwrap_or((rest, ""));
        let number = number.parse().unwrap_or(0);
        match kind {
            "call" => {
                let what = text.to_owned();
                let call = Call {
                    what,
                    ..Call::default()
                };
                self.running.insert(number, call);
            }
            "end" => drop(self.running.remove(&number)),
            "host" => {
                let (host_call, text) = text.split_once(' ').unwrap_or((text, ""));
                if let Some(call) = self.running.get_mut(&number) {
                    call.host_call = Some(text.to_owned());
                    call.inside = host_call.parse().ok();
                }
            }
            "back" => {
                let mut calls = self.running.values_mut();
                if let Some(call) = calls.find(|call| call.inside == Some(number)) {
                    call.inside = None;
                }
            }
            "stage" => rest.clone_into(&mut self.stage),
            // Plugins run later: what they might write here is not heard.
            "folder" if self.folder.is_none() => self.folder = Some(rest.into()),
            DONE => self.done = true,
            _ => {}
        }
    }

    /// The temporary folder that a crash has left.
    pub(super) fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    pub(super) fn ended_in_order(&self) -> bool {
        self.done
    }

    /// The sentence about a worker that ended in this way ("crashed with …").
    pub(super) fn ended(&self, how: &str) -> String {
        let calls: Vec<&Call> = self.running.values().collect();
        match &calls[..] {
            [] if self.done => format!("the process {how} after everything was done"),
            [] if self.stage.is_empty() => {
                format!("the plugin {how} while none of its functions was called")
            }
            [] => format!("the plugin {how} while {}", self.stage),
            [call] => format!("{} {how}; {}", call.what, call.last_host_call()),
            several => {
                let names = several.iter().take(NAMED);
                let names: Vec<String> = names
                    .map(|call| format!("{} ({})", call.what, call.last_host_call()))
                    .collect();
                let more = several.len() > NAMED;
                let more = if more { ", and others" } else { "" };
                format!(
                    "one of the calls that ran {how}: {}{more}",
                    names.join(", ")
                )
            }
        }
    }
}

impl Call {
    fn last_host_call(&self) -> String {
        match &self.host_call {
            None => "it had made no host call".into(),
            Some(host_call) if self.inside.is_some() => {
                format!("it was in the host call {host_call}")
            }
            Some(host_call) => format!("its last host call was {host_call}"),
        }
    }
}

/// The line that says what the program does beside calls.
pub(super) fn stage(what: &str) -> String {
    format!("stage {}", short(what))
}

/// The line that tells of a temporary folder.
pub(super) fn folder(path: &Path) -> String {
    format!("folder {}", path.display())
}

/// The line that tells of a crossing.
pub(super) fn line(crossing: &Crossing<'_>) -> Option<String> {
    Some(match crossing {
        Crossing::CallBegins {
            call,
            plugin,
            slot,
            args,
            ..
        } => {
            format!("call {call} {} of {plugin}", function(slot, args))
        }
        Crossing::CallEnds { call, .. } => format!("end {call}"),
        Crossing::HostCallBegins {
            host_call,
            call,
            slot,
            args,
            ..
        } => {
            format!("host {call} {host_call} {}", host_function(slot, args))
        }
        Crossing::HostCallEnds { host_call, .. } => format!("back {host_call}"),
        Crossing::Chunk { .. } => return None,
    })
}

fn function(slot: &str, args: &[Option<&str>]) -> String {
    let arg = |at: usize| short(args.get(at).copied().flatten().unwrap_or_default());
    match slot {
        "invoke" => format!("the {} {:?}", short(&arg(0)), arg(1)),
        "handle_route" => route(args.first().copied().flatten().unwrap_or_default()),
        "on_config_changed" => format!("{slot} (key {:?})", arg(0)),
        "on_task_event" => format!("{slot} (type {})", arg(1)),
        _ => slot.to_owned(),
    }
}

fn route(request: &str) -> String {
    let request: Value = serde_json::from_str(request).unwrap_or_default();
    let text = |key: &str| short(request[key].as_str().unwrap_or_default());
    format!(
        "the route {:?} ({} {})",
        text("route_id"),
        text("method"),
        text("path")
    )
}

/// With the text that says most, where that is not a secret: of settings the key, of the database
/// the statement.
fn host_function(slot: &str, args: &[Option<String>]) -> String {
    let words = match slot {
        "config_get" | "config_set" | "config_delete" | "db_exec" | "db_query" => args.first(),
        "log" | "log_structured" => args.get(1),
        _ => None,
    };
    match words {
        Some(Some(text)) => format!("{slot}({:?})", short(text)),
        _ => slot.to_owned(),
    }
}

/// On one line, and not long.
fn short(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short.replace(|c: char| c.is_control(), " ")
}

#[cfg(test)]
mod tests {
    use super::{DONE, Story};

    fn after(lines: &[&str]) -> String {
        let mut story = Story::default();
        lines.iter().for_each(|line| story.hear(line));
        story.ended("crashed")
    }

    #[test]
    fn the_sentence_names_what_ran_and_its_last_host_call() {
        let call = "call 3 the tool \"x\" of dev.x";
        assert_eq!(
            after(&[call]),
            "the tool \"x\" of dev.x crashed; it had made no host call"
        );
        let inside = [call, "host 3 17 db_exec(\"SELECT\")"];
        assert_eq!(
            after(&inside),
            "the tool \"x\" of dev.x crashed; it was in the host call db_exec(\"SELECT\")"
        );
        let back = [
            inside[0],
            inside[1],
            "back 17",
            "back 9",
            "host 0 18 log",
            "nonsense",
        ];
        assert!(after(&back).ends_with("; its last host call was db_exec(\"SELECT\")"));
        let two = [call, "call 4 init of y.so"];
        let both = "one of the calls that ran crashed: the tool \"x\" of dev.x (it had made no \
                    host call), init of y.so";
        assert!(after(&two).starts_with(both), "{}", after(&two));
    }

    #[test]
    fn without_a_call_it_says_what_the_program_did() {
        assert_eq!(
            after(&["stage x.so was opened"]),
            "the plugin crashed while x.so was opened"
        );
        let over = ["call 1 init of x", "end 1", "stage x was opened", "stage "];
        assert_eq!(
            after(&over),
            "the plugin crashed while none of its functions was called"
        );
        assert_eq!(
            after(&[DONE]),
            "the process crashed after everything was done"
        );
    }
}
