//! What passed through the relay: addresses, statuses, times; never a body.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::Method;

use crate::relay::request::Request;
use crate::ui;

/// Something that the relay changed on the way: what was done, and to what. Both are reported to a person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Intervention {
    pub what: &'static str,
    pub place: String,
}

tokio::task_local! {
    /// How long the request of Terraform that a task brings to its end has waited.
    static WAITED: Cell<Duration>;
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
    /// Terraform's requests that were brought to their ends, and what octoferry itself did for them.
    answered: u32,
    own: Duration,
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

    /// Brings a request of Terraform to its end, and notes how long octoferry worked for it.
    pub(super) async fn answering<T>(&self, answer: impl Future<Output = T>) -> T {
        let started = Instant::now();
        let answering = async {
            let answer = answer.await;
            let own = started.elapsed().saturating_sub(WAITED.with(Cell::get));
            let mut content = self.lock();
            content.own += own;
            content.answered += 1;
            answer
        };
        WAITED.scope(Cell::default(), answering).await
    }

    /// Waits for the server, or until another request has ended: that is no work for this one. What octoferry asks by itself is for no request.
    pub(super) async fn waiting<T>(&self, what: impl Future<Output = T>) -> T {
        let started = Instant::now();
        let done = what.await;
        let _ = WAITED.try_with(|waited| waited.set(waited.get() + started.elapsed()));
        done
    }

    /// octoferry's own work for a request of Terraform, on average.
    #[must_use]
    pub fn own_work(&self) -> Duration {
        let content = self.lock();
        content.own / content.answered.max(1)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_does_not_work() {
        const WAIT: Duration = Duration::from_millis(200);
        let log = Log::default();
        let wait = || log.waiting(tokio::time::sleep(WAIT));
        log.answering(wait()).await;
        // What octoferry asks by itself takes nothing from what a request has cost.
        wait().await;
        log.answering(tokio::time::sleep(WAIT)).await;
        let own = log.own_work();
        assert!(own >= WAIT / 2 && own < WAIT, "{own:?}");
    }
}
