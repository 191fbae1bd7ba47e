//! Flat or not: what memory may grow by, and why. Knows numbers only.
//!
//! A leak grows for as long as the work goes on; a cache that fills, or an allocator that takes
//! another page, grows once; a compiler's thread takes memory and gives it back. So the samples
//! after a warm-up of a fifth are taken in three groups, the least of each counts, and of the
//! growth from group to group the smaller. The least that one can leak is a 32 byte block of
//! malloc, in the rarest of the calls (every fiftieth): 0.64 bytes per call. Rounds have no rare
//! case, so there the least is 32 bytes per round. A quarter of that passes, and a slack on top for
//! what comes and goes without a leak. At full scale the two together stay below the least leak; at
//! a small scale the slack weighs more, so a quick run notices coarse leaks only.

use crate::memory::Sample;

/// A measure of memory and what it may grow by from one group of samples to the next.
pub struct Measure {
    /// What a person reads.
    pub name: &'static str,
    /// What it is counted in.
    pub unit: &'static str,
    of: fn(&Sample) -> Option<u64>,
    /// What may come and go without a leak: pages that the allocator keeps, tables that double,
    /// caches per thread.
    slack: f64,
    /// What the smallest leak would add, per round.
    leak: f64,
}

/// All measures. Resident memory has a page's and an arena's coarseness; the two others are nearly
/// exact.
pub const MEASURES: [Measure; 5] = [
    Measure {
        name: "resident",
        unit: "B",
        of: |sample| sample.resident,
        slack: 128.0 * 1024.0,
        leak: 32.0,
    },
    Measure {
        name: "C heap",
        unit: "B",
        of: |sample| sample.heap,
        slack: 48.0 * 1024.0,
        leak: 32.0,
    },
    Measure {
        name: "Python",
        unit: "blocks",
        of: |sample| sample.blocks,
        slack: 500.0,
        leak: 1.0,
    },
    // V8 keeps code and shapes that it has made for hot functions.
    Measure {
        name: "JavaScript",
        unit: "B",
        of: |sample| sample.script_heap,
        slack: 256.0 * 1024.0,
        leak: 32.0,
    },
    Measure {
        name: "worker",
        unit: "B",
        of: |sample| sample.worker,
        slack: 128.0 * 1024.0,
        leak: 32.0,
    },
];

/// How one measure grew in one phase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Growth {
    /// Per call or round, after the warm-up.
    pub per_round: f64,
    /// The most that passes.
    pub limit: f64,
}

impl Growth {
    /// Whether it is within its limit.
    pub fn is_flat(&self) -> bool {
        self.per_round <= self.limit
    }
}

impl Measure {
    /// The value in a sample, where the phase has it.
    pub fn value(&self, sample: &Sample) -> Option<u64> {
        (self.of)(sample)
    }

    /// The growth over ten samples; `every` is how many rounds the rarest kind of call comes in.
    pub fn growth(&self, samples: &[Sample], every: f64) -> Option<Growth> {
        let groups: Vec<&[Sample]> = samples.get(1..)?.chunks_exact(3).collect();
        let [first, middle, last] = groups.as_slice() else {
            return None;
        };
        let rounds = (middle[0].done - first[0].done).max(1) as f64;
        let [first, middle, last] = [self.least(first)?, self.least(middle)?, self.least(last)?];
        Some(Growth {
            per_round: (middle - first).min(last - middle) / rounds,
            limit: self.slack / rounds + 0.25 * self.leak / every,
        })
    }

    fn least(&self, samples: &[Sample]) -> Option<f64> {
        let values: Option<Vec<u64>> = samples.iter().map(self.of).collect();
        values?.into_iter().min().map(|least| least as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(count: u64, resident: impl Fn(u64) -> u64) -> Vec<Sample> {
        (1..=10)
            .map(|tenth| Sample {
                done: count * tenth / 10,
                resident: Some(resident(count * tenth / 10)),
                heap: Some(resident(count * tenth / 10)),
                blocks: None,
                script_heap: None,
                worker: None,
            })
            .collect()
    }

    #[test]
    fn a_smallest_leak_in_the_rarest_call_is_seen_and_what_comes_once_or_goes_is_none() {
        let heap = &MEASURES[1];
        let leak = samples(1_000_000, |done| 50_000_000 + done / 50 * 32);
        let growth = heap.growth(&leak, 50.0).unwrap();
        assert!(!growth.is_flat() && growth.per_round > 0.63, "{growth:?}");
        let resident = MEASURES[0].growth(&leak, 50.0).unwrap();
        assert!(!resident.is_flat(), "{resident:?}");

        let step = samples(1_000_000, |done| {
            50_000_000 + u64::from(done > 700_000) * 8_000_000
        });
        assert!(heap.growth(&step, 50.0).unwrap().is_flat());
        let passing = samples(5_000, |done| {
            7_500_000 + u64::from(matches!(done, 3_000 | 5_000)) * done * 200
        });
        assert!(heap.growth(&passing, 50.0).unwrap().is_flat());
        let shrinking = samples(10_000, |done| 50_000_000 - done);
        assert!(heap.growth(&shrinking, 1.0).unwrap().is_flat());
    }

    #[test]
    fn what_a_phase_does_not_measure_has_no_growth() {
        assert_eq!(MEASURES[2].growth(&samples(100, |_| 1), 1.0), None);
    }
}
