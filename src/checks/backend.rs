//! Whether the Terraform backend answers and takes a lock. Nothing is written but the lock, which is given back.

use std::collections::BTreeMap;
use std::path::Path;

use crate::backend::Backend;
use crate::checks::{Findings, worker};
use failure::{Failure, FailureKind};
use secret::Secret;
use terraform::Terraform;
use terraform::lock::Lock;
use terraform::memory_file::MemoryFile;

/// Tries the backend with a module that holds nothing, under a state key beside those that deploys will use.
///
/// # Errors
/// When files can't be written, or somebody wants us to stop.
pub async fn check(
    backend: &Backend,
    key: &str,
    secrets: &BTreeMap<String, Secret>,
    terraform: &mut Terraform<'_>,
    findings: &mut Findings,
) -> Result<(), Failure> {
    const CHECK: &str = "backend";
    worker::write(&terraform.directory, "main.tf", "# Holds nothing: only the backend is tried.\n")?;
    let prepared = match backend.prepare(&terraform.directory, key, secrets) {
        Ok(prepared) => prepared,
        Err(failure) => {
            findings.failed(CHECK, failure);
            return Ok(());
        }
    };
    terraform
        .environment
        .extend(prepared.environment.iter().map(|(name, value)| (name.clone(), value.clone())));
    let tried = tried(backend, key, terraform, &prepared.arguments).await;
    tidy(backend, key);
    terraform.stop_if_interrupted()?;
    match tried {
        Ok(()) => findings.fine(CHECK, format!("the backend {} answers and takes a lock", backend.kind)),
        Err(failure) => findings.failed(CHECK, failure),
    }
    if let Some(to_do) = without_lock(backend) {
        findings.person(
            "backend-lock",
            format!(
                "the backend {} is set to work without a lock: two deploys at once could spoil the state",
                backend.kind
            ),
            to_do,
        );
    }
    Ok(())
}

async fn tried(
    backend: &Backend,
    key: &str,
    terraform: &Terraform<'_>,
    arguments: &[String],
) -> Result<(), Failure> {
    terraform.init(arguments).await.map_err(|failure| {
        failure.while_doing(format!("the backend {} can't be used", backend.kind)).hint(
            "Its settings are those of `octoferry seed --backend-config`; credentials come from the account variable Octoferry.Backend.Account, or are the worker's own identity.",
        )
    })?;
    terraform.state().await?;
    // A plan takes the lock and gives it back; it writes no state.
    let (plan, ended) = terraform.plan(&MemoryFile::empty("octoferry-variables")?).await?;
    if plan.is_some() {
        return Ok(());
    }
    if let Some(lock) = Lock::in_the_way(&ended.diagnostics) {
        return Err(Failure::new(
            FailureKind::Terraform,
            format!("the lock of the check itself is held by {} since {}", lock.who, lock.created),
        )
        .hint(format!(
            "Another check may be running. If not, it was killed; to release its lock:\n{}",
            backend.unlock_commands(key, &lock.id)
        )));
    }
    Err(ended.failure(&format!("the backend {} answers, but takes no lock", backend.kind)))
}

/// Terraform makes an empty state file in order to lock it; it and its folders go again, if nothing else is in them.
fn tidy(backend: &Backend, key: &str) {
    if backend.kind != "local" {
        return;
    }
    let Some(root) = backend.config.get("path") else { return };
    let state = Path::new(root).join(format!("{key}.tfstate"));
    if std::fs::metadata(&state).is_ok_and(|file| file.len() == 0) {
        let _ = std::fs::remove_file(&state);
    }
    let folders = state.ancestors().skip(1).take_while(|folder| *folder != Path::new(root));
    for folder in folders {
        if std::fs::remove_dir(folder).is_err() {
            break;
        }
    }
}

/// What to add to a backend that locks only when told to.
///
/// Terraform's documentation: `s3` locks with `use_lockfile` (1.10 and later) or `dynamodb_table`, `http` with `lock_address`.
fn without_lock(backend: &Backend) -> Option<&'static str> {
    let has =
        |name: &str| backend.config.get(name).is_some_and(|value| !value.is_empty() && value != "false");
    match backend.kind.as_str() {
        "s3" if !has("use_lockfile") && !has("dynamodb_table") => {
            Some("Add --backend-config use_lockfile=true (Terraform 1.10 and later) or dynamodb_table=NAME.")
        }
        "http" if !has("lock_address") => Some("Add --backend-config lock_address=… and unlock_address=…"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backends_that_lock_only_when_told_to_are_known() {
        let needs = |kind: &str, settings: &[&str]| {
            let settings: Vec<String> = settings.iter().map(|text| (*text).to_owned()).collect();
            without_lock(&Backend::new(kind, &settings).ok().unwrap()).is_some()
        };
        assert!(needs("s3", &["bucket=b"]));
        assert!(needs("s3", &["bucket=b", "use_lockfile=false"]));
        assert!(!needs("s3", &["bucket=b", "use_lockfile=true"]));
        assert!(!needs("s3", &["bucket=b", "dynamodb_table=t"]));
        assert!(needs("http", &["address=https://h/{key}"]));
        assert!(!needs("local", &["path=/a"]));
    }

    #[test]
    fn what_locking_left_behind_goes_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("state");
        let backend = Backend::new("local", &[format!("path={}", root.display())]).ok().unwrap();
        std::fs::create_dir_all(root.join("octoferry/a/b")).unwrap();
        std::fs::write(root.join("octoferry/a/b/check.tfstate"), "").unwrap();
        std::fs::write(root.join("octoferry/a/space.tfstate"), "{}").unwrap();
        tidy(&backend, "octoferry/a/b/check");
        assert!(!root.join("octoferry/a/b").exists());
        assert!(root.join("octoferry/a/space.tfstate").exists());
        std::fs::remove_file(root.join("octoferry/a/space.tfstate")).unwrap();
        std::fs::create_dir_all(root.join("octoferry/a/b")).unwrap();
        tidy(&backend, "octoferry/a/b/check");
        assert_eq!(std::fs::read_dir(&root).unwrap().count(), 0);
    }
}
