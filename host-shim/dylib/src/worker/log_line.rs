//! Log lines of a worker, on their way to the host. Used by whatever reads messages.
use super::output::LogFn;
use super::wire::{Field, Message};
use osaurus_arguments::shorten;

/// Longest log line that reaches the host.
const MAX_LINE: usize = 64 << 10;

/// Level and text of a LOG message; `None` when it has another shape.
pub fn log_line(message: &Message) -> Option<(i32, String)> {
    match message.fields().ok()?.as_slice() {
        [Field::Int(level), Field::Text(text)] => {
            Some((*level, shorten(text, MAX_LINE).into_owned()))
        }
        _ => None,
    }
}

/// Passes a LOG message on.
pub fn write_log(message: &Message, log: &LogFn) {
    if let Some((level, text)) = log_line(message) {
        log(level, &text);
    }
}
