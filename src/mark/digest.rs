//! What a seeded step was made for, as digests in the step: a key is used for that server and space alone, a state kept in that backend alone.
//!
//! Addresses stand in the step as they are, so a variable of the same name can't change them. The digests hold the keys to them too: each
//! is made with the key of the modules and covers the API key, so that a variable of a project can't take the place of one of the library
//! set either. Only who may edit the step itself could change both, and could run anything anyway.

use hmac::Mac as _;

use failure::Failure;
use module::seal;
use octopus::role::Role;
use secret::Secret;

/// Which server a step talks to, or where its state is kept.
#[derive(Clone, Copy)]
pub enum Made<'a> {
    ForServer { role: Role, url: &'a str, space: &'a str, key: &'a Secret },
    ForBackend { kind: &'a str, settings: &'a [String] },
}

impl Made<'_> {
    /// The digest that seed writes into the step.
    #[must_use]
    pub fn digest(&self, module_key: &Secret) -> String {
        let digest = match self {
            Self::ForServer { role, url, space, key } => {
                seal::keyed(module_key, &["octoferry step 1", role.name(), url, space, key.expose()])
            }
            Self::ForBackend { kind, settings } => {
                let mut texts = vec!["octoferry step 1", "backend", kind];
                texts.extend(settings.iter().map(String::as_str));
                seal::keyed(module_key, &texts)
            }
        };
        seal::hex(&digest.finalize().into_bytes())
    }

    /// Looks whether a step is what seed made.
    ///
    /// # Errors
    /// When it is not.
    pub fn verify(&self, digest: &str, module_key: &Secret) -> Result<(), Failure> {
        if self.digest(module_key) == digest {
            return Ok(());
        }
        let what = match self {
            Self::ForServer { role, .. } => {
                format!(
                    "the {role} server, its space or its API key is not the one that octoferry seed made this step for"
                )
            }
            Self::ForBackend { .. } => {
                "the backend of the state is not the one that octoferry seed made this step for".to_owned()
            }
        };
        Err(Failure::failed(format!("{what}; nothing was sent there"))
            .hint("Does a variable Octoferry.… of the project, or of another library variable set, take the place of one of the set \"Octoferry\"? octoferry check names it; remove it.")
            .hint("If the keys or addresses are meant to be new: run octoferry seed again."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_for_one_server_and_space() {
        let secret = |text: &str| Secret::new(text.to_owned());
        let (module_key, key, other_key) = (secret("module key"), secret("API-1"), secret("API-2"));
        let of = |role, url, space, key| Made::ForServer { role, url, space, key };
        let made = of(Role::Destination, "https://new.example", "Spaces-2", &key);
        let digest = made.digest(&module_key);
        assert!(made.verify(&digest, &module_key).is_ok());
        for other in [
            of(Role::Source, "https://new.example", "Spaces-2", &key),
            of(Role::Destination, "https://evil.example", "Spaces-2", &key),
            of(Role::Destination, "https://new.exampleS", "paces-2", &key),
            of(Role::Destination, "https://new.example", "Spaces-3", &key),
            of(Role::Destination, "https://new.example", "Spaces-2", &other_key),
        ] {
            assert!(other.verify(&digest, &module_key).is_err());
        }
        assert!(made.verify(&digest, &secret("another")).is_err());
        assert!(made.verify("", &module_key).is_err());
        let backend = Made::ForBackend { kind: "s3", settings: &["bucket=a".to_owned()] };
        let other = Made::ForBackend { kind: "s3", settings: &["bucket=b".to_owned()] };
        assert!(other.verify(&backend.digest(&module_key), &module_key).is_err());
    }
}
