//! Logos: files of the module, uploaded where the destination has other bytes.

use super::{Finish, described};
use failure::Failure;
use module::manifest::Target;

impl Finish<'_> {
    /// Uploads a logo, unless it is there already.
    pub(super) async fn logo(&mut self, target: &Target, file: &str) -> Result<(), Failure> {
        let what = described(target);
        let Some(place) = self.directory.find(target).await? else {
            self.report.failed.push(format!("{what} is not at the destination"));
            return Ok(());
        };
        // The manifest was checked when it was read, but a path must never leave the module.
        let inside = !file.split('/').any(|part| part.is_empty() || part == "..");
        let Some(content) = inside.then(|| std::fs::read(self.folder.join(file)).ok()).flatten() else {
            self.report.failed.push(format!("the logo of {what}: the module has no file {file:?}"));
            return Ok(());
        };
        let client = &self.directory.server.client;
        let path = format!("{}/logo", place.read);
        // A server without a logo answers its own picture, or nothing.
        if client.download(&path).await.is_ok_and(|bytes| bytes == content) {
            self.report.already += 1;
            return Ok(());
        }
        let name = file.rsplit('/').next().unwrap_or(file);
        client.upload(&path, name, content.clone()).await?;
        if client.download(&path).await.is_ok_and(|bytes| bytes == content) {
            self.report.done.push(format!("the logo of {what}"));
        } else {
            self.report.leave(format!("the logo of {what}: the destination did not keep it as it is"));
        }
        Ok(())
    }
}
