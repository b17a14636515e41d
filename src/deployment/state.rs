//! When Terraform's state can't be had or kept: a lock that is held, a backend that does not take the state.

use std::path::Path;
use std::time::Duration;

use crate::deployment::ready::{Deployment, Ready};
use failure::{Failure, FailureKind};
use terraform::Ended;
use terraform::lock::Lock;
use terraform::output::Diagnostic;
use terraform::state::State;

/// How often, and how long apart in seconds, a state is offered to the backend again that did not take it.
const PUSHES: [u64; 6] = [1, 2, 4, 8, 15, 30];
/// The same in a step, of which nothing can be kept: for as long as a server takes to come back.
const PUSHES_IN_STEP: [u64; 14] = [1, 2, 4, 8, 15, 30, 60, 60, 60, 60, 60, 60, 60, 120];

impl Deployment<'_> {
    pub(super) fn locked(&self, ready: &Ready<'_>, lock: &Lock) -> Failure {
        let operation =
            lock.operation.strip_prefix("OperationType").unwrap_or(&lock.operation).to_lowercase();
        let mut failure = Failure::new(
            FailureKind::Terraform,
            format!(
                "the state is locked by {} since {} ({operation}); nothing was written",
                lock.who, lock.created
            ),
        )
        .hint("If that run goes on, wait for its end. If it was killed, the lock is left over.");
        if let (Some(backend), Some(prepared)) = (&self.backend, &ready.backend) {
            failure = failure.hint(format!(
                "To release a lock that is left over, with the backend's credentials in the environment:\n{}",
                backend.unlock_commands(&prepared.key, &lock.id)
            ));
        } else {
            failure = failure
                .hint(format!("To release a lock that is left over: terraform force-unlock {}", lock.id));
        }
        if !ready.collisions.is_empty() {
            let list: Vec<String> =
                ready.collisions.iter().map(|collision| format!("  {}", collision.text())).collect();
            failure = failure.hint(format!(
                "These are at the destination, but not in the state; a killed run may have made them:\n{}\nOnce the lock is released, --existing adopt takes them over.",
                list.join("\n")
            ));
        }
        failure
    }

    /// Offers the backend the state again that it did not take; whether that was needed, and done.
    pub(super) async fn save_state(&self, ready: &Ready<'_>, ended: &Ended) -> Result<bool, Failure> {
        let file = ready.terraform.directory.join("errored.tfstate");
        if !file.exists() {
            return Ok(false);
        }
        self.ui.warning("the backend did not take the state; it is offered again");
        let left = Lock::left_behind(&ended.diagnostics);
        let mut said = String::new();
        let pauses = if self.ui.in_step() { &PUSHES_IN_STEP[..] } else { &PUSHES[..] };
        for pause in pauses {
            tokio::time::sleep(Duration::from_secs(*pause)).await;
            match ready.terraform.push_state(&file).await? {
                Ok(()) => {
                    self.ui.info("  the state is saved now");
                    return Ok(true);
                }
                Err(error) => said = error,
            }
            // Our own apply could not give its lock back: it alone holds it, so it may be taken away.
            if let Some(lock) = Lock::read(&said)
                && left.as_ref().is_some_and(|left| left.id == lock.id)
            {
                ready.terraform.release_lock(&lock.id).await?;
            }
        }
        Err(self.lost_state(ready, &file, &said))
    }

    /// The state can't be saved. It is kept where that is of use, and what was made is named, so that a person can find it.
    fn lost_state(&self, ready: &Ready<'_>, file: &Path, said: &str) -> Failure {
        let made = std::fs::read(file).map_err(|error| error.to_string());
        let made = made.and_then(|bytes| {
            State::parse(&zeroize::Zeroizing::new(bytes)).map_err(|failure| failure.message)
        });
        let list = match made.map(|state| state.beyond(&ready.state)) {
            Ok(made) if made.is_empty() => "  nothing new".to_owned(),
            Ok(made) => {
                let made: Vec<String> =
                    made.into_iter().map(|(address, id)| format!("  {address} ({id})")).collect();
                made.join("\n")
            }
            Err(why) => format!("  that can't be told: {why}"),
        };
        let failure = Failure::new(
            FailureKind::Terraform,
            format!(
                "the backend does not take the state, so Terraform forgets what it made just now:\n{list}\nThe backend said: {}",
                said.trim()
            ),
        );
        let failure = match self.kept_state(ready, file) {
            Some(Ok(kept)) => failure.hint(format!(
                "The whole state is kept in {} (only you may read it). When the backend is back, push it from a copy of the module that is initialised with the same backend: terraform state push FILE. Then delete it.",
                kept.display()
            )),
            Some(Err(error)) => failure.hint(format!("The state could not be kept here either: {error}")),
            None => failure,
        };
        failure.hint("When the backend is back: deploy with --existing adopt, which takes over what is there and names what can't be taken over. That must be deleted first, as everything above may be.")
    }

    /// At a workstation the state is kept in the folder in which octoferry runs. Of a step's folder nothing stays.
    fn kept_state(&self, ready: &Ready<'_>, file: &Path) -> Option<std::io::Result<std::path::PathBuf>> {
        use std::io::Write as _;
        use std::os::unix::fs::OpenOptionsExt as _;
        if self.ui.in_step() {
            return None;
        }
        let name = ready.terraform.directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let keep = || {
            let content = zeroize::Zeroizing::new(std::fs::read(file)?);
            for number in 1.. {
                let path = std::path::absolute(format!("octoferry-errored-{name}-{number}.tfstate"))?;
                match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
                    Ok(mut kept) => return kept.write_all(&content).map(|()| path),
                    Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                    Err(error) => return Err(error),
                }
            }
            unreachable!("numbers never end")
        };
        Some(keep())
    }
}

/// Whether an error says no more than that the state could not be saved or its lock not be given back.
pub(super) fn is_about_the_state(error: &Diagnostic) -> bool {
    let text = error.text();
    ["save state", "persist state", "releasing the state lock", "Failed to persist", "errored.tfstate"]
        .iter()
        .any(|part| text.contains(part))
}
