//! Whether Terraform has the provider that deployments had before: the same version must be the same bytes.
//!
//! What a provider was is recorded after a good deployment, beside the states. Another version is another provider, and no question of trust between two
//! deployments; the same version with other files never is what its maker published. A module that brings a lock file of its own
//! ([`provider_lock`]) is held to that by Terraform itself.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

use failure::{Failure, FailureKind};
use module::provider_lock::{self, Locked};

/// Digests of providers' unpacked files, by address, version and platform.
pub type Digests = BTreeMap<String, String>;

/// What is known of the providers of one deployment.
#[derive(Default)]
pub struct Providers {
    /// Of deployments before.
    recorded: OnceLock<Digests>,
    /// Of this one.
    seen: Mutex<Digests>,
}

impl Providers {
    /// Takes notice of what deployments before had; said once.
    pub fn remember(&self, recorded: &Digests) {
        let _ = self.recorded.set(recorded.clone());
    }

    /// Looks at what `terraform init` has chosen for the module in this folder. The provider has not been started then. `is_named`: the module has
    /// brought a lock file, which counts for more than what was before.
    ///
    /// # Errors
    /// When it is another one than before, of the same version.
    pub fn look(&self, folder: &Path, is_named: bool) -> Result<(), Failure> {
        let text = std::fs::read_to_string(folder.join(provider_lock::FILE)).unwrap_or_default();
        for locked in provider_lock::parse(&text).unwrap_or_default() {
            let Some((name, digest)) = digest(&locked) else { continue };
            if let Some(before) = self.recorded.get().and_then(|recorded| recorded.get(&name))
                && *before != digest
                && !is_named
            {
                return Err(Failure::new(
                    FailureKind::Terraform,
                    format!(
                        "the provider {} {} has other files than at the last deployment, under the same version ({digest}; it was {before}), so it was not started",
                        locked.address, locked.version
                    ),
                )
                .hint("Who changed the provider, or its mirror? If it is meant, say so with a lock file of it: octoferry seed (or serialize) --provider-lock FILE"));
            }
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(name, digest);
        }
        Ok(())
    }

    /// What this deployment has.
    #[must_use]
    pub fn seen(&self) -> Digests {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What tells a provider from others: `None` where the lock does not tell which of its digests is of this platform's files.
fn digest(locked: &Locked) -> Option<(String, String)> {
    let mut unpacked = locked.hashes.iter().filter(|hash| hash.starts_with("h1:"));
    let digest = unpacked.next().filter(|_| unpacked.next().is_none())?;
    let platform = format!("{}_{}", std::env::consts::OS, std::env::consts::ARCH);
    Some((format!("{} {} {platform}", locked.address, locked.version), digest.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looked(providers: &Providers, version: &str, hashes: &str) -> Result<(), Failure> {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "provider \"example.com/a/b\" {{\n  version = \"{version}\"\n  hashes = [\n{hashes}  ]\n}}\n"
        );
        std::fs::write(folder.path().join(provider_lock::FILE), text).unwrap();
        providers.look(folder.path(), false)
    }

    #[test]
    fn the_same_version_is_the_same_bytes() {
        let first = Providers::default();
        looked(&first, "1.17.0", "\"h1:a\",\n\"zh:z\",\n").unwrap();
        let next = Providers::default();
        next.remember(&first.seen());
        looked(&next, "1.17.0", "\"h1:a\",\n").unwrap();
        looked(&next, "1.17.1", "\"h1:b\",\n").unwrap();
        let refused = looked(&next, "1.17.0", "\"h1:b\",\n").unwrap_err();
        assert!(refused.to_string().contains("example.com/a/b 1.17.0 has other files"), "{refused}");
        assert_eq!(next.seen().len(), 2, "what was refused is not recorded: {:?}", next.seen());
    }

    #[test]
    fn what_can_not_be_compared_is_no_reason_to_stop() {
        let next = Providers::default();
        next.remember(&BTreeMap::new());
        looked(&next, "1.17.0", "\"h1:a\",\n\"h1:b\",\n").unwrap();
        looked(&next, "1.17.0", "\"zh:a\",\n").unwrap();
        next.look(Path::new("/nowhere"), false).unwrap();
        assert!(next.seen().is_empty());
    }
}
