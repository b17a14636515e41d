//! What finish made for an earlier module, and no module has any more.

use crate::finish::{Finish, described};
use documents::collection::Collection;
use failure::Failure;
use module::manifest::Manifest;

impl Finish<'_> {
    /// What is gone from the modules, and Terraform knows nothing of: it goes where that is allowed, else it is named.
    ///
    /// Assumption: an Insights report is deleted at the address of its published `PUT`. A server that refuses leaves it to a person.
    pub(super) async fn let_go(&mut self, manifest: &Manifest) -> Result<(), Failure> {
        let left = std::mem::take(&mut self.left);
        // Servers have these whatever the modules say.
        let left = left.into_iter().filter(|target| target.collection != Collection::RetentionPolicies);
        // Something else may have the name by now.
        let left = left.filter(|target| !manifest.makes.iter().any(|made| made.target == *target));
        for target in left {
            let what = described(&target);
            let Ok(Some(place)) = self.directory.find(&target).await else { continue };
            if self.lets_go {
                let result = self.directory.server.client.delete(&place.write).await;
                self.directory.forget();
                if result.is_ok() {
                    self.report.done.push(format!("deleted {what}, which is gone from the source"));
                }
                self.note_refusal(&target, result)?;
            } else {
                self.report.leave(format!(
                    "{what} is gone from the source, and stays: delete it, or deploy with --allow-destroy"
                ));
            }
        }
        Ok(())
    }
}
