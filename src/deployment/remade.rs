//! What was deleted at the source and made again under its name. It is another thing, though it gets the place of the former one at the destination:
//! nothing is destroyed for a name. What a person has entered there was meant for the former one, so it isn't given to the new one unasked: a feed's
//! password would go to another address.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::deployment::order::Folder;
use crate::deployment::ready::{Deployment, Ready};
use crate::finish::Finish;
use documents::collection::Collection;
use failure::Failure;
use module::identities::Identities;
use module::manifest::{FinishStep, FinishValue, SecretEntry, Target};

/// Secrets that nobody supplies, of things that are other ones than at the last deployment: what stands in their place was entered for those, or is
/// a placeholder.
pub(super) fn inherited<'m>(module: &'m Folder, ready: &Ready<'_>) -> Vec<&'m SecretEntry> {
    let remade = Remade::of(module, &ready.identities, &ready.state.identities);
    let secrets = module.manifest.secrets.iter();
    let unsupplied = secrets.filter(|secret| !ready.supply.found.contains_key(&secret.name));
    unsupplied.filter(|secret| remade.has(secret)).collect()
}

/// Why a deployment that was not told so stops at such a secret.
pub(super) fn reason(secret: &SecretEntry) -> String {
    format!(
        "{}: its owner was deleted at the source, and this is another one of its name; what a person has entered for the former one goes",
        secret.description
    )
}

struct Remade<'m> {
    documents: BTreeSet<Target>,
    parts: Vec<(&'m Target, &'m [Value])>,
}

impl<'m> Remade<'m> {
    fn of(module: &'m Folder, now: &Identities, earlier: &Identities) -> Self {
        let addresses = now.remade_since(earlier);
        let made = module.manifest.makes.iter().filter(|made| addresses.contains(&made.address));
        let by_finish = now.named_anew_since(earlier);
        let by_finish = by_finish.into_iter().map(|(collection, key)| Target { collection, key });
        let parts = module.manifest.parts.iter().filter(|part| addresses.contains(&part.address));
        Self {
            documents: made.map(|made| made.target.clone()).chain(by_finish).collect(),
            parts: parts.map(|part| (&part.target, part.path.as_slice())).collect(),
        }
    }

    fn has(&self, secret: &SecretEntry) -> bool {
        let target = Target { collection: secret.collection, key: secret.key.clone() };
        self.documents.contains(&target)
            || self.parts.iter().any(|(of, path)| **of == target && secret.path.starts_with(path))
    }
}

impl Deployment<'_> {
    /// Puts placeholders in the place of these secrets. Before the apply, whose state forgets what the things were: a run that was killed in between
    /// does it again. What can't be done now is left for finish.
    pub(super) async fn forget_inherited(
        &self,
        module: &Folder,
        ready: &mut Ready<'_>,
        secrets: &[&SecretEntry],
    ) -> Result<(), Failure> {
        let steps: Vec<FinishStep> = secrets.iter().filter_map(|secret| placeholder(secret)).collect();
        if steps.is_empty() {
            return Ok(());
        }
        let mut manifest = module.manifest.clone();
        manifest.finish.clone_from(&steps);
        manifest.held.clear();
        let nothing = Default::default();
        let report =
            Finish::new(self.destination.clone(), &nothing, &module.path).run(&manifest, false).await?;
        for done in &report.done {
            self.ui.info(&format!("  a placeholder again: {done}"));
        }
        if !report.failed.is_empty() {
            ready.supply.finish.extend(steps);
        }
        Ok(())
    }
}

/// The step that sets it. None for a certificate: what it is shows, and it is replaced as a whole. A place that no table knows is tried by its fields.
fn placeholder(secret: &SecretEntry) -> Option<FinishStep> {
    if secret.collection == Collection::Certificates {
        return None;
    }
    let text = secret.placeholder();
    let is_text = secret.collection == Collection::Variables;
    let value = if is_text { json!(text) } else { json!({"HasValue": true, "NewValue": text}) };
    let target = Target { collection: secret.collection, key: secret.key.clone() };
    if secret.path.is_empty() {
        let path = secret.field.split('/').map(Value::from).collect();
        return Some(FinishStep::Try { target, path, value });
    }
    Some(FinishStep::Set { target, path: secret.path.clone(), value: FinishValue::Json(value) })
}
