//! Rate limits: a sliding window per agent (dispatch, http_request) and a token bucket (routes).

use crate::common::ids::AgentId;
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// The window of all sliding limits.
pub(crate) const WINDOW: Duration = Duration::from_secs(60);

/// At most `limit` calls per agent in any 60 seconds. No agent is a bucket of its own.
pub(crate) struct SlidingWindow {
    limit: usize,
    calls: Mutex<HashMap<Option<AgentId>, VecDeque<Instant>>>,
}

impl SlidingWindow {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            calls: Mutex::default(),
        }
    }

    /// Records a call and says whether it is within the limit; refused calls are not recorded.
    pub(crate) fn admit(&self, agent: Option<AgentId>) -> bool {
        self.admit_at(agent, Instant::now())
    }

    fn admit_at(&self, agent: Option<AgentId>, now: Instant) -> bool {
        let mut calls = self.calls.lock();
        let recent = calls.entry(agent).or_default();
        while recent
            .front()
            .is_some_and(|at| now.duration_since(*at) >= WINDOW)
        {
            recent.pop_front();
        }
        if recent.len() >= self.limit {
            return false;
        }
        recent.push_back(now);
        true
    }
}

/// 100 calls at once, refilled at 100 per minute.
pub(crate) struct TokenBucket {
    state: Mutex<(f64, Instant)>,
}

const CAPACITY: f64 = 100.0;
const PER_SECOND: f64 = 100.0 / 60.0;

impl TokenBucket {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::new((CAPACITY, Instant::now())),
        }
    }

    pub(crate) fn take(&self) -> bool {
        self.take_at(Instant::now())
    }

    fn take_at(&self, now: Instant) -> bool {
        let mut state = self.state.lock();
        let refilled = state.0 + now.saturating_duration_since(state.1).as_secs_f64() * PER_SECOND;
        let tokens = refilled.min(CAPACITY);
        let admitted = tokens >= 1.0;
        *state = (if admitted { tokens - 1.0 } else { tokens }, now);
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn window_slides_per_agent_and_refusals_do_not_count() {
        let window = SlidingWindow::new(2);
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(window.admit_at(None, at(0)) && window.admit_at(None, at(30)));
        assert!(!window.admit_at(None, at(59)));
        assert!(window.admit_at(Some(AgentId::named("other")), at(59)));
        assert!(
            window.admit_at(None, at(60)),
            "the first call left the window"
        );
        assert!(!window.admit_at(None, at(61)));
    }

    #[test]
    fn bucket_holds_a_hundred() {
        let (bucket, now) = (TokenBucket::new(), Instant::now());
        assert_eq!((0..150).filter(|_| bucket.take_at(now)).count(), 100);
    }

    #[test]
    fn bucket_refills_a_hundred_in_a_minute() {
        let (bucket, now) = (TokenBucket::new(), Instant::now());
        let tokens_at = |seconds| {
            let at = now + Duration::from_secs(seconds);
            (0..200).filter(|_| bucket.take_at(at)).count()
        };
        assert_eq!(tokens_at(0), 100);
        assert_eq!(tokens_at(3), 5);
        assert_eq!(tokens_at(63), 100);
        assert_eq!(tokens_at(1000), 100, "no more than it holds");
    }
}
