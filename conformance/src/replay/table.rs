//! The host's side of a replay: every host call is answered from the session.

use super::progress::{Over, Progress};
use super::session::Event;
use osaurus_abi::HostSlot;
use osaurus_reference_host::Answers;
use std::cell::Cell;
use std::sync::OnceLock;

/// The progress of this process; a process plays one session.
pub(super) static PROGRESS: OnceLock<Progress> = OnceLock::new();

thread_local! {
    /// The recorded call that runs on this thread.
    static FRAME: Cell<u64> = const { Cell::new(0) };
}

/// Runs a call into the plugin as this frame.
pub(super) fn in_frame<T>(frame: u64, call: impl FnOnce() -> T) -> T {
    FRAME.set(frame);
    let result = call();
    FRAME.set(0);
    result
}

/// Never returns: the replay is over, and the plugin must not see an answer that never was.
pub(super) fn stand_still() -> ! {
    loop {
        std::thread::park();
    }
}

pub(super) struct FromSession;

impl Answers for FromSession {
    fn answer(
        slot: HostSlot,
        args: Vec<Option<String>>,
        chunk: &(dyn Fn(&str) + Sync),
    ) -> Option<String> {
        let progress = PROGRESS.get()?;
        let frame = FRAME.try_with(Cell::get).unwrap_or(0);
        let answer = progress
            .host_call(frame, slot.name(), args)
            .and_then(|index| answered(progress, index, chunk));
        answer.unwrap_or_else(|Over| stand_still())
    }
}

/// The pieces, on a thread of the host's own, and then the answer.
fn answered(
    progress: &Progress,
    index: usize,
    chunk: &(dyn Fn(&str) + Sync),
) -> Result<Option<String>, Over> {
    let Event::HostCall { call: number, .. } = &progress.events[index] else {
        return Err(Over);
    };
    let later = progress.events.iter().enumerate().skip(index);
    let (mut pieces, mut end) = (Vec::new(), None);
    for (at, event) in later {
        match event {
            Event::Chunk { call, text } if call == number => pieces.push((at, text)),
            Event::HostReturn { call, result } if call == number => {
                end = Some((at, result));
                break;
            }
            _ => {}
        }
    }
    hand_out(progress, &pieces, chunk)?;
    let (at, result) = end.ok_or(Over)?;
    progress.take_turn(at)?;
    Ok(result.clone())
}

fn hand_out(
    progress: &Progress,
    pieces: &[(usize, &String)],
    chunk: &(dyn Fn(&str) + Sync),
) -> Result<(), Over> {
    if pieces.is_empty() {
        return Ok(());
    }
    let each = || {
        pieces.iter().try_for_each(|(at, text)| {
            progress.take_turn(*at)?;
            chunk(text);
            Ok(())
        })
    };
    std::thread::scope(|scope| scope.spawn(each).join().unwrap_or(Err(Over)))
}
