//! The calls under way, kept in a file so that they outlive a crash. The child writes a line when a
//! call begins and one when it ends; the parent reads which calls had begun and not ended.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of a line; a call's text is cut to fit.
pub(super) const LINE: usize = 256;
const LINES: u64 = 256;

/// Writes the trail.
#[derive(Debug)]
pub(crate) struct Trail {
    file: File,
    next: AtomicU64,
}

impl Trail {
    pub(crate) fn create(path: &Path) -> std::io::Result<Trail> {
        Ok(Trail {
            file: File::create(path)?,
            next: AtomicU64::new(0),
        })
    }

    /// A call begins.
    pub(crate) fn begins(&self, call: u64, thread: &str, text: &str) {
        self.write(&format!("> {call} {thread}\t{text}"));
    }

    /// It ends.
    pub(crate) fn ends(&self, call: u64) {
        self.write(&format!("< {call}"));
    }

    /// A trail that cannot be written is one that is not read: nothing else suffers.
    fn write(&self, text: &str) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let at = number % LINES * LINE as u64;
        let _ = self
            .file
            .write_all_at(&line(&format!("{number} {text}")), at);
    }
}

/// A string cut or filled up to one line.
fn line(text: &str) -> [u8; LINE] {
    let mut line = [b' '; LINE];
    let end = text.floor_char_boundary(LINE - 1);
    line[..end].copy_from_slice(&text.as_bytes()[..end]);
    line[LINE - 1] = b'\n';
    line
}

/// A call that had begun and not ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OpenCall {
    pub(crate) thread: String,
    pub(crate) text: String,
}

/// The calls that had begun and not ended, oldest first; of all that ended the last one, if none
/// was open.
pub(crate) fn open_calls(trail: &[u8]) -> Vec<OpenCall> {
    let mut lines: Vec<(u64, String)> = trail
        .chunks(LINE)
        .filter_map(|line| {
            let line = String::from_utf8_lossy(line);
            let (number, rest) = line.trim_end().split_once(' ')?;
            Some((number.parse().ok()?, rest.to_string()))
        })
        .collect();
    lines.sort();
    let mut open = BTreeMap::new();
    for (_, line) in &lines {
        if let Some(call) = line.strip_prefix("< ") {
            open.remove(&call.parse::<u64>().unwrap_or(0));
        } else if let Some((call, shown)) = begun(line) {
            open.insert(call, shown);
        }
    }
    open.into_values().collect()
}

fn begun(line: &str) -> Option<(u64, OpenCall)> {
    let (call, rest) = line.strip_prefix("> ")?.split_once(' ')?;
    let (thread, text) = rest.split_once('\t')?;
    let sample = OpenCall {
        thread: thread.to_string(),
        text: text.to_string(),
    };
    Some((call.parse().ok()?, sample))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(calls: &[&str]) -> Vec<u8> {
        calls.iter().flat_map(|text| line(text)).collect()
    }

    #[test]
    fn calls_that_ended_are_left_out_whatever_the_order_in_the_file() {
        let trail = lines(&[
            "4 > 3 thread 2\tdb_query(…)",
            "1 > 1 thread 1\tinit()",
            "2 < 1",
            "3 > 2 thread 2\tinvoke(…)",
        ]);
        let calls: Vec<String> = open_calls(&trail)
            .into_iter()
            .map(|call| call.text)
            .collect();
        assert_eq!(calls, ["invoke(…)", "db_query(…)"]);
    }

    #[test]
    fn an_empty_or_torn_trail_has_no_calls() {
        assert_eq!(open_calls(b""), []);
        assert_eq!(open_calls(b"12 > garbage"), []);
    }
}
