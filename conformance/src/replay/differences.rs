//! What a score says when the plugin does something else: which event was expected, in which call, what came.

use super::score::{Over, Score};
use super::session::Event;
use super::verdict::{Difference, Verdict, call_text, event_text, first_difference};

impl Score {
    /// A difference in a frame that is no call and no result of the plugin.
    pub(super) fn broken(&self, call: usize, frame: u64, found: &str) -> Over {
        let difference = self.difference(call, frame, found);
        self.fail(Verdict::Different(difference))
    }

    pub(super) fn difference(
        &self,
        index: usize,
        frame: u64,
        found: impl Into<String>,
    ) -> Difference {
        let expected = event_text(&self.events[index]);
        Difference::new(index, place(&self.events, frame), expected, found)
    }

    pub(super) fn other_call(
        &self,
        front: usize,
        frame: u64,
        open: &[usize],
        slot: &str,
        args: &[Option<String>],
    ) -> Difference {
        let found = call_text(slot, args);
        let same_slot = |index: &&usize| matches!(&self.events[**index], Event::HostCall { slot: s, .. } if s == slot);
        let nearest = open.iter().find(same_slot).filter(|_| frame == 0);
        let Some(index) = nearest.or(open.first()).copied() else {
            let (index, nothing) = (front.min(self.events.len() - 1), "no further call");
            return Difference::new(index, place(&self.events, frame), nothing, found);
        };
        let detail = match &self.events[index] {
            Event::HostCall {
                slot: s, args: a, ..
            } if s == slot => first_difference(a, args, "argument"),
            _ => None,
        };
        self.difference(index, frame, found).at(detail)
    }

    pub(super) fn stuck(&self, front: usize) -> Verdict {
        let frame = frame_of(&self.events, front);
        let found = format!("nothing for {} s", self.limit.as_secs());
        Verdict::Different(self.difference(front, frame, found))
    }
}

pub(super) fn returns(result: &Option<String>) -> String {
    event_text(&Event::Return {
        frame: 0,
        result: result.clone(),
    })
}

/// What a frame is, for people.
pub(super) fn place(events: &[Event], frame: u64) -> String {
    if frame == 0 {
        return "on a thread of the plugin's own".to_owned();
    }
    let call = events.iter().find_map(|event| match event {
        Event::Call {
            frame: f,
            slot,
            args,
            ..
        } if *f == frame => Some((slot, args)),
        _ => None,
    });
    let Some((slot, args)) = call else {
        return format!("in call {frame}");
    };
    let words = match slot.as_str() {
        "invoke" => &args[..args.len().min(2)],
        "on_config_changed" => &args[..args.len().min(1)],
        _ => &[],
    };
    let words: Vec<&str> = words.iter().flatten().map(String::as_str).collect();
    let name = [&[slot.as_str()], &words[..]].concat().join(" ");
    format!("in call {frame} ({name})")
}

/// The frame that an event belongs to.
pub(super) fn frame_of(events: &[Event], index: usize) -> u64 {
    match events.get(index) {
        Some(
            Event::Call { frame, .. } | Event::Return { frame, .. } | Event::HostCall { frame, .. },
        ) => *frame,
        Some(Event::Chunk { call, .. } | Event::HostReturn { call, .. }) => {
            let begun = events.iter().find_map(|event| match event {
                Event::HostCall { call: c, frame, .. } if c == call => Some(*frame),
                _ => None,
            });
            begun.unwrap_or(0)
        }
        Some(Event::End {}) | None => 0,
    }
}
