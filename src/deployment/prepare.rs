//! What comes before the plan of a module: its state as it is, what a deployment that broke off has made, secrets out of old states.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use crate::backend::{self, Prepared};
use crate::deployment::entered::Maker;
use crate::deployment::existing::{self, Collision};
use crate::deployment::identity;
use crate::deployment::order::Folder;
use crate::deployment::ready::{Deployment, Ready};
use crate::deployment::supply::Declared;
use crate::deployment::token::Given;
use crate::finish::directory::Directory;
use documents::provisional::Ids;
use failure::Failure;
use failure::While as _;
use module::provider_lock;
use terraform::exchange::{self, Replacements};
use terraform::state::State;
use terraform::{HearsOfEnds, Terraform};

impl Deployment<'_> {
    /// Makes a module ready for Terraform, and looks for what stands in its way. Writes nothing at the destination, but for what a deployment that
    /// broke off has left and nothing can take over.
    ///
    /// # Errors
    /// A secret is missing, the backend can't be reached, or the destination refuses.
    pub async fn prepare(
        &self,
        module: &Folder,
        destination: &mut Directory,
        broke_off: bool,
    ) -> Result<Ready<'_>, Failure> {
        let directory = self.workplace.copy(&module.path, module.slug())?;
        let declared = Declared::read(&directory)?;
        let supply = self.supply(module, &declared)?;
        let given = Given::new(&module.manifest, &supply, &declared, &self.token_key);
        for (name, used) in &given.plain {
            self.ui.warning(&format!(
                "the secret {name} stands in Terraform's state in clear text: the module uses it in {used}, where octoferry is not on the way"
            ));
        }
        let key = self.place.key(&module.manifest.source, &backend::part_of_key(&module.manifest));
        let backend = match &self.backend {
            Some(backend) => Some(backend.prepare(&directory, &key, &self.streamed)?),
            None => None,
        };
        let mut environment = backend.as_ref().map(|backend| backend.environment.clone()).unwrap_or_default();
        self.share_provider(&mut environment)?;
        let mut terraform = self.terraform_in(directory);
        terraform.environment = environment;
        terraform.report = Box::new(|text| self.ui.info(text));
        terraform.ended = self.times_of(module);
        let is_named = terraform.directory.join(provider_lock::FILE).exists();
        terraform.init(backend.as_ref().map_or(&[], |backend| &backend.arguments)).await?;
        self.known.providers.look(&terraform.directory, is_named)?;
        self.bring_former_state(&terraform, &module.manifest).await?;
        let (state, text, unsent) = self.state_without_drafts(&terraform).await?;
        let broke_off = broke_off || unsent;
        let identities =
            identity::of_module(&terraform.directory, &state, self.allow_destroy && !self.plan_only)?;
        let (state, moved) = identity::align(&terraform, state, &identities, self.plan_only).await?;
        for text in moved {
            self.ui.info(&format!("  {text}"));
        }
        let left = given.in_place_of_secrets(&supply, &declared);
        self.take_secrets_out(&terraform, backend.as_ref(), &text, &left).await?;
        let existing::Existing { collisions, renamed } =
            existing::look(&module.manifest, &state, destination).await?;
        let open_tofu = self.program.name == "OpenTofu";
        let mut blocks = identity::retyping_blocks(&identities, &state, open_tofu);
        blocks.push_str(&identity::letting_go_blocks(&identities, &state, open_tofu));
        blocks.push_str(&existing::take_over_renamed(&terraform.directory, &renamed)?);
        let (own, collisions) = self.made_by_us(broke_off, collisions, destination).await?;
        let over = if self.adopt { &collisions } else { &own };
        blocks.push_str(&existing::import_blocks(over));
        let taken = existing::taken_by_relay(over);
        if !blocks.is_empty() {
            std::fs::write(terraform.directory.join("octoferry_existing.tf"), blocks)
                .while_doing("writing the import blocks")?;
        }
        Ok(Ready { terraform, backend, supply, given, declared, state, identities, collisions, taken })
    }

    /// Terraform in a folder of this deployment, quiet.
    pub(super) fn terraform_in(&self, directory: PathBuf) -> Terraform<'_> {
        Terraform::in_folder(self.program, directory, self.interrupt.clone(), &self.masker)
    }

    /// One download of the provider for all modules of this deployment.
    fn share_provider(&self, environment: &mut BTreeMap<OsString, OsString>) -> Result<(), Failure> {
        if crate::settings::environment_variable("TF_PLUGIN_CACHE_DIR").is_none() {
            let cache = self.workplace.path().join("providers");
            std::fs::create_dir_all(&cache).while_doing("making a folder for the provider")?;
            environment.insert("TF_PLUGIN_CACHE_DIR".into(), cache.into());
            environment.insert("TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE".into(), "1".into());
        }
        Ok(())
    }

    /// Takes the time of a module's processes.
    fn times_of(&self, module: &Folder) -> HearsOfEnds<'_> {
        let name = module.name().into_owned();
        Box::new(move |command, started| {
            self.known.times.add(&name, command, started, self.relay.first_request())
        })
    }

    /// The state; also whether an apply was killed before all was sent, or before the ids of that were known. Then what has none is not in it any
    /// more: what of it is there is taken over.
    async fn state_without_drafts(
        &self,
        terraform: &Terraform<'_>,
    ) -> Result<(State, Arc<terraform::Output>, bool), Failure> {
        let (state, text) = terraform.state_and_text().await?;
        let unsent = exchange::has_provisional(&text);
        if !unsent || self.plan_only {
            return Ok((state, text, unsent));
        }
        terraform.real_ids_in_state(&Ids::default()).await?;
        let (state, text) = terraform.state_and_text().await?;
        Ok((state, text, unsent))
    }

    /// Parts what a deployment that broke off has made from what others have. When it began, nothing of it was there. What can't be imported, and
    /// nobody else has touched, is deleted and made anew.
    async fn made_by_us(
        &self,
        broke_off: bool,
        collisions: Vec<Collision>,
        directory: &mut Directory,
    ) -> Result<(Vec<Collision>, Vec<Collision>), Failure> {
        if self.adopt || !broke_off {
            return Ok((Vec::new(), collisions));
        }
        let ids = collisions.iter().filter_map(Collision::document).map(str::to_owned).collect();
        let makers = self.witness.again().makers(&ids).await;
        let maker = |collision: &Collision| collision.document().and_then(|id| makers.get(id)).copied();
        let mut own = Vec::new();
        let mut others = Vec::new();
        for collision in collisions {
            match (maker(&collision), collision.can_be_taken_over()) {
                (Some(Maker::Others), _) => others.push(collision),
                (_, true) => {
                    let text = collision.text();
                    self.ui.info(&format!("  made by a deployment that broke off, taken over: {text}"));
                    own.push(collision);
                }
                (Some(Maker::Us { alone: true }), false) if !self.plan_only => {
                    let text = collision.text();
                    self.ui.info(&format!("  made by a deployment that broke off, made anew: {text}"));
                    existing::delete(&collision, directory).await?;
                }
                _ => others.push(collision),
            }
        }
        Ok((own, others))
    }

    /// Puts tokens in the place of secrets that an older octoferry gave to Terraform. The destination keeps what it has, and the plan finds nothing
    /// changed.
    async fn take_secrets_out(
        &self,
        terraform: &Terraform<'_>,
        backend: Option<&Prepared>,
        state: &[u8],
        secrets: &Replacements,
    ) -> Result<(), Failure> {
        let count = exchange::count(state, secrets)?;
        if count == 0 {
            return Ok(());
        }
        if self.plan_only {
            self.ui.warning(&format!(
                "the state holds secrets in clear text ({count}). A deployment puts tokens in their place first, which changes nothing at the destination; this plan shows that as changes."
            ));
            return Ok(());
        }
        let count = terraform.exchange_in_state(secrets).await?;
        let older = match (&self.backend, backend) {
            (Some(backend), Some(prepared)) => backend.forget_older(&prepared.key)?,
            _ => backend::OLDER_STATES.to_owned(),
        };
        self.ui.warning(&format!(
            "the state held secrets in clear text ({count}), from an older octoferry; tokens are in their place now. Older versions of the state file still hold them: {older}"
        ));
        Ok(())
    }
}
