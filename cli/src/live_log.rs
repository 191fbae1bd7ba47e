//! The live log of `serve`: one line per log line, request and call between host and plugin, as
//! they end. Colour only on a terminal.

use crate::failure::Failure;
use crate::terminal;
use osaurus_reference_host::{CallKind, CallRecord, Host, LogLine};
use std::sync::mpsc::Receiver;
use std::thread::JoinHandle;
use std::time::Instant;

/// Between the lines of a message.
const FURTHER: &str = "\n           ";

/// Prints until the host is gone.
pub struct LiveLog {
    printer: Printer,
    threads: [JoinHandle<()>; 2],
}

#[derive(Clone, Copy)]
struct Printer {
    started: Instant,
    colour: bool,
}

/// How a line looks on a terminal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Style {
    Plain,
    Dim,
    Yellow,
    Red,
}

impl LiveLog {
    /// Follows a host from now on.
    pub fn start(host: &Host) -> LiveLog {
        let colour = terminal::has_colours();
        let started = Instant::now();
        let printer = Printer { started, colour };
        let (records, lines) = (host.follow_records(), host.follow_log());
        let threads = [
            std::thread::spawn(move || print_records(printer, &records)),
            std::thread::spawn(move || print_lines(printer, &lines)),
        ];
        LiveLog { printer, threads }
    }

    /// A line of the program's own.
    pub fn say(&self, text: &str) {
        self.printer.print(Style::Plain, text);
    }

    /// What could not be done, and the next step.
    pub fn failure(&self, failure: &Failure) {
        self.error(&format!("error: {failure}"));
    }

    /// A line about what went wrong.
    pub fn error(&self, text: &str) {
        self.printer.print(Style::Red, text);
    }

    /// Prints what is left once the host is shut down, and a last line.
    pub fn end(self, last: &str) {
        for thread in self.threads {
            let _ = thread.join();
        }
        self.printer.print(Style::Plain, last);
    }
}

impl Printer {
    fn print(self, look: Style, text: &str) {
        let seconds = self.started.elapsed().as_secs_f64();
        // Further lines are indented: none of a plugin's looks like one of the log's.
        let text = text.replace('\n', FURTHER);
        let code = self.colour.then(|| look.code()).flatten();
        terminal::coloured(&format!("{seconds:9.3}s {text}"), code);
    }
}

impl Style {
    fn code(self) -> Option<&'static str> {
        match self {
            Style::Plain => None,
            Style::Dim => Some("2"),
            Style::Yellow => Some("33"),
            Style::Red => Some("31"),
        }
    }
}

fn print_records(printer: Printer, records: &Receiver<CallRecord>) {
    for record in records.iter().filter(is_shown) {
        printer.print(look_of(&record), &record.to_string());
    }
}

fn print_lines(printer: Printer, lines: &Receiver<LogLine>) {
    for line in lines {
        let look = match line.level {
            3 => Style::Yellow,
            4 => Style::Red,
            _ => Style::Plain,
        };
        printer.print(look, &line.to_string());
    }
}

/// Log calls show as their lines, routes as their requests.
fn is_shown(record: &CallRecord) -> bool {
    !matches!(record.slot, "log" | "log_structured" | "handle_route")
}

fn look_of(record: &CallRecord) -> Style {
    match record.status {
        500.. => Style::Red,
        400..=499 => Style::Yellow,
        _ if record.kind == CallKind::Request => Style::Plain,
        _ => Style::Dim,
    }
}
