//! The demo's table: one row per step, with the host calls that the plugin made for it.

use osaurus_reference_host::{CallRecord, Host};
use std::collections::BTreeSet;
use std::time::Instant;

/// Prints rows as the steps happen and remembers whether all of them went well.
pub struct Table<'a> {
    host: &'a Host,
    seen: usize,
    failed: usize,
}

impl<'a> Table<'a> {
    /// Prints the heading.
    pub fn new(host: &'a Host) -> Self {
        println!(
            "{:<10} {:<5} {:<58} {:>8}  host calls",
            "part", "agent", "what happened", "ms"
        );
        println!("{}", "-".repeat(124));
        Self {
            host,
            seen: 0,
            failed: 0,
        }
    }

    /// Runs a step and prints its row. The step returns what to show, or what went wrong.
    pub fn row(&mut self, part: &str, agent: &str, step: impl FnOnce() -> Result<String, String>) {
        let started = Instant::now();
        let outcome = step();
        let ms = started.elapsed().as_secs_f64() * 1e3;
        let (mark, text) = match &outcome {
            Ok(text) => ("", text),
            Err(text) => ("FAILED ", text),
        };
        self.failed += usize::from(outcome.is_err());
        let shown = shorten(&format!("{mark}{text}"), 58);
        println!(
            "{part:<10} {agent:<5} {shown:<58} {ms:>8.1}  {}",
            self.calls_since()
        );
        if outcome.is_err() {
            println!("           {text}");
        }
    }

    fn calls_since(&mut self) -> String {
        let calls = self.host.activity();
        let mut names: Vec<(&str, usize)> = Vec::new();
        for call in &calls[self.seen.min(calls.len())..] {
            match names.iter_mut().find(|(name, _)| *name == call.slot) {
                Some((_, count)) => *count += 1,
                None if call.slot == "free_string" => {}
                None => names.push((call.slot, 1)),
            }
        }
        self.seen = calls.len();
        let shown: Vec<String> = names
            .iter()
            .map(|(name, count)| {
                if *count == 1 {
                    (*name).to_owned()
                } else {
                    format!("{name} x{count}")
                }
            })
            .collect();
        shorten(&shown.join(", "), 60)
    }

    /// Prints the sum of it all; true when every step went well.
    pub fn close(self, plugin: &str) -> bool {
        let calls = self.host.activity();
        let slots: BTreeSet<&str> = calls.iter().map(|call| call.slot).collect();
        let astray = calls.iter().filter(|call| is_astray(call, plugin)).count();
        println!(
            "\n{} host calls through {} different callbacks; {astray} charged to a wrong plugin.",
            calls.len(),
            slots.len()
        );
        self.failed == 0 && astray == 0
    }
}

/// A stream's cancel comes from the host's own thread, where Osaurus has no scope; everything else must have one.
fn is_astray(call: &CallRecord, plugin: &str) -> bool {
    call.plugin != plugin
}

fn shorten(text: &str, most: usize) -> String {
    let line = text.replace('\n', " ");
    if line.chars().count() <= most {
        return line;
    }
    line.chars().take(most - 1).chain(['…']).collect()
}
