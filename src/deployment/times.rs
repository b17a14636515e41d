//! How long Terraform took for each module, and how much of that was starting: its own processes, the backend and the provider.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What was spent for each module, in the order of their first process.
#[derive(Debug, Default)]
pub struct Times(Mutex<Vec<(String, Spent)>>);

#[derive(Debug, Default)]
struct Spent {
    /// `plan` → how often it was run.
    processes: BTreeMap<String, usize>,
    all: Duration,
    /// Until the provider first asked for something; all of a process whose provider asks for nothing.
    starting: Duration,
}

impl Times {
    /// Notes a process of Terraform that has ended. `asked`: when the provider last began to ask, if it ever did.
    pub(super) fn add(&self, module: &str, command: &str, started: Instant, asked: Option<Instant>) {
        let took = started.elapsed();
        let starting = asked.and_then(|asked| asked.checked_duration_since(started)).unwrap_or(took);
        let mut modules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !modules.iter().any(|(name, _)| name == module) {
            modules.push((module.to_owned(), Spent::default()));
        }
        for (_, spent) in modules.iter_mut().filter(|(name, _)| name == module) {
            *spent.processes.entry(command.to_owned()).or_default() += 1;
            spent.all += took;
            spent.starting += starting.min(took);
        }
    }

    /// A line for each module that needed Terraform.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let modules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = |(module, spent): &(String, Spent)| {
            let processes: usize = spent.processes.values().sum();
            let commands = spent.processes.iter().map(|(command, count)| format!("{command} {count}"));
            format!(
                "Terraform's time for {module:?}: {:.1} s, of which {:.1} s were starts of its {processes} processes and of the provider ({})",
                spent.all.as_secs_f64(),
                spent.starting.as_secs_f64(),
                commands.collect::<Vec<_>>().join(", ")
            )
        };
        modules.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_ends_when_the_provider_asks() {
        let times = Times::default();
        let now = Instant::now();
        let before = |seconds: u64| now.checked_sub(Duration::from_secs(seconds)).unwrap();
        times.add("Space", "init", before(4), Some(before(90)));
        times.add("Space", "plan", before(6), Some(before(4)));
        times.add("Web", "plan", before(1), None);
        let lines = times.lines();
        assert!(
            lines[0].starts_with(
                "Terraform's time for \"Space\": 10.0 s, of which 6.0 s were starts of its 2 processes"
            ) && lines[0].ends_with("(init 1, plan 1)"),
            "{lines:?}"
        );
        assert!(
            lines[1].starts_with("Terraform's time for \"Web\": 1.0 s, of which 1.0 s were"),
            "{lines:?}"
        );
    }
}
