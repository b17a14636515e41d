//! What passed through the relay: addresses, statuses, times; never a body.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::Method;

use crate::relay::request::Request;
use crate::ui;

/// Something that the relay changed on the way: what was done, and to what. Both are reported to a person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Intervention {
    pub what: &'static str,
    pub place: String,
}

/// Requests and changes so far.
#[derive(Debug, Default)]
pub struct Log(Mutex<Content>);

#[derive(Debug, Default)]
struct Content {
    requests: Vec<Entry>,
    changes: BTreeMap<Intervention, usize>,
    remembered: usize,
    drafted: usize,
    /// How long Terraform's requests took, and how much of that octoferry waited for the server.
    taken: Duration,
    waited: Duration,
    answered: u32,
}

#[derive(Debug)]
struct Entry {
    kind: String,
    method: Method,
    path: String,
    /// 0: no answer.
    status: u16,
    time: Duration,
}

impl Log {
    pub(super) fn request(&self, request: &Request, status: u16, time: Duration) {
        self.lock().requests.push(Entry {
            kind: request.address.kind().to_owned(),
            method: request.method.clone(),
            path: request.address.path_and_query.clone(),
            status,
            time,
        });
    }

    pub(super) fn changes(&self, changes: Vec<Intervention>) {
        let mut content = self.lock();
        for change in changes {
            *content.changes.entry(change).or_default() += 1;
        }
    }

    /// Notes a request that was answered from memory.
    pub(super) fn remembered(&self) {
        self.lock().remembered += 1;
    }

    /// Notes how long a request of Terraform took.
    pub(super) fn answered(&self, taken: Duration) {
        let mut content = self.lock();
        content.taken += taken;
        content.answered += 1;
    }

    /// Notes how long the server took.
    pub(super) fn waited(&self, waited: Duration) {
        self.lock().waited += waited;
    }

    /// octoferry's own work for a request of Terraform, on average.
    #[must_use]
    pub fn own_work(&self) -> Duration {
        let content = self.lock();
        content.taken.saturating_sub(content.waited) / content.answered.max(1)
    }

    /// Notes a request that was answered by a draft.
    pub(super) fn drafted(&self) {
        self.lock().drafted += 1;
    }

    /// How many more requests were answered by drafts.
    #[must_use]
    pub fn by_drafts(&self) -> usize {
        self.lock().drafted
    }

    /// How many more requests were answered from memory.
    #[must_use]
    pub fn from_memory(&self) -> usize {
        self.lock().remembered
    }

    /// How many requests passed.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().requests.len()
    }

    /// One line per kind: reads, writes, refused ones, seconds.
    #[must_use]
    pub fn summary(&self) -> String {
        let content = self.lock();
        let mut kinds: BTreeMap<&str, (usize, usize, usize, Duration)> = BTreeMap::new();
        for entry in &content.requests {
            let sum = kinds.entry(entry.kind.as_str()).or_default();
            if entry.method.is_safe() {
                sum.0 += 1;
            } else {
                sum.1 += 1;
            }
            sum.2 += usize::from(entry.status >= 400 || entry.status == 0);
            sum.3 += entry.time;
        }
        let mut rows = vec![["kind", "reads", "writes", "refused", "seconds"].map(str::to_owned).to_vec()];
        rows.extend(kinds.into_iter().map(|(kind, (reads, writes, refused, time))| {
            vec![
                kind.to_owned(),
                reads.to_string(),
                writes.to_string(),
                refused.to_string(),
                format!("{:.1}", time.as_secs_f64()),
            ]
        }));
        ui::table(&rows)
    }

    /// Each request on a line: method, path, status, milliseconds.
    #[must_use]
    pub fn lines(&self) -> String {
        let mut text = String::new();
        for entry in &self.lock().requests {
            let _ = writeln!(
                text,
                "{} {} {} {} ms",
                entry.method,
                entry.path,
                entry.status,
                entry.time.as_millis()
            );
        }
        text
    }

    /// What was changed on the way, sorted.
    #[must_use]
    pub fn changed(&self) -> Vec<Intervention> {
        self.lock().changes.keys().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        // A count is no worse after a panic elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
