//! The rate limiter: a token bucket for each user.

use std::collections::BTreeMap;
use std::time::Instant;

/// A limit in tokens a minute, with a bucket.
#[derive(Clone, Copy)]
pub(crate) struct Limit {
    pub(crate) per_minute: u32,
    pub(crate) burst: u32,
}

#[derive(Default)]
pub(crate) struct Buckets(BTreeMap<String, (f64, Instant)>);

/// What the bucket says to one request.
pub(crate) struct Verdict {
    pub(crate) allowed: bool,
    /// Whole tokens left.
    pub(crate) left: u32,
    /// Seconds until the next token (refused) or a full bucket (allowed).
    pub(crate) seconds: u64,
}

impl Buckets {
    /// Takes a token of a user.
    pub(crate) fn take(&mut self, user: &str, limit: Limit) -> Verdict {
        let now = Instant::now();
        let per_second = f64::from(limit.per_minute) / 60.0;
        let burst = f64::from(limit.burst);
        let (tokens, since) = self.0.entry(user.to_owned()).or_insert((burst, now));
        *tokens = (*tokens + since.elapsed().as_secs_f64() * per_second).min(burst);
        *since = now;
        let allowed = *tokens >= 1.0;
        if allowed {
            *tokens -= 1.0;
        }
        let missing = if allowed { burst - *tokens } else { 1.0 - *tokens };
        let seconds = (missing / per_second).ceil().max(1.0);
        // Both are small positive numbers: a bucket and its refill time.
        Verdict { allowed, left: *tokens as u32, seconds: seconds as u64 }
    }
}
