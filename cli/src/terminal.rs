//! The one place that prints. Text for people has its control characters shown and never sent,
//! whoever it comes from; what other programs read is left as it is.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "everything else prints through here"
)]

use std::fmt::{Arguments, Display};
use std::io::{IsTerminal, Write};

use osaurus_conformance::visible;
pub use osaurus_conformance::visible::{line, lines};

/// Prints lines for people, as `println!` does.
macro_rules! say {
    ($($text:tt)*) => { $crate::terminal::print(format_args!($($text)*)) };
}
pub(crate) use say;

/// Prints lines for people on standard error, as `eprintln!` does.
macro_rules! note {
    ($($text:tt)*) => { $crate::terminal::print_error(format_args!($($text)*)) };
}
pub(crate) use note;

/// What [`say!`] does.
pub fn print(text: Arguments<'_>) {
    println!("{}", lines(&text.to_string()));
}

/// What [`note!`] does.
pub fn print_error(text: Arguments<'_>) {
    eprintln!("{}", lines(&text.to_string()));
}

/// A line in colours of our own, which are given as codes: `1;31`. None where there are no colours.
pub fn coloured(text: &str, code: Option<&str>) {
    println!("{}", visible::coloured(&lines(text), code));
}

/// Prints a report that has its colours, and in which everything from a plugin was made visible
/// when it was written.
pub fn report(text: &str) {
    print!("{text}");
}

/// Prints text that may end within a line, such as a prompt.
pub fn unfinished(text: &str) {
    print!("{}", lines(text));
    let _ = std::io::stdout().flush();
}

/// Prints what another program reads. On a terminal it is for people all the same.
pub fn data(text: impl Display) {
    match std::io::stdout().is_terminal() {
        true => println!("{}", lines(&text.to_string())),
        false => println!("{text}"),
    }
}

/// Whether standard output shows colours.
pub fn has_colours() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}
