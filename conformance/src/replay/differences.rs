//! What a progress says when the plugin does something else: which event was expected, in which
//! call, what came.

use super::place::{frame_of, place};
use super::progress::{Over, Progress};
use super::session::Event;
use super::verdict::{Difference, Verdict, call_text, event_text, first_difference};

impl Progress {
    /// A difference in a frame that is neither a call nor a result of the plugin.
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
        let call = call_text(slot, args);
        let same_slot = |index: &&usize| matches!(&self.events[**index], Event::HostCall { slot: s, .. } if s == slot);
        let nearest = open.iter().find(same_slot).filter(|_| frame == 0);
        let Some(index) = nearest.or(open.first()).copied() else {
            let (index, nothing) = (front.min(self.events.len() - 1), "no further call");
            return Difference::new(index, place(&self.events, frame), nothing, call);
        };
        let detail = match &self.events[index] {
            Event::HostCall {
                slot: s, args: a, ..
            } if s == slot => first_difference(a, args, "argument"),
            _ => None,
        };
        self.difference(index, frame, call).at(detail)
    }

    pub(super) fn stuck(&self, front: usize) -> Verdict {
        let frame = frame_of(&self.events, front);
        let silence = format!("nothing for {} s", self.limit.as_secs());
        Verdict::Different(self.difference(front, frame, silence))
    }
}
