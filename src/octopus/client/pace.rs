//! Keeps to a server's rate limit: token buckets per user, on by default on new installations since 2026.3.
//!
//! Answers tell the limit (`Octopus-RateLimit-Policy: l=200;rpm=600`) and what is left of it (`Octopus-RateLimit: r=7;t=18`). While
//! much is left we go as fast as we can; near the end we go at the rate at which the bucket fills.

use std::sync::Mutex;
use std::time::Duration;

use reqwest::header::HeaderMap;
use tokio::time::Instant;

/// Below this many requests left we slow down; more than can be in flight at a time.
const LITTLE_LEFT: u32 = 12;
/// The rate after a 429 from a server that doesn't tell its limit: that of new installations.
const CAUTIOUS_RATE: u32 = 200;

#[derive(Default)]
pub(super) struct Pace {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Requests a minute, once known.
    rate: Option<u32>,
    /// Whether to go at that rate now.
    slow: bool,
    /// When the next request may go at the earliest.
    next: Option<Instant>,
}

impl Pace {
    /// Waits until the next request may go, and takes its place.
    pub(super) async fn wait(&self) {
        let at = {
            let mut state = self.lock();
            let now = Instant::now();
            let at = state.next.map_or(now, |next| next.max(now));
            if let (true, Some(rate)) = (state.slow, state.rate) {
                state.next = Some(at + Duration::from_secs(60) / rate);
            }
            at
        };
        tokio::time::sleep_until(at).await;
    }

    /// Takes notice of what an answer says about the limit.
    pub(super) fn learn(&self, headers: &HeaderMap) {
        let field = |header: &str, name: &str| -> Option<u32> {
            headers.get(header)?.to_str().ok()?.split([';', ',']).find_map(|part| {
                let (key, value) = part.trim().split_once('=')?;
                (key.trim() == name).then(|| value.trim().parse().ok())?
            })
        };
        let mut state = self.lock();
        if let Some(rate) = field("octopus-ratelimit-policy", "rpm").filter(|rate| *rate > 0) {
            state.rate = Some(rate);
        }
        if let Some(left) = field("octopus-ratelimit", "r") {
            state.slow = left < LITTLE_LEFT;
        }
    }

    /// After a 429: nobody sends anything for so long, and then slowly.
    pub(super) fn pause(&self, wait: Duration) {
        let mut state = self.lock();
        let until = Instant::now() + wait;
        state.next = Some(state.next.map_or(until, |next| next.max(until)));
        state.rate.get_or_insert(CAUTIOUS_RATE);
        state.slow = true;
    }

    pub(super) fn requests_per_minute(&self) -> Option<u32> {
        self.lock().rate
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding the pace")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(left: u32) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("octopus-ratelimit-policy", "l=200;rpm=600".parse().unwrap());
        headers.insert("octopus-ratelimit", format!("r={left};t=18").parse().unwrap());
        headers
    }

    /// How long `requests` take, on a clock that only sleeps move.
    async fn time_of(pace: &Pace, requests: u32) -> Duration {
        let start = Instant::now();
        for _ in 0..requests {
            pace.wait().await;
        }
        start.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_bucket_costs_no_time_and_an_empty_one_the_rate() {
        let pace = Pace::default();
        pace.learn(&headers(150));
        assert_eq!(time_of(&pace, 100).await, Duration::ZERO);
        pace.learn(&headers(3));
        assert_eq!(pace.requests_per_minute(), Some(600));
        assert_eq!(time_of(&pace, 11).await, Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_429_everybody_waits() {
        let pace = Pace::default();
        pace.pause(Duration::from_secs(5));
        assert_eq!(time_of(&pace, 1).await, Duration::from_secs(5));
        assert_eq!(time_of(&pace, 2).await, Duration::from_millis(600));
    }
}
