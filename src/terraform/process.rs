//! Starts processes, each in a session of its own, and interrupts them in the one way that lets Terraform save its state.
//!
//! Octopus cancels a step by signals to the step's group. Terraform's provider would die of them under Terraform: an object made, nothing in
//! the state. So Terraform gets its own session, and exactly one SIGINT, to itself alone; a second one would end it at once. When octoferry
//! is killed (SIGKILL can't be caught), the kernel sends that SIGINT.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;
use std::process::Stdio;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{DumpableBehavior, Pid, Resource, Rlimit, Signal, set_dumpable_behavior, setrlimit};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{oneshot, watch};
use zeroize::{Zeroize as _, Zeroizing};

use crate::Output;
use failure::While as _;
use failure::{Failure, FailureKind};

/// The environment that processes start with. It may hold credentials of a backend: no Debug print shows values.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// The value of a variable, unless it is empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// The variables that fit, and these besides.
    #[must_use]
    pub fn only(&self, fits: impl Fn(&str) -> bool, more: &[(&str, &str)]) -> BTreeMap<OsString, OsString> {
        let fitting = self.0.iter().filter(|(name, _)| fits(&name.to_string_lossy()));
        let fitting = fitting.map(|(name, value)| (name.clone(), value.clone()));
        fitting.chain(more.iter().map(|(name, value)| (name.into(), value.into()))).collect()
    }
}

impl FromIterator<(OsString, OsString)> for Environment {
    fn from_iter<I: IntoIterator<Item = (OsString, OsString)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

/// What is run.
pub struct Invocation {
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
    pub directory: Option<PathBuf>,
    /// The whole environment.
    pub environment: BTreeMap<OsString, OsString>,
}

/// How a process ended.
pub struct Ended {
    pub success: bool,
    pub stdout: Output,
    pub stderr: Output,
}

impl Ended {
    /// What a person would read first.
    #[must_use]
    pub fn stderr_or_stdout(&self) -> String {
        let stderr = String::from_utf8_lossy(&self.stderr);
        if stderr.trim().is_empty() {
            String::from_utf8_lossy(&self.stdout).into_owned()
        } else {
            stderr.into_owned()
        }
    }
}

/// Whether somebody wants us to stop: a signal, nobody reading our output any more, our parent's death. Cheap to clone.
#[derive(Clone)]
pub struct Interrupt(watch::Receiver<Option<&'static str>>);

impl Interrupt {
    /// Listens from now on; the signals no longer end the program by themselves. `with_parent`: the parent's death counts too (a
    /// step's shell; at a workstation the shell may go while we stay).
    ///
    /// # Errors
    /// When the system refuses.
    pub fn listen(with_parent: bool) -> Result<Self, Failure> {
        let trouble = |error: std::io::Error| Failure::failed(format!("listening to signals: {error}"));
        let (sender, receiver) = watch::channel(None);
        let mut terminate = signal(SignalKind::terminate()).map_err(trouble)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(trouble)?;
        let mut hangup = signal(SignalKind::hangup()).map_err(trouble)?;
        if with_parent {
            rustix::process::set_parent_process_death_signal(Some(Signal::TERM))
                .map_err(|error| trouble(error.into()))?;
        }
        let output = output_without_reader();
        tokio::spawn(async move {
            let gone = async {
                let told = match output {
                    Some(output) => output.await.is_ok(),
                    None => false,
                };
                if !told {
                    std::future::pending::<()>().await;
                }
            };
            let reason = tokio::select! {
                _ = terminate.recv() => "asked to end (SIGTERM)",
                _ = interrupt.recv() => "interrupted (SIGINT)",
                _ = hangup.recv() => "the terminal is gone (SIGHUP)",
                () = gone => "nobody reads the output any more",
            };
            let _ = sender.send(Some(reason));
            // The listeners stay, so that further signals don't end us while Terraform saves its state.
            loop {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                    _ = hangup.recv() => {}
                    () = sender.closed() => break,
                }
            }
        });
        Ok(Self(receiver))
    }

    /// One that never comes.
    #[must_use]
    pub fn never() -> Self {
        Self(watch::channel(None).1)
    }

    /// Why we should stop, if we should.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        *self.0.borrow()
    }

    /// Waits until we should stop; for ever when nobody can ask any more.
    async fn wait(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(Option::is_some).await.is_err() {
            std::future::pending().await
        }
    }
}

/// Keeps this process and its children from writing their memory, secrets and all, to a disk when they crash, and other processes of the same
/// user from reading this one's. (A limit alone does not bind a handler that the system hands dumps to: `core_pattern` with a pipe.)
///
/// # Errors
/// When the system refuses.
pub fn forbid_core_dumps() -> Result<(), Failure> {
    let nothing = Rlimit { current: Some(0), maximum: Some(0) };
    setrlimit(Resource::Core, nothing)
        .and_then(|()| set_dumpable_behavior(DumpableBehavior::NotDumpable))
        .map_err(std::io::Error::from)
        .while_doing("switching off core dumps")
}

/// Tells when nobody reads standard output any more; `None` when it is nothing that has a reader.
fn output_without_reader() -> Option<oneshot::Receiver<()>> {
    // Not inherited: a provider that survives Terraform would keep the step from ending.
    let output = rustix::io::fcntl_dupfd_cloexec(std::io::stdout(), 0).ok()?;
    let kind = rustix::fs::FileType::from_raw_mode(rustix::fs::fstat(&output).ok()?.st_mode);
    if !matches!(kind, rustix::fs::FileType::Fifo | rustix::fs::FileType::Socket) {
        return None;
    }
    let (sender, receiver) = oneshot::channel();
    // A thread of its own, which sleeps until the kernel reports it: errors are reported without being asked for.
    std::thread::spawn(move || {
        let mut watched = [PollFd::new(&output, PollFlags::empty())];
        loop {
            match poll(&mut watched, None) {
                Ok(_) if watched[0].revents().intersects(PollFlags::ERR | PollFlags::HUP) => break,
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(_) => return,
            }
        }
        let _ = sender.send(());
    });
    Some(receiver)
}

impl Invocation {
    /// Runs it to its end. `each_line` sees the lines of its standard output as they come.
    ///
    /// # Errors
    /// When it can't be started.
    pub async fn run(
        &self,
        interrupt: &Interrupt,
        mut each_line: impl FnMut(&str),
    ) -> Result<Ended, Failure> {
        let cannot = |error: std::io::Error| {
            Failure::new(FailureKind::Terraform, format!("{} can't be run: {error}", self.program.display()))
        };
        let mut child = self.command().spawn().map_err(cannot)?;
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let mut output = BufReader::new(child.stdout.take().expect("standard output is piped"));
        let mut errors = child.stderr.take().expect("standard error is piped");

        let read_output = async {
            let mut all = Zeroizing::new(Vec::new());
            let mut line = Zeroizing::new(Vec::new());
            loop {
                line.zeroize();
                match output.read_until(b'\n', &mut line).await {
                    Ok(0) | Err(_) => break all,
                    Ok(_) => {
                        each_line(String::from_utf8_lossy(&line).trim_end());
                        all.extend_from_slice(&line);
                    }
                }
            }
        };
        let read_errors = async {
            let mut all = Zeroizing::new(Vec::new());
            let _ = errors.read_to_end(&mut all).await;
            all
        };
        let pass_on = async {
            interrupt.wait().await;
            if let Some(pid) = pid {
                // To the process, never to its group: the provider has to live on. Once: two signals end Terraform at once.
                let _ = rustix::process::kill_process(pid, Signal::INT);
            }
            std::future::pending::<()>().await;
        };
        let (stdout, stderr) = tokio::select! {
            read = async { tokio::join!(read_output, read_errors) } => read,
            () = pass_on => unreachable!("it waits for ever"),
        };
        let status = child.wait().await.map_err(cannot)?;
        Ok(Ended { success: status.success(), stdout, stderr })
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that starts processes")]
    #[expect(
        unsafe_code,
        reason = "between fork and exec only: setsid, umask, prctl and getppid are safe to call there"
    )]
    fn command(&self) -> tokio::process::Command {
        let mut command = tokio::process::Command::new(&self.program);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(&self.environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        let parent = rustix::process::getpid();
        unsafe {
            command.pre_exec(move || {
                rustix::process::setsid()?;
                // A state in a folder, a crash log, the provider's cache: nobody else's.
                rustix::process::umask(rustix::fs::Mode::from_bits_truncate(0o077));
                // The signal comes when the *thread* that started us ends; commands run on the main thread, which ends last.
                rustix::process::set_parent_process_death_signal(Some(Signal::INT))?;
                if rustix::process::getppid() == Some(parent) {
                    Ok(())
                } else {
                    Err(std::io::Error::from(std::io::ErrorKind::Interrupted))
                }
            });
        }
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Invocation {
        Invocation {
            program: "/bin/sh".into(),
            arguments: vec!["-c".into(), script.into()],
            directory: None,
            environment: BTreeMap::new(),
        }
    }

    #[test]
    fn no_core_is_dumped_and_no_other_process_reads_the_memory() {
        forbid_core_dumps().ok().unwrap();
        let limit = rustix::process::getrlimit(Resource::Core);
        assert_eq!((limit.current, limit.maximum), (Some(0), Some(0)));
        assert_eq!(rustix::process::dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        // What it hands to its children by a path of its own is still there for it.
        let file = crate::memory_file::MemoryFile::with("test", b"content").ok().unwrap();
        assert_eq!(std::fs::read(file.path()).unwrap(), b"content");
    }

    #[tokio::test]
    async fn lines_errors_and_the_end_are_seen() {
        let mut lines = Vec::new();
        let ended = shell("echo one; echo two; echo trouble >&2; exit 3")
            .run(&Interrupt::never(), |line| lines.push(line.to_owned()))
            .await
            .ok()
            .unwrap();
        assert_eq!(lines, ["one", "two"]);
        assert_eq!(ended.stderr_or_stdout(), "trouble\n");
        assert!(!ended.success);
    }

    #[tokio::test]
    async fn one_interrupt_goes_to_the_process_alone_and_its_end_is_waited_for() {
        let (sender, receiver) = watch::channel(None);
        let interrupt = Interrupt(receiver);
        let mut seen = Vec::new();
        // The child of the shell must live on: it is what the provider is to Terraform.
        let script = "trap 'echo interrupted' INT; sh -c 'trap \"echo child-hit\" INT; echo ready; sleep 0.4; echo child-done' & \
                      wait; wait; echo saved";
        let ended = shell(script)
            .run(&interrupt, |line| {
                if line == "ready" {
                    let _ = sender.send(Some("test"));
                }
                seen.push(line.to_owned());
            })
            .await
            .ok()
            .unwrap();
        assert!(ended.success);
        assert_eq!(seen, ["ready", "interrupted", "child-done", "saved"]);
        assert_eq!(interrupt.reason(), Some("test"));
    }
}
