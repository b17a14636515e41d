//! Chance that comes out the same for the same seed. What is chosen of documents is chosen by their ids, so that an edit does the same when others are
//! taken out of its sequence.

use serde_json::Value;

use super::server::text;

/// `SplitMix64`.
#[derive(Clone)]
pub(super) struct Chance {
    state: u64,
    seed: u64,
}

fn mixed(mut state: u64) -> u64 {
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x7365_7175, seed }
    }

    pub(super) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.state)
    }

    /// 0 to `count` - 1; 0 for 0.
    pub(super) fn below(&mut self, count: usize) -> usize {
        let count = u64::try_from(count.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.next() % count).unwrap_or_default()
    }

    pub(super) fn percent(&mut self, likely: usize) -> bool {
        self.below(100) < likely
    }

    /// One of several, which must not be none.
    pub(super) fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// All, in an order that goes by what they are called and not by where they stand.
    pub(super) fn shuffled<T>(&self, of: Vec<T>, called: impl Fn(&T) -> String) -> Vec<T> {
        let weight = |name: &str| {
            name.bytes().fold(mixed(self.seed ^ 0x6f72_6465), |sum, byte| mixed(sum ^ u64::from(byte)))
        };
        let mut all: Vec<(u64, T)> = of.into_iter().map(|item| (weight(&called(&item)), item)).collect();
        all.sort_by_key(|(weight, _)| *weight);
        all.into_iter().map(|(_, item)| item).collect()
    }

    pub(super) fn documents(&self, of: Vec<Value>) -> Vec<Value> {
        self.shuffled(of, |document| text(document, "Id") + &text(document, "Name"))
    }
}
