//! States that an older octoferry kept under the destination's host name: they are brought to where they are looked for now.

use std::path::Path;

use crate::backend;
use crate::deployment::ready::Deployment;
use failure::{Failure, FailureKind, While as _};
use module::manifest::{Manifest, Origin};
use terraform::Terraform;
use terraform::memory_file::MemoryFile;
use terraform::state::is_blank;

impl Deployment<'_> {
    /// Brings a module's state to its key of today.
    pub(super) async fn bring_former_state(
        &self,
        terraform: &Terraform<'_>,
        manifest: &Manifest,
    ) -> Result<(), Failure> {
        if self.bring_former(terraform, &manifest.source, &backend::part_of_key(manifest)).await? {
            self.ui.info("  the state is kept by the destination's id now, so that it survives a new host name; the one by its host is used no more");
        }
        Ok(())
    }

    /// Where nothing is kept for a module (or the record of modules: `what` is the last part of its key), what the former key has becomes its own. The
    /// former one stays where it is, and is used no more. Whether there was one.
    pub(super) async fn bring_former(
        &self,
        terraform: &Terraform<'_>,
        source: &Origin,
        what: &str,
    ) -> Result<bool, Failure> {
        let Some(former) = self.place.former_key(source, what) else { return Ok(false) };
        if !is_blank(&terraform.state_text().await?) {
            return Ok(false);
        }
        let Some(backend) = &self.backend else { return Ok(false) };
        let directory = self.workplace.path().join("octoferry-former").join(what);
        let doing = "making a folder for a former state";
        std::fs::create_dir_all(&directory).while_doing(doing)?;
        std::fs::write(directory.join("main.tf"), "terraform {}\n").while_doing(doing)?;
        let prepared = backend.prepare(&directory, &former, &self.streamed)?;
        let mut there = self.terraform_in(directory);
        there.environment = prepared.environment.clone();
        there.init(&prepared.arguments).await?;
        let text = there.state_text().await?;
        if is_blank(&text) {
            return Ok(false);
        }
        let file = MemoryFile::with("octoferry-state", &text)?;
        if let Err(said) = terraform.push_state(Path::new(&file.path())).await? {
            return Err(Failure::new(
                FailureKind::Terraform,
                format!(
                    "the state of before, {former}, could not be brought to its new key; nothing was written:\n{}",
                    said.trim()
                ),
            ));
        }
        Ok(true)
    }
}
