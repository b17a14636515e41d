//! What finish made for an earlier module, and no module has any more.

use crate::finish::directory::Located;
use crate::finish::{Finish, described};
use documents::collection::Collection;
use failure::Failure;
use module::manifest::Manifest;
use octopus::client::encode;

impl Finish<'_> {
    /// What is gone from the modules, and Terraform knows nothing of: it goes where that is allowed, else it is named.
    ///
    /// Assumption: an Insights report is deleted at the address of its published `PUT`. A server that refuses leaves it to a person.
    pub(super) async fn let_go(&mut self, manifest: &Manifest) -> Result<(), Failure> {
        for (target, source) in std::mem::take(&mut self.left) {
            // Servers have these whatever the modules say.
            if target.collection == Collection::RetentionPolicies {
                continue;
            }
            let what = described(&target);
            let named = self.directory.find(&target).await.ok().flatten();
            let Some(made) = self.made.get(&source).cloned() else {
                // Something else may have the name by now.
                let is_anothers = manifest.makes.iter().any(|made| made.target == target);
                if named.is_some() && !is_anothers {
                    self.report.leave(format!(
                        "{what} is gone from the source; whether the one of this name was made by octoferry is not recorded. Delete it, if nobody wants it"
                    ));
                }
                continue;
            };
            let place = match named.filter(|place| place.id == made) {
                Some(place) => Some(place),
                // It was renamed there, or what it belonged to was.
                None => self.by_id(target.collection, &made).await?,
            };
            let Some(place) = place else {
                self.report.deleted.insert(source);
                continue;
            };
            if self.lets_go {
                let result = self.directory.server.client.delete(&place.write).await;
                self.directory.forget();
                if result.is_ok() {
                    self.report.done.push(format!("deleted {what}, which is gone from the source"));
                    self.report.deleted.insert(source);
                }
                self.note_refusal(&target, result)?;
            } else {
                let text = format!(
                    "{what} is gone from the source, and stays ({made}): delete it, or deploy with --allow-destroy"
                );
                self.report.stays.push(text.clone());
                self.report.leave(text);
            }
        }
        Ok(())
    }

    /// Where the document of this id is, whatever it is called.
    async fn by_id(&self, collection: Collection, id: &str) -> Result<Option<Located>, Failure> {
        let server = &self.directory.server;
        let path = format!("{}/{}", collection.documents(server.space_id()), encode(id));
        let found = server.client.find(&path).await?;
        Ok(found.map(|_| Located { id: id.to_owned(), read: path.clone(), write: path }))
    }
}
