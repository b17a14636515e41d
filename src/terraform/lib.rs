//! Terraform, or OpenTofu: finds it, checks its version, runs it. The only place that starts a process.
//!
//! `process` starts and interrupts, `program` finds, `working_copy` holds what Terraform works in, `memory_file` holds what must not lie on
//! a disk, `plan` and `output` read what Terraform says.

#![cfg_attr(not(test), warn(clippy::too_many_lines, clippy::fn_params_excessive_bools))]

pub mod exchange;
pub mod lock;
pub mod memory_file;
mod moves;
pub mod output;
pub mod plan;
pub mod planned_tags;
pub mod process;
pub mod program;
pub mod state;
pub mod working_copy;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use zeroize::Zeroizing;

use documents::provisional;
use exchange::Replacements;
use failure::{Failure, FailureKind, While as _};
use memory_file::MemoryFile;
use module::provider_lock;
use output::{Diagnostic, Progress};
use plan::Plan;
use process::{Environment, Interrupt, Invocation};
use program::Program;
use secret::mask::Masker;
use state::State;

/// Is told the command of a process, and when it was started.
pub type HearsOfEnds<'a> = Box<dyn Fn(&str, Instant) + 'a>;

/// One module's folder, and everything that Terraform needs to work in it.
pub struct Terraform<'a> {
    pub program: &'a Program,
    /// The working copy.
    pub directory: PathBuf,
    /// Variables of Terraform's own environment, besides [`base_environment`].
    pub environment: BTreeMap<OsString, OsString>,
    pub interrupt: Interrupt,
    pub masker: &'a Masker,
    /// Hears what goes on, for a person; masked.
    pub report: Box<dyn Fn(&str) + 'a>,
    /// Hears of each process that has ended: its command (`plan`), and when it was started.
    pub ended: HearsOfEnds<'a>,
    /// The state as it was read last, until this one writes it: a backend asks a store for it each time. Another run may have written it meanwhile;
    /// Terraform compares serial numbers and takes no state that was made of an older one.
    pulled: Mutex<Option<Arc<Output>>>,
}

/// How a plan or an apply ended.
pub struct Ended {
    pub success: bool,
    /// What Terraform reported, errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
}

impl<'a> Terraform<'a> {
    /// One that says nothing to anybody, in an environment without additions.
    #[must_use]
    pub fn in_folder(
        program: &'a Program,
        directory: PathBuf,
        interrupt: Interrupt,
        masker: &'a Masker,
    ) -> Self {
        Self {
            program,
            directory,
            environment: BTreeMap::new(),
            interrupt,
            masker,
            report: Box::new(|_| {}),
            ended: Box::new(|_, _| {}),
            pulled: Mutex::default(),
        }
    }
}

impl Terraform<'_> {
    /// Prepares backend and provider.
    ///
    /// # Errors
    /// What Terraform said, masked; or that it was interrupted.
    pub async fn init(&self, backend_arguments: &[String]) -> Result<(), Failure> {
        self.pulled().take();
        let mut arguments =
            vec!["init".to_owned(), "-input=false".into(), "-no-color".into(), "-reconfigure".into()];
        arguments.extend(backend_arguments.iter().cloned());
        if self.directory.join(provider_lock::FILE).exists() {
            // Without it Terraform adds what the lock does not name.
            arguments.push("-lockfile=readonly".into());
        }
        let ended = self.run(arguments, &self.interrupt, |_| {}).await?;
        self.stop_if_interrupted()?;
        if ended.success {
            return Ok(());
        }
        let said = self.masker.mask(&ended.stderr_or_stdout());
        Err(self.recognised(&said).unwrap_or_else(|| {
            Failure::new(
                FailureKind::Terraform,
                format!("{} init failed:\n{}", self.program.name, said.trim()),
            )
        }))
    }

    /// Looks whether the folder's files are valid; the providers are started for that.
    ///
    /// # Errors
    /// What Terraform said, masked; or that it was interrupted.
    pub async fn validate(&self) -> Result<(), Failure> {
        let arguments = vec!["validate".to_owned(), "-no-color".into()];
        let ended = self.run(arguments, &self.interrupt, |_| {}).await?;
        self.stop_if_interrupted()?;
        if ended.success {
            return Ok(());
        }
        let said = self.masker.mask(&ended.stderr_or_stdout());
        let what = format!("{} validate failed:\n{}", self.program.name, said.trim());
        Err(Failure::new(FailureKind::Terraform, what))
    }

    /// The state as the backend has it; empty when there is none yet.
    ///
    /// # Errors
    /// What Terraform said, masked.
    pub async fn state(&self) -> Result<State, Failure> {
        State::parse(&self.state_text().await?)
    }

    /// The same as text; it may hold secrets.
    ///
    /// # Errors
    /// What Terraform said, masked.
    pub async fn state_text(&self) -> Result<Arc<Output>, Failure> {
        let read = self.pull(&self.interrupt).await;
        self.stop_if_interrupted()?;
        read?.map_err(|said| {
            Failure::new(FailureKind::Terraform, format!("the state can't be read:\n{}", said.trim()))
        })
    }

    /// The state as text: read from the backend, unless nothing was written since that was done last. `Ok(Err(said))`: why Terraform could not.
    async fn pull(&self, interrupt: &Interrupt) -> Result<Result<Arc<Output>, String>, Failure> {
        if let Some(text) = self.pulled().clone() {
            return Ok(Ok(text));
        }
        let ended = self.run(vec!["state".into(), "pull".into()], interrupt, |_| {}).await?;
        if !ended.success {
            return Ok(Err(self.masker.mask(&ended.stderr_or_stdout())));
        }
        let text = Arc::new(ended.stdout);
        *self.pulled() = Some(Arc::clone(&text));
        Ok(Ok(text))
    }

    fn pulled(&self) -> MutexGuard<'_, Option<Arc<Output>>> {
        self.pulled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives what stands in the state other addresses (there → here), in one write: it is done as a whole or not at all.
    ///
    /// # Errors
    /// When Terraform can't be run, or the backend does not take the state: another run may have written it meanwhile.
    pub async fn move_in_state(&self, moves: &BTreeMap<String, String>) -> Result<State, Failure> {
        let after = Zeroizing::new(moves::moved(&self.state_text().await?, moves)?);
        self.replace_state(&after, "what was renamed at the source could not get its address in the state")
            .await
    }

    /// Takes resources out of the state, in one write; nothing is done to what they stand for.
    ///
    /// # Errors
    /// As [`Terraform::move_in_state`].
    pub async fn forget_in_state(&self, addresses: &BTreeSet<String>) -> Result<State, Failure> {
        let after = Zeroizing::new(moves::without(&self.state_text().await?, addresses)?);
        self.replace_state(
            &after,
            "what is not at the destination any more could not be taken out of the state",
        )
        .await
    }

    async fn replace_state(&self, after: &[u8], otherwise: &str) -> Result<State, Failure> {
        let file = MemoryFile::with("octoferry-state", after)?;
        match self.push_state(std::path::Path::new(&file.path())).await? {
            Ok(()) => State::parse(after),
            Err(said) => Err(Failure::new(
                FailureKind::Terraform,
                format!("{otherwise}; nothing was written:\n{}", said.trim()),
            )),
        }
    }

    /// The state as the backend has it, and its text.
    ///
    /// # Errors
    /// What Terraform said, masked.
    pub async fn state_and_text(&self) -> Result<(State, Arc<Output>), Failure> {
        let text = self.state_text().await?;
        Ok((State::parse(&text)?, text))
    }

    /// Takes secrets out of the state, in one write.
    ///
    /// # Errors
    /// When Terraform can't be run, or the backend does not take the state: another run may have written it meanwhile.
    pub async fn exchange_in_state(&self, replacements: &Replacements) -> Result<usize, Failure> {
        let Some((after, count)) = exchange::exchanged(&self.state_text().await?, replacements)? else {
            return Ok(0);
        };
        let after = Zeroizing::new(after);
        let file = MemoryFile::with("octoferry-state", &after)?;
        match self.push_state(std::path::Path::new(&file.path())).await? {
            Ok(()) => Ok(count),
            Err(said) => Err(Failure::new(
                FailureKind::Terraform,
                format!(
                    "the secrets that an older octoferry left in the state could not be taken out of it; nothing was written:\n{}",
                    said.trim()
                ),
            )),
        }
    }

    /// Puts the ids that the server has given in the place of provisional ones, in one write of the state; what got none is taken out. Done also when
    /// somebody wants us to stop.
    ///
    /// # Errors
    /// When Terraform can't be run, or the backend does not take the state.
    pub async fn real_ids_in_state(&self, ids: &provisional::Ids) -> Result<(), Failure> {
        let trouble = |said: &str| {
            let what = "the ids of what was made could not be put into the state";
            Failure::new(FailureKind::Terraform, format!("{what}:\n{}", said.trim()))
                .hint("Deploy again: it takes over what is there.")
        };
        let text = self.pull(&Interrupt::never()).await?.map_err(|said| trouble(&said))?;
        let Some(after) = exchange::with_real_ids(&text, ids)? else { return Ok(()) };
        let after = Zeroizing::new(after);
        let file = MemoryFile::with("octoferry-state", &after)?;
        self.push_state(std::path::Path::new(&file.path())).await?.map_err(|said| trouble(&said))
    }

    /// The same in a file that the backend did not take.
    ///
    /// # Errors
    /// When it can't be read or written.
    pub fn real_ids_in_file(&self, file: &std::path::Path, ids: &provisional::Ids) -> Result<(), Failure> {
        let before = Zeroizing::new(std::fs::read(file).while_doing("reading the state")?);
        if let Some(after) = exchange::with_real_ids(&before, ids)? {
            // In its place: it keeps who may read it.
            std::fs::write(file, Zeroizing::new(after)).while_doing("writing the state")?;
        }
        Ok(())
    }

    /// Makes a plan in memory. `None` for the plan when Terraform failed; the diagnostics say why.
    ///
    /// # Errors
    /// When Terraform can't be run, or was interrupted.
    pub async fn plan(&self, variables: &MemoryFile) -> Result<(Option<Plan>, Ended), Failure> {
        let file = MemoryFile::empty("octoferry-plan")?;
        let arguments = vec![
            "plan".to_owned(),
            "-input=false".into(),
            "-json".into(),
            format!("-var-file={}", variables.path()),
            format!("-out={}", file.path()),
        ];
        let ended = self.talk(arguments, Progress::quiet()).await?;
        self.stop_if_interrupted()?;
        if !ended.success {
            return Ok((None, ended));
        }
        let shown =
            self.run(vec!["show".into(), "-json".into(), file.path()], &self.interrupt, |_| {}).await?;
        self.stop_if_interrupted()?;
        if !shown.success {
            let said = self.masker.mask(&shown.stderr_or_stdout());
            return Err(Failure::new(
                FailureKind::Terraform,
                format!("the plan can't be read:\n{}", said.trim()),
            ));
        }
        Ok((Some(Plan::parse(file, &shown.stdout)?), ended))
    }

    /// The plan as text, masked.
    ///
    /// # Errors
    /// When Terraform can't show it.
    pub async fn plan_text(&self, plan: &Plan) -> Result<String, Failure> {
        let shown = self
            .run(vec!["show".into(), "-no-color".into(), plan.file.path()], &self.interrupt, |_| {})
            .await?;
        self.stop_if_interrupted()?;
        Ok(self.masker.mask(&String::from_utf8_lossy(&shown.stdout)))
    }

    /// Applies the plan, one line per resource. An interruption is passed on once, and the end is waited for: the state is saved then.
    ///
    /// # Errors
    /// When Terraform can't be run.
    pub async fn apply(&self, plan: &Plan) -> Result<Ended, Failure> {
        self.pulled().take();
        let arguments = vec!["apply".to_owned(), "-input=false".into(), "-json".into(), plan.file.path()];
        self.talk(arguments, Progress::of_apply(plan.changing())).await
    }

    /// Gives a state file to the backend again that it could not take.
    ///
    /// # Errors
    /// When Terraform can't be run; `Ok(Err(said))` when the backend still refuses.
    pub async fn push_state(&self, file: &std::path::Path) -> Result<Result<(), String>, Failure> {
        let arguments = vec!["state".to_owned(), "push".into(), file.display().to_string()];
        // Not interrupted: it is the last chance for the state.
        let ended = self.run(arguments, &Interrupt::never(), |_| {}).await?;
        // Refused or not: what was read is of no more use.
        self.pulled().take();
        Ok(if ended.success { Ok(()) } else { Err(self.masker.mask(&ended.stderr_or_stdout())) })
    }

    /// Takes a lock away; for one that this run itself left behind.
    ///
    /// # Errors
    /// When Terraform can't be run.
    pub async fn release_lock(&self, id: &str) -> Result<(), Failure> {
        let arguments = vec!["force-unlock".to_owned(), "-force".into(), id.to_owned()];
        self.run(arguments, &Interrupt::never(), |_| {}).await?;
        Ok(())
    }

    /// Runs a command that talks JSON lines, and tells a person what happens.
    async fn talk(&self, arguments: Vec<String>, mut progress: Progress) -> Result<Ended, Failure> {
        let ended = self
            .run(arguments, &self.interrupt, |line| {
                if let Some(text) = progress.line(line) {
                    (self.report)(&self.masker.mask(&text));
                }
            })
            .await?;
        let mut diagnostics = progress.diagnostics;
        if !ended.success && !diagnostics.iter().any(Diagnostic::is_error) {
            diagnostics.push(Diagnostic::error(ended.stderr_or_stdout().trim()));
        }
        for diagnostic in &mut diagnostics {
            diagnostic.mask(self.masker);
        }
        Ok(Ended { success: ended.success, diagnostics })
    }

    async fn run(
        &self,
        arguments: Vec<String>,
        interrupt: &Interrupt,
        each_line: impl FnMut(&str),
    ) -> Result<process::Ended, Failure> {
        let command = arguments.first().cloned().unwrap_or_default();
        let started = Instant::now();
        let ended = self.invocation(arguments).run(interrupt, each_line).await;
        (self.ended)(&command, started);
        ended
    }

    fn invocation(&self, arguments: Vec<String>) -> Invocation {
        let mut environment = base_environment(&self.program.environment);
        environment.extend(self.environment.iter().map(|(name, value)| (name.clone(), value.clone())));
        Invocation {
            program: self.program.path.clone(),
            arguments: arguments.into_iter().map(OsString::from).collect(),
            directory: Some(self.directory.clone()),
            environment,
        }
    }

    /// The failure to report when somebody wants us to stop.
    ///
    /// # Errors
    /// When that is so.
    pub fn stop_if_interrupted(&self) -> Result<(), Failure> {
        match self.interrupt.reason() {
            Some(reason) => Err(Failure::failed(format!("stopped: {reason}"))),
            None => Ok(()),
        }
    }

    /// What octoferry knows about a text of Terraform.
    fn recognised(&self, said: &str) -> Option<Failure> {
        program::too_old_for_its_input(self.program, said).or_else(|| locked_provider(said))
    }
}

/// The failure for a provider that is not the one of the module's lock file.
fn locked_provider(said: &str) -> Option<Failure> {
    // Terraform breaks its lines where it likes.
    let words =
        said.split(|letter: char| letter.is_whitespace() || letter == '│').filter(|word| !word.is_empty());
    let words = words.collect::<Vec<_>>().join(" ");
    let is_of_lock = ["any of the checksums", "Provider dependency changes detected", "locked provider"]
        .iter()
        .any(|text| words.contains(text));
    is_of_lock.then(|| {
        Failure::new(
            FailureKind::Terraform,
            format!("the provider is not the one that the module's {} names, so it was not started:\n{}", provider_lock::FILE, said.trim()),
        )
        .hint("Is another one meant? Make the lock anew, for all platforms that workers have (terraform providers lock -platform=linux_amd64), and give it to octoferry seed or serialize: --provider-lock FILE. If not: who changed the provider, or its mirror?")
    })
}

impl Ended {
    /// The errors as one failure.
    #[must_use]
    pub fn failure(&self, what: &str) -> Failure {
        let errors: Vec<String> = self
            .diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.is_error())
            .map(Diagnostic::text)
            .collect();
        let mut failure = Failure::new(FailureKind::Terraform, format!("{what}:\n{}", errors.join("\n")));
        if errors.iter().any(|text| program::says_too_old(text)) {
            failure = failure.hint(program::NEWER_TERRAFORM);
        }
        failure
    }
}

/// The environment that Terraform gets: ours without what would make it write secrets into logs, or change what it does.
fn base_environment(inherited: &Environment) -> BTreeMap<OsString, OsString> {
    const FORBIDDEN: [&str; 8] = [
        "TF_LOG",
        "TF_VAR_",
        "TF_CLI_ARGS",
        "TF_WORKSPACE",
        "TF_DATA_DIR",
        "TF_INPUT",
        "OCTOPUS_",
        "OCTOFERRY_",
    ];
    inherited.only(
        |name| !FORBIDDEN.iter().any(|forbidden| name.starts_with(forbidden)),
        &[("TF_IN_AUTOMATION", "1"), ("CHECKPOINT_DISABLE", "1"), ("TF_INPUT", "0")],
    )
}

/// Text of a program's output that is zeroed when it is no longer needed.
pub type Output = Zeroizing<Vec<u8>>;
