//! gzip in members of one size, compressed on all processors at once: the same bytes on every
//! machine, and what any reader of gzip takes for one stream. Used by `archive`.
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{Error, Result, Write};
use std::thread;

/// Bytes in a member. Smaller ones would cost size, larger ones time.
const MEMBER: usize = 1 << 20;
/// More threads than this would wait for the disk.
const MAX_THREADS: usize = 16;

/// Compresses what is written to it.
pub(crate) struct Members {
    pending: Vec<u8>,
    /// Where pending bytes are compressed.
    full: usize,
    out: Vec<u8>,
}

impl Members {
    pub(crate) fn new() -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        Self {
            pending: Vec::new(),
            full: threads.min(MAX_THREADS) * MEMBER,
            out: Vec::new(),
        }
    }

    /// Everything that was written, compressed.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>> {
        self.compress()?;
        Ok(self.out)
    }

    fn compress(&mut self) -> Result<()> {
        let members = thread::scope(|scope| {
            let parts = self.pending.chunks(MEMBER);
            let running: Vec<_> = parts.map(|part| scope.spawn(|| member(part))).collect();
            let ended = running.into_iter().map(|thread| thread.join());
            ended.collect::<Vec<_>>()
        });
        for result in members {
            let member = result.map_err(|_| Error::other("a thread that compresses has ended"))?;
            self.out.extend(member?);
        }
        self.pending.clear();
        Ok(())
    }
}

fn member(part: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(part)?;
    encoder.finish()
}

impl Write for Members {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let count = bytes.len().min(self.full - self.pending.len());
        self.pending.extend_from_slice(&bytes[..count]);
        if self.pending.len() == self.full {
            self.compress()?;
        }
        Ok(count)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::MultiGzDecoder;
    use std::io::Read;

    #[test]
    fn the_same_bytes_come_back_and_threads_make_no_difference() {
        let text: Vec<u8> = (0..3 * MEMBER + 5).map(|at| (at / 7 % 251) as u8).collect();
        let compressed = |threads: usize| {
            let mut members = Members::new();
            members.full = threads * MEMBER;
            members.write_all(&text).unwrap();
            members.finish().unwrap()
        };
        let one = compressed(1);
        assert!(one == compressed(2) && one == compressed(16));
        let mut back = Vec::new();
        MultiGzDecoder::new(one.as_slice())
            .read_to_end(&mut back)
            .unwrap();
        assert!(back == text);
    }
}
