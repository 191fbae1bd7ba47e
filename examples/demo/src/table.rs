//! The demo's table: one row per step, with the host calls that the plugins made for it.

use osaurus_reference_host::Host;
use std::collections::BTreeSet;
use std::time::Instant;

const WIDTH: usize = 124;

/// Prints rows as the steps happen and remembers whether all of them went well.
pub struct Table<'a> {
    host: &'a Host,
    /// Whose steps these are: host calls charged to another plugin have gone astray.
    plugins: Vec<String>,
    /// Whose steps there were.
    all: BTreeSet<String>,
    seen: usize,
    failed: usize,
    astray: usize,
}

impl<'a> Table<'a> {
    /// Prints the heading.
    pub fn new(host: &'a Host) -> Self {
        println!(
            "{:<10} {:<5} {:<58} {:>8}  host calls",
            "part", "agent", "what happened", "ms"
        );
        Self {
            host,
            plugins: Vec::new(),
            all: BTreeSet::new(),
            seen: 0,
            failed: 0,
            astray: 0,
        }
    }

    /// Begins the steps of these plugins.
    pub fn section(&mut self, title: &str, plugins: &[&str]) {
        println!("{:-<WIDTH$}", format!("-- {title} "));
        self.plugins = plugins.iter().map(|id| (*id).to_owned()).collect();
        self.all.extend(self.plugins.iter().cloned());
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
        let shortened = shorten(&format!("{mark}{text}"), 58);
        println!(
            "{part:<10} {agent:<5} {shortened:<58} {ms:>8.1}  {}",
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
            self.astray += usize::from(!self.plugins.contains(&call.plugin));
            match names.iter_mut().find(|(name, _)| *name == call.slot) {
                Some((_, count)) => *count += 1,
                None if call.slot == "free_string" => {}
                None => names.push((call.slot, 1)),
            }
        }
        self.seen = calls.len();
        let shortened: Vec<String> = names
            .iter()
            .map(|(name, count)| {
                if *count == 1 {
                    (*name).to_owned()
                } else {
                    format!("{name} x{count}")
                }
            })
            .collect();
        shorten(&shortened.join(", "), 60)
    }

    /// Prints the sum of it all; true when every step went well.
    pub fn close(mut self) -> bool {
        self.calls_since();
        let calls = self.host.activity();
        let slots: BTreeSet<&str> = calls.iter().map(|call| call.slot).collect();
        println!(
            "\n{} host calls through {} different callbacks; {} charged to a wrong plugin.",
            calls.len(),
            slots.len(),
            self.astray
        );
        self.all.iter().for_each(|plugin| self.print_engine(plugin));
        self.failed == 0 && self.astray == 0
    }

    /// The first line that a plugin logs says what runs its script.
    fn print_engine(&self, plugin: &str) {
        let lines = self.host.log_lines();
        let first = lines.iter().find(|line| line.plugin == plugin);
        println!("{plugin}: {}", first.map_or("", |line| &line.message));
    }
}

fn shorten(text: &str, most: usize) -> String {
    let line = text.replace('\n', " ");
    if line.chars().count() <= most {
        return line;
    }
    line.chars().take(most - 1).chain(['…']).collect()
}
