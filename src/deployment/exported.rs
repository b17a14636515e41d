//! Certificates by the API: whoever may export them needs no run that sees them. What can't be exported comes by typed variables, as ever.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::deployment::order::Folder;
use crate::ui::Ui;
use documents::collection::Collection;
use failure::Failure;
use module::manifest::{FinishStep, Manifest, SecretEntry};
use octopus::client::encode;
use octopus::server::Server;
use secret::Secret;

/// The permission to export a certificate with its private key.
pub const PERMISSION: &str = "CertificateExportPrivateKey";
/// What is said where the key hasn't got it.
pub const REFUSED: &str = "certificates come by their typed variables: the source API key may not export them (CertificateExportPrivateKey)";

/// Whether the modules hold certificates.
#[must_use]
pub fn has_any(modules: &[Folder]) -> bool {
    modules.iter().any(|module| wanted(&module.manifest).next().is_some())
}

/// Adds what the source exports of the modules' certificates to `given` (secrets by Octopus variable), and says of each by which way it comes.
/// The names of the variables that hold an export.
///
/// # Errors
/// When the source can't be reached. That it refuses is no error: then a step's variables have to do.
pub async fn add(
    source: &Server,
    modules: &[Folder],
    given: &mut BTreeMap<String, Secret>,
    ui: &Ui,
) -> Result<BTreeSet<String>, Failure> {
    let mut exact = BTreeSet::new();
    let list = source.client.list(&Collection::Certificates.list(source.space_id())).await?;
    for wanted in modules.iter().flat_map(|module| wanted(&module.manifest)) {
        let name = wanted.data.key.last().map(String::as_str).unwrap_or_default();
        let Some(certificate) = list.iter().find(|certificate| wanted.is(certificate)) else { continue };
        let variable = wanted.data.from.octopus_variable();
        let password_is_given =
            wanted.password.is_some_and(|entry| given.contains_key(entry.from.octopus_variable()));
        // It is exported as it was uploaded: a file that nobody could open would be of no use.
        if certificate["Password"]["HasValue"] == true && !password_is_given {
            ui.info(&format!(
                "certificate {name:?}: not exported, since its password is not known; by its typed variable"
            ));
            continue;
        }
        match export(source, certificate).await {
            Ok(data) => {
                let differs = given.get(variable).is_some_and(|typed| typed.expose() != data.expose());
                if differs {
                    ui.info(&format!(
                        "certificate {name:?}: by its typed variable, which has it as it was uploaded; the export is another file"
                    ));
                } else {
                    ui.info(&format!("certificate {name:?}: exported from the source"));
                    given.insert(variable.to_owned(), data);
                    exact.insert(variable.to_owned());
                }
            }
            Err(refused) if refused.is_forbidden() => {
                ui.info(REFUSED);
                return Ok(exact);
            }
            Err(refused) if refused.http_status.is_some() => {
                ui.info(&format!(
                    "certificate {name:?}: by its typed variable; the source does not export it: {refused}"
                ));
            }
            Err(other) => return Err(other),
        }
    }
    Ok(exact)
}

/// A certificate of a module.
struct Wanted<'m> {
    thumbprint: &'m str,
    data: &'m SecretEntry,
    password: Option<&'m SecretEntry>,
}

impl Wanted<'_> {
    /// Whether this is it, at the source. Where several have this thumbprint they are the same certificate.
    fn is(&self, certificate: &Value) -> bool {
        certificate["Thumbprint"].as_str().is_some_and(|print| print.eq_ignore_ascii_case(self.thumbprint))
    }
}

fn wanted(manifest: &Manifest) -> impl Iterator<Item = Wanted<'_>> {
    let entry = |name: &str| manifest.secrets.iter().find(|secret| secret.name == name);
    manifest.finish.iter().filter_map(move |step| match step {
        FinishStep::Certificate { thumbprint, data, password, .. } => {
            Some(Wanted { thumbprint, data: entry(data)?, password: password.as_deref().and_then(entry) })
        }
        _ => None,
    })
}

/// The file as it was uploaded, in base64.
///
/// Assumption: without `format` a server exports the file as it was uploaded, with its own password (`GET {s}/certificates/{id}/export`; the
/// reference doesn't say, the comments of the vendor's client do). Where a step has read the file, too, the step's is taken if they differ.
async fn export(source: &Server, certificate: &Value) -> Result<Secret, Failure> {
    let id = encode(certificate["Id"].as_str().unwrap_or_default());
    let with_key = if certificate["HasPrivateKey"] == false { "false" } else { "true" };
    let path = source.path(&format!("certificates/{id}/export?includePrivateKey={with_key}"));
    let bytes = source.client.download(&path).await?;
    let data = Secret::new(STANDARD.encode(&bytes));
    // The only owner of the bytes, unless a layer below has kept a part of them.
    if let Ok(bytes) = bytes.try_into_mut() {
        drop(Zeroizing::new(Vec::from(bytes)));
    }
    Ok(data)
}
