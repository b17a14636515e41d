//! One module through Terraform and finish: look, plan, apply, finish, plan again.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::deployment::apply::linked_by;
use crate::deployment::destruction;
use crate::deployment::existing::{self, Collision};
use crate::deployment::identity;
use crate::deployment::order::Folder;
use crate::deployment::ready::{Deployment, Ready};
use crate::deployment::refused::{Reason, Refused};
use crate::deployment::remade;
use crate::deployment::renames;
use crate::deployment::supply::{self, Became, Declared, Row, Supply};
use crate::finish::{Collects, Finish, Report, SecretOutcome};
use documents::inventory::Inventory;
use failure::Failure;
use module::TRIGGERS_HELD;
use module::identities::Identities;
use module::manifest::Note;
use terraform::Ended;
use terraform::lock::Lock;
use terraform::memory_file::MemoryFile;
use terraform::plan::{Plan, ResourceChange};

/// How one module ended.
pub struct Outcome {
    /// `3 to make, 0 to change, 0 to destroy`.
    pub summary: String,
    /// Whether the first plan had changes.
    pub changes: bool,
    /// What finish did; `None` when only a plan was asked for.
    pub finish: Option<Report>,
    /// What the second plan would still change.
    pub differences: Vec<String>,
    /// Every secret, and what became of it.
    pub secrets: Vec<Row>,
    /// What a person has to do.
    pub open: Vec<String>,
    /// The first plan as text, masked; in a step, where it becomes an artifact. Terraform has to be started for it.
    pub plan_text: Option<String>,
    /// What it takes to finish once more; `None` when nothing waits for projects.
    later: Option<Later>,
}

/// What finish needs again when projects are there that something waits for.
struct Later {
    identities: Identities,
    supply: Supply,
}

impl Deployment<'_> {
    /// Deploys one module, or only plans it.
    ///
    /// # Errors
    /// When Terraform or a server refuses. What was done until then is in the state: a later run goes on from there.
    pub async fn run(&self, module: &Folder, mut ready: Ready<'_>) -> Result<Outcome, Failure> {
        let variables = self.variables(&ready)?;
        self.relay.module_begins(&module.name()).await;
        self.relay.shows_roles_of_teams(ready.declared.has_roles_in_teams);
        self.relay.expect_steps(identity::steps(&module.manifest, &ready.identities, &ready.state));
        self.relay.expect_taken_over(std::mem::take(&mut ready.taken));
        self.relay.expect_state(&ready.state);
        self.relay.expect_templates(identity::templates(&ready.identities, &ready.state));
        self.relay.expect_tokens(ready.given.for_relay(&module.manifest, &ready.supply, &self.masker));
        self.make_before(module, &ready).await?;
        let plan = self.planned_without_what_is_gone(module, &mut ready, &variables).await?;
        let mut outcome = Outcome {
            summary: plan.summary(),
            changes: !plan.changes.is_empty(),
            finish: None,
            differences: Vec::new(),
            secrets: Vec::new(),
            open: Vec::new(),
            plan_text: self.plan_text(&ready, &plan).await?,
            later: None,
        };
        self.ui.info(&format!("  plan: {}", outcome.summary));
        self.refuse_destruction(module, &ready, &plan).await?;
        self.known.licence.check(&self.destination, &plan).await?;
        if self.plan_only {
            for change in &plan.changes {
                self.ui.info(&format!("  would {}", change.text()));
            }
            outcome.secrets = ready.supply.rows;
            return Ok(outcome);
        }
        if outcome.changes {
            let inherited = remade::inherited(module, &ready);
            self.forget_inherited(module, &mut ready, &inherited).await?;
            let mut freed = renames::give_free(&self.destination, &plan).await?;
            let mut there = self.known.there().ids.clone();
            freed.extend(renames::give_free_by_channel(&self.destination, &plan, &ready, &mut there).await?);
            self.known.there().ids.extend(there);
            for text in freed {
                self.ui.info(&format!("  {text}"));
            }
            self.relay.expect_linked(self.linked(module).await);
            self.apply(module, &ready, &plan).await?;
        }
        ready.terraform.stop_if_interrupted()?;
        ready.supply.finish.extend(identity::order_of_templates(&ready.identities, &ready.state));
        let report = self.finish(module, &ready.identities, &mut ready.supply).await?;
        ready.terraform.stop_if_interrupted()?;
        outcome.differences = self.plan_again(&ready, &variables).await?;
        outcome.open = open_things(module, &ready.supply, &report, &outcome.differences);
        self.tell_what_stays(module, &report, &mut outcome.open)?;
        outcome.secrets = std::mem::take(&mut ready.supply.rows);
        if !report.waits_for.is_empty() {
            outcome.later = Some(Later { identities: ready.identities, supply: ready.supply });
        }
        outcome.finish = Some(report);
        Ok(outcome)
    }

    /// Makes what Terraform's part of the module looks up.
    async fn make_before(&self, module: &Folder, ready: &Ready<'_>) -> Result<(), Failure> {
        if !self.plan_only {
            let there = self.known.there().clone();
            let steps = Finish::new(self.destination.clone(), &ready.supply.found, &module.path)
                .without(&there.nobodys)
                .knowing(&ready.identities, &there.ids);
            for refused in steps.before(&module.manifest).await? {
                self.ui.warning(&format!("before the plan: {refused}"));
            }
        }
        Ok(())
    }

    /// Adds what is gone from the source and stays to what is left to a person. `migrate` can ask whether it may go.
    fn tell_what_stays(
        &self,
        module: &Folder,
        report: &Report,
        open: &mut Vec<String>,
    ) -> Result<(), Failure> {
        let mut stays = self.left_projects(module);
        open.extend(stays.iter().cloned());
        stays.extend(report.stays.iter().cloned());
        if !stays.is_empty() {
            Refused { reason: Reason::Destroys, what: stays }.leave(self.ui)?;
        }
        Ok(())
    }

    /// Finishes a module once more, after the projects for which something in it waits.
    ///
    /// # Errors
    /// As finish does.
    pub async fn finish_later(&self, module: &Folder, outcome: &mut Outcome) -> Result<(), Failure> {
        let Some(Later { identities, mut supply }) = outcome.later.take() else { return Ok(()) };
        supply.rows = std::mem::take(&mut outcome.secrets);
        for row in &mut supply.rows {
            if row.became == Became::Finished(SecretOutcome::Waiting) {
                (row.became, row.open) = (Became::Found, false);
            }
        }
        let report = self.finish(module, &identities, &mut supply).await?;
        outcome.open = open_things(module, &supply, &report, &outcome.differences);
        outcome.open.extend(self.left_projects(module));
        outcome.secrets = supply.rows;
        outcome.finish = Some(report);
        Ok(())
    }

    /// The secrets that a module gets.
    ///
    /// # Errors
    /// When some are missing.
    pub fn supply(&self, module: &Folder, declared: &Declared) -> Result<Supply, Failure> {
        let are_raw = |variable: &str| self.raw || self.exact.contains(variable);
        supply::supply(&module.manifest, declared, &self.streamed, self.placeholders, are_raw)
    }

    /// How a module ends for which nothing is to do. `set`: the secrets that finish has set at the last deployment, `left`: what it has left to
    /// a person, `there`: what has been read of the destination.
    ///
    /// # Errors
    /// When the destination can't be asked for who has changed what.
    pub async fn unchanged(
        &self,
        module: &Folder,
        mut supply: Supply,
        set: &BTreeSet<String>,
        left: Vec<String>,
        there: Option<&Inventory>,
    ) -> Result<Outcome, Failure> {
        self.ui.info("  unchanged since the last deployment: 0 to make, 0 to change, 0 to destroy");
        for row in supply.rows.iter_mut().filter(|row| row.became == Became::Found) {
            let by_finish = set.contains(&row.name);
            row.became = if by_finish { Became::Finished(SecretOutcome::Set) } else { Became::Accepted };
        }
        self.look_for_entered(module, &mut supply, there).await?;
        let report = Report { open: left, ..Report::default() };
        let mut open = open_things(module, &supply, &report, &[]);
        open.extend(self.left_projects(module));
        Ok(Outcome {
            summary: "unchanged".to_owned(),
            changes: false,
            finish: None,
            later: None,
            differences: Vec::new(),
            open,
            secrets: supply.rows,
            plan_text: Some("Unchanged since the last deployment: Terraform was not needed.\n".to_owned()),
        })
    }

    async fn plan_text(&self, ready: &Ready<'_>, plan: &Plan) -> Result<Option<String>, Failure> {
        if !self.ui.in_step() {
            return Ok(None);
        }
        ready.terraform.plan_text(plan).await.map(Some)
    }

    /// The values of the module's Terraform variables, in a file that only Terraform can read.
    fn variables(&self, ready: &Ready<'_>) -> Result<MemoryFile, Failure> {
        let fixed = [
            ("octopus_url", json!(self.relay.url())),
            ("octopus_api_key", json!(self.relay.key().expose())),
            ("octopus_space_id", json!(self.destination.space_id())),
            ("enable_triggers", json!(self.enable_triggers)),
            // The relay makes them disabled.
            (TRIGGERS_HELD, json!(true)),
        ];
        supply::variables_file(&ready.supply, &ready.given, &ready.declared, &fixed)
    }

    /// Stops when anything is there already, in whichever module: before anything is written.
    ///
    /// # Errors
    /// All of it, or all that can't be taken over where that is asked for. A locked state is reported first: a killed run may have made
    /// these things.
    pub async fn refuse_collisions(&self, modules: &[(&Folder, &Ready<'_>)]) -> Result<(), Failure> {
        let in_the_way: Vec<(String, &[Collision])> = modules
            .iter()
            .map(|(module, ready)| (module.name().into_owned(), ready.collisions.as_slice()))
            .collect();
        if self.adopt {
            return existing::impossible(&in_the_way).map_or(Ok(()), Err);
        }
        let colliding = modules.iter().filter(|(_, ready)| !ready.collisions.is_empty());
        for (_, ready) in colliding.clone() {
            let open = self.relay.open();
            let (_, ended) = ready.terraform.plan(&self.variables(ready)?).await?;
            drop(open);
            if let Some(lock) = Lock::in_the_way(&ended.diagnostics) {
                return Err(self.locked(ready, &lock));
            }
        }
        let all: Vec<Value> = colliding
            .clone()
            .flat_map(|(module, ready)| ready.collisions.iter().map(|one| one.as_json(&module.name())))
            .collect();
        if all.is_empty() {
            return Ok(());
        }
        if self.ui.json() {
            self.ui.data(&json!({ "Collisions": all }).to_string());
        }
        let what =
            modules.iter().flat_map(|(_, ready)| ready.collisions.iter().map(Collision::text)).collect();
        Refused { reason: Reason::Exists, what }.leave(self.ui)?;
        let known = self.known.there();
        let of_gone = colliding.flat_map(|(_, ready)| &ready.collisions).filter_map(Collision::document);
        let of_gone = of_gone.filter_map(|id| known.stays.get(id));
        Err(of_gone.fold(existing::refusal(&in_the_way), |failure, text| failure.hint(text.clone())))
    }

    /// The first plan; a locked state is reported before anything else.
    /// A plan, after the state has forgotten what keeps the provider from planning or applying it.
    async fn planned_without_what_is_gone(
        &self,
        module: &Folder,
        ready: &mut Ready<'_>,
        variables: &MemoryFile,
    ) -> Result<Plan, Failure> {
        let mut plan = self.planned(module, ready, variables).await;
        if self.plan_only {
            return plan;
        }
        if plan.is_err() && self.forget_values_of_gone_tenants(ready).await? {
            plan = self.planned(module, ready, variables).await;
        }
        let plan = plan?;
        if self.forget_values_that_are_gone(ready, &plan).await? {
            return self.planned(module, ready, variables).await;
        }
        Ok(plan)
    }

    async fn planned(
        &self,
        module: &Folder,
        ready: &Ready<'_>,
        variables: &MemoryFile,
    ) -> Result<Plan, Failure> {
        self.relay.plan_begins();
        let open = self.relay.open();
        let (plan, ended) = ready.terraform.plan(variables).await?;
        drop(open);
        if let Some(lock) = Lock::in_the_way(&ended.diagnostics) {
            return Err(self.locked(ready, &lock));
        }
        self.warn(&ended);
        plan.ok_or_else(|| {
            ended.failure(&format!(
                "{} can't plan {:?}; nothing was written",
                self.program.name,
                module.name()
            ))
        })
    }

    pub(super) fn warn(&self, ended: &Ended) {
        for warning in ended.diagnostics.iter().filter(|diagnostic| !diagnostic.is_error()) {
            self.ui.warning(&warning.text());
        }
    }

    /// Stops before something is destroyed that nobody can bring back, or so much that somebody's rights may have shrunk.
    async fn refuse_destruction(
        &self,
        module: &Folder,
        ready: &Ready<'_>,
        plan: &Plan,
    ) -> Result<(), Failure> {
        let mut what =
            destruction::reasons(&self.destination, module, &ready.identities, &ready.state, plan).await?;
        what.extend(remade::inherited(module, ready).into_iter().map(remade::reason));
        if what.is_empty() || self.allow_destroy {
            return Ok(());
        }
        let list: Vec<String> = what.iter().map(|text| format!("  {text}")).collect();
        let message = format!("the plan would destroy these; nothing was written:\n{}", list.join("\n"));
        if self.plan_only {
            self.ui.warning(&message);
            return Ok(());
        }
        Refused { reason: Reason::Destroys, what }.leave(self.ui)?;
        Err(Failure::failed(message).hint(
            "Is it gone at the source, or taken out of the module, and is that meant? Then: --allow-destroy",
        ))
    }

    async fn finish(
        &self,
        module: &Folder,
        identities: &Identities,
        supply: &mut Supply,
    ) -> Result<Report, Failure> {
        let there = self.known.there().clone();
        let steps = Finish::new(self.destination.clone(), &supply.found, &module.path)
            .without(&there.nobodys)
            .knowing(identities, &there.ids)
            .letting_go(self.allow_destroy)
            .sharing(&self.known.common_values)
            .collecting(self.known.collects.as_ref().map(|collects| collects as &dyn Collects));
        let mut manifest = module.manifest.clone();
        manifest.finish.append(&mut supply.finish);
        let written = self.relay.linked_in_order();
        manifest.finish.retain(|step| linked_by(step).is_none_or(|(name, _)| !written.contains(name)));
        let report = steps.run(&manifest, self.enable_triggers).await.map_err(|failure| {
            failure.while_doing("finishing").hint("Terraform's part is done. Deploy again to finish.")
        })?;
        self.known.there().ids.extend(report.made.clone());
        self.known.there().gone.extend(report.deleted.clone());
        for done in &report.done {
            self.ui.info(&format!("  finish: set {done}"));
        }
        for row in &mut supply.rows {
            match report.secrets.get(&row.name).copied() {
                Some(set @ SecretOutcome::Set) if row.became == Became::Found => {
                    row.became = Became::Finished(set);
                }
                Some(SecretOutcome::Missing) => row.open = true,
                Some(waiting @ SecretOutcome::Waiting) => {
                    (row.became, row.open) = (Became::Finished(waiting), true);
                }
                None if row.became == Became::Found => row.became = Became::Accepted,
                Some(SecretOutcome::Set | SecretOutcome::Kept | SecretOutcome::Placeholder) | None => {}
            }
        }
        self.look_for_entered(module, supply, None).await?;
        if report.failed.is_empty() {
            return Ok(report);
        }
        let list: Vec<String> =
            report.failed.iter().map(|text| format!("  {}", self.masker.mask(text))).collect();
        Err(Failure::failed(format!(
            "Terraform's part is done; finish could not do these:\n{}",
            list.join("\n")
        ))
        .hint("Deploy again when the reason is gone: what is so already stays as it is."))
    }

    /// Closes secrets that a person has entered at the destination: all others that had no value here are placeholders of ours, or nothing.
    async fn look_for_entered(
        &self,
        module: &Folder,
        supply: &mut Supply,
        there: Option<&Inventory>,
    ) -> Result<(), Failure> {
        let mut asked = Vec::new();
        for entry in module.manifest.secrets.iter().filter(|entry| !supply.found.contains_key(&entry.name)) {
            let Some(row) = supply.rows.iter_mut().find(|row| row.name == entry.name && row.open) else {
                continue;
            };
            if self.done.contains(&module.manifest.name_of_secret(&entry.name)) {
                row.open = false;
                row.became = Became::SaidToBeEntered;
            } else {
                asked.push(entry);
            }
        }
        if asked.is_empty() {
            return Ok(());
        }
        let entered = self.witness.again().knowing(there).entered(&asked).await?;
        for row in supply.rows.iter_mut().filter(|row| entered.contains(&row.name)) {
            row.open = false;
            row.became = Became::ChangedByOthers;
        }
        Ok(())
    }

    /// The second plan: what it would still change.
    async fn plan_again(&self, ready: &Ready<'_>, variables: &MemoryFile) -> Result<Vec<String>, Failure> {
        // What was taken over is in the state now.
        let _ = std::fs::remove_file(ready.terraform.directory.join("octoferry_existing.tf"));
        self.relay.plan_begins();
        let open = self.relay.open();
        let (plan, ended) = ready.terraform.plan(variables).await?;
        drop(open);
        let plan = plan
            .ok_or_else(|| ended.failure("everything is applied, but the plan that should show it fails"))?;
        let differences: Vec<String> = plan.changes.iter().map(ResourceChange::text).collect();
        if differences.is_empty() {
            self.ui.info("  a second plan is empty: the destination is as the module says");
        }
        Ok(differences)
    }
}

/// What a person has to do after this module.
fn open_things(module: &Folder, supply: &Supply, report: &Report, differences: &[String]) -> Vec<String> {
    let secrets = supply
        .rows
        .iter()
        .filter(|row| row.open)
        .map(|row| format!("secret: {}: {}", row.description, row.became));
    let notes = module.manifest.notes.iter();
    let notes = notes.filter(|note| note.needs_person() && !note.is_about_secret()).map(Note::task);
    let differences = differences.iter().map(|text| format!("the second plan would still {text}"));
    secrets.chain(report.open.iter().cloned()).chain(notes).chain(differences).collect()
}

impl Outcome {
    /// Whether something waits for projects that are not at the destination.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.later.is_some()
    }

    /// The secrets that finish has set.
    #[must_use]
    pub fn set_by_finish(&self) -> BTreeSet<String> {
        let set = self.secrets.iter().filter(|row| row.became == Became::Finished(SecretOutcome::Set));
        set.map(|row| row.name.clone()).collect()
    }

    /// For `--json`.
    #[must_use]
    pub fn as_json(&self, name: &str) -> Value {
        let secrets: Vec<Value> = self.secrets.iter().map(Row::as_json).collect();
        json!({
            "Module": name,
            "Plan": self.summary,
            "Changes": self.changes,
            "Finished": self.finish.as_ref().map(|report| &report.done),
            "Differences": self.differences,
            "Secrets": secrets,
            "Open": self.open,
        })
    }
}
