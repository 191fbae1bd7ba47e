//! Server-sent events, as far as OpenAI's protocol uses them: `data:` lines, blank lines between
//! events.

use std::io::{self, BufRead};

/// The data of each event until the stream ends or says `[DONE]`.
pub(super) struct Events<R> {
    reader: R,
    done: bool,
}

impl<R: BufRead> Events<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            done: false,
        }
    }

    /// True when the stream ended with `[DONE]`, as it should.
    pub(super) fn ended_properly(&self) -> bool {
        self.done
    }

    fn next_event(&mut self) -> io::Result<Option<String>> {
        let mut data: Option<String> = None;
        let mut line = Vec::new();
        loop {
            line.clear();
            let end_of_stream = self.reader.read_until(b'\n', &mut line)? == 0;
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end_matches(['\n', '\r']);
            if let Some(value) = text.strip_prefix("data:") {
                let value = value.strip_prefix(' ').unwrap_or(value);
                match &mut data {
                    Some(data) => *data = format!("{data}\n{value}"),
                    None => data = Some(value.to_string()),
                }
            } else if end_of_stream || (text.is_empty() && data.is_some()) {
                return Ok(data);
            }
        }
    }
}

impl<R: BufRead> Iterator for Events<R> {
    type Item = io::Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        match self.next_event() {
            Ok(Some(data)) if data.trim() == "[DONE]" => {
                self.done = true;
                None
            }
            Ok(data) => data.map(Ok),
            Err(error) => Some(Err(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Events;

    #[test]
    fn events_are_split_at_blank_lines() {
        let text = ": hello\r\n\r\ndata: {\"a\":1}\r\n\r\nevent: x\ndata:one\ndata: two\n\ndata: \
                    [DONE]\n\ndata: no";
        let mut events = Events::new(text.as_bytes());
        let data: Vec<String> = events.by_ref().map(|event| event.unwrap()).collect();
        assert_eq!(data, ["{\"a\":1}", "one\ntwo"]);
        assert!(events.ended_properly());
        assert!(!Events::new(&b"data: x"[..]).ended_properly());
    }
}
