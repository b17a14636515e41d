//! The apply of one module: Terraform, what the relay has kept back until its end, and the state.

use serde_json::{Value, json};

use crate::deployment::order::Folder;
use crate::deployment::ready::{Deployment, Ready};
use crate::deployment::state::is_about_the_state;
use crate::relay;
use documents::collection::Collection;
use failure::Failure;
use module::manifest::{FinishStep, FinishValue};
use terraform::plan::Plan;

impl Deployment<'_> {
    /// Applies a plan. What Terraform has written part by part is sent, and its ids are put into the state, however it ended.
    pub(super) async fn apply(&self, module: &Folder, ready: &Ready<'_>, plan: &Plan) -> Result<(), Failure> {
        self.relay.apply_begins(plan.tags.clone()).await;
        let open = self.relay.open();
        let ended = ready.terraform.apply(plan).await;
        drop(open);
        let sent = self.relay.apply_ends().await;
        let ended = ended?;
        // The state of an apply names parts of documents as they were called before these were sent.
        let not_saved = ready.terraform.directory.join("errored.tfstate");
        if not_saved.exists() {
            ready.terraform.real_ids_in_file(&not_saved, &sent.ids)?;
        }
        let saved = self.save_state(ready, &ended).await?;
        let has_parts = !sent.ids.real.is_empty() || !sent.refused.is_empty();
        if !sent.ids.awaited.is_empty() {
            self.keep(module, ready);
        }
        let exchanged = if has_parts { ready.terraform.real_ids_in_state(&sent.ids).await } else { Ok(()) };
        if let Some(reason) = self.interrupt.reason() {
            return Err(Failure::failed(format!(
                "stopped: {reason}. {} has saved in its state what was done",
                self.program.name
            ))
            .hint("Deploy again to go on from there."));
        }
        self.warn(&ended);
        let refused = self.refused(&sent.refused);
        let only_the_state =
            saved && ended.diagnostics.iter().filter(|error| error.is_error()).all(is_about_the_state);
        if ended.success || only_the_state {
            exchanged?;
            return refused.map_or(Ok(()), |text| {
                Err(Failure::failed(text)
                    .hint("Mend what it says, then deploy again: everything else is done."))
            });
        }
        let failure = ended
            .failure(&format!("{} could not do everything; what was done is in the state", self.program.name))
            .hint("Mend what the message says, then deploy again: it goes on from there.");
        let exchange = exchanged.err().map(|failure| failure.message);
        Err(refused.into_iter().chain(exchange).fold(failure, Failure::hint))
    }

    /// The order in which projects of the module link library variable sets, as finish would set it.
    pub(super) async fn linked(&self, module: &Folder) -> relay::Linked {
        let mut linked = relay::Linked::new();
        let mut directory = self.known.lookups.lock().await;
        for (name, value) in module.manifest.finish.iter().filter_map(linked_by) {
            let mut ids = directory.resolved(value).await;
            if ids.is_err() {
                // The space's module has made it since.
                directory.forget();
                ids = directory.resolved(value).await;
            }
            // What is not there finish names.
            if let Ok(Value::Array(ids)) = ids {
                let ids = ids.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                linked.insert(name.to_owned(), ids);
            }
        }
        linked
    }

    /// What the destination did not take of documents that were sent: the state does not have it, so the next run makes it.
    pub(super) fn refused(&self, refused: &[relay::Refused]) -> Option<String> {
        let list: Vec<String> =
            refused.iter().map(|refused| format!("  {}", self.masker.mask(&refused.text))).collect();
        (!list.is_empty()).then(|| format!("the destination did not take these:\n{}", list.join("\n")))
    }
}

/// The project whose linked library variable sets a step of finish puts in order, and these.
pub(super) fn linked_by(step: &FinishStep) -> Option<(&str, &Value)> {
    let FinishStep::Set { target, path, value: FinishValue::Json(value) } = step else { return None };
    let (Collection::Projects, [name]) = (target.collection, target.key.as_slice()) else { return None };
    (*path == [json!("IncludedLibraryVariableSetIds")]).then_some((name, value))
}
