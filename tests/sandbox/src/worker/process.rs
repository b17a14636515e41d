//! Runs one process of a step: its output line by line, its whole tree watched, and ended when the task is cancelled.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, BufReader, Read};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::{Value, json};

use super::message::Stream;

/// How often a running process is looked at.
const TICK: Duration = Duration::from_millis(10);

/// What to start and how to watch it.
pub struct Job<'a> {
    pub program: &'a str,
    pub arguments: &'a [String],
    pub folder: &'a Path,
    pub environment: &'a BTreeMap<String, String>,
    /// A text in the environment of every process of the task (the path of its own temporary folder), by which
    /// those are found that left the tree.
    pub marker: &'a str,
    /// How long a cancelled tree has between SIGTERM and SIGKILL; zero: SIGKILL at once.
    pub grace: Duration,
    /// Whether to note arguments and environments of all its processes.
    pub sample: bool,
}

/// Whether a process shall end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    GoOn,
    /// SIGTERM, and SIGKILL when the time of grace is over.
    Stop,
    Kill,
}

/// How a process ended.
pub enum Ending {
    /// The exit code; 128 + the signal's number for one that was killed.
    Exited(i32),
    Canceled,
}

/// The ending, and a sample of each process seen.
pub struct Finished {
    pub ending: Ending,
    pub samples: Vec<Value>,
}

/// Runs the job to its end. `line` gets each line of output; `demand` is asked all the while.
pub fn run(job: &Job, line: &mut dyn FnMut(Stream, &str), demand: &dyn Fn() -> Demand) -> Result<Finished> {
    let mut child = Command::new(job.program)
        .args(job.arguments)
        .current_dir(job.folder)
        .env_clear()
        .envs(job.environment)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .with_context(|| format!("starting {}", job.program))?;
    let (lines, received) = channel();
    let streams: [(Stream, Option<Box<dyn Read + Send>>); 2] = [
        (Stream::Output, child.stdout.take().map(|stream| Box::new(stream) as _)),
        (Stream::Error, child.stderr.take().map(|stream| Box::new(stream) as _)),
    ];
    for (stream, reader) in streams {
        let lines = lines.clone();
        let reader = reader.context("the streams are pipes")?;
        std::thread::spawn(move || forward(stream, reader, &lines));
    }
    drop(lines);
    let root = i32::try_from(child.id()).context("a process id is small")?;
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let sampler = job.sample.then(|| scope.spawn(|| sample(root, &done)));
        let canceled = follow(job, root, &received, line, demand);
        let status = child.wait();
        done.store(true, Ordering::Relaxed);
        let samples = sampler.map(|sampler| sampler.join().unwrap_or_default()).unwrap_or_default();
        let status = status?;
        let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
        let ending = if canceled { Ending::Canceled } else { Ending::Exited(code) };
        Ok(Finished { ending, samples })
    })
}

/// Hands on lines until both streams are closed (also by processes that the script left behind), and ends the tree
/// when the task is cancelled. Returns whether it was.
fn follow(
    job: &Job,
    root: i32,
    received: &Receiver<(Stream, String)>,
    line: &mut dyn FnMut(Stream, &str),
    demand: &dyn Fn() -> Demand,
) -> bool {
    let mut ending: Option<(Instant, BTreeSet<(i32, u64)>)> = None;
    loop {
        match received.recv_timeout(TICK) {
            Ok((stream, text)) => line(stream, &text),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) if ending.is_none() => return false,
            // All is said; now all must end.
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(TICK),
        }
        match &mut ending {
            None if demand() != Demand::GoOn => {
                let tree = members(root, job.marker, &BTreeSet::new());
                if demand() == Demand::Stop
                    && !job.grace.is_zero()
                    && let Some(group) = Pid::from_raw(root)
                {
                    let _ = kill_process_group(group, Signal::TERM);
                }
                ending = Some((Instant::now(), tree));
            }
            None => {}
            Some((since, tree)) => {
                *tree = members(root, job.marker, tree);
                if tree.is_empty() {
                    while let Ok((stream, text)) = received.try_recv() {
                        line(stream, &text);
                    }
                    return true;
                }
                if since.elapsed() >= job.grace || demand() == Demand::Kill {
                    for (pid, _) in tree.iter() {
                        if let Some(pid) = Pid::from_raw(*pid) {
                            let _ = kill_process(pid, Signal::KILL);
                        }
                    }
                }
            }
        }
    }
}

fn forward(stream: Stream, reader: Box<dyn Read + Send>, lines: &Sender<(Stream, String)>) {
    let mut reader = BufReader::new(reader);
    let mut bytes = Vec::new();
    while reader.read_until(b'\n', &mut bytes).is_ok_and(|length| length > 0) {
        let text = String::from_utf8_lossy(&bytes);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        if lines.send((stream, text.to_owned())).is_err() {
            return;
        }
        bytes.clear();
    }
}

// --- The tree of processes ----------------------------------------------------------------------------------

struct Process {
    pid: i32,
    parent: i32,
    group: i32,
    session: i32,
    /// When it started, in ticks since boot: tells a process from a later one with the same number.
    started: u64,
}

/// All processes that are alive.
fn processes() -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            // The name in parentheses may hold anything, spaces and parentheses too.
            let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
            let number = |index: usize| fields.get(index)?.parse().ok();
            let dead = matches!(*fields.first()?, "Z" | "X");
            let process = Process {
                pid,
                parent: number(1)?,
                group: number(2)?,
                session: number(3)?,
                started: fields.get(19)?.parse().ok()?,
            };
            (!dead).then_some(process)
        })
        .collect()
}

/// The living processes of a tree: the root and its group, what comes from them, those that belonged to it before,
/// and those that have the marker in their environment.
fn members(root: i32, marker: &str, before: &BTreeSet<(i32, u64)>) -> BTreeSet<(i32, u64)> {
    let all = processes();
    let mut found = descendants(root, &all, |process| {
        before.contains(&(process.pid, process.started))
            || (!marker.is_empty() && environment_of(process.pid).is_some_and(|text| text.contains(marker)))
    });
    // The server itself has no such marker, but must never be hit.
    found.retain(|(pid, _)| u32::try_from(*pid).is_ok_and(|pid| pid != std::process::id()));
    found
}

fn descendants(root: i32, all: &[Process], also: impl Fn(&Process) -> bool) -> BTreeSet<(i32, u64)> {
    let mut pids: BTreeSet<i32> = all
        .iter()
        .filter(|process| {
            process.pid == root || process.group == root || process.session == root || also(process)
        })
        .map(|process| process.pid)
        .collect();
    loop {
        let before = pids.len();
        pids.extend(
            all.iter()
                .filter(|process| pids.contains(&process.parent))
                .map(|process| process.pid)
                .collect::<Vec<_>>(),
        );
        if pids.len() == before {
            break;
        }
    }
    all.iter()
        .filter(|process| pids.contains(&process.pid))
        .map(|process| (process.pid, process.started))
        .collect()
}

fn environment_of(pid: i32) -> Option<String> {
    let bytes = fs::read(format!("/proc/{pid}/environ")).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Notes arguments and environment of each process of the tree, each pair once, until `done`. A process that lives
/// only some milliseconds may be missed.
fn sample(root: i32, done: &AtomicBool) -> Vec<Value> {
    let mut seen = BTreeSet::new();
    let mut samples = Vec::new();
    while !done.load(Ordering::Relaxed) {
        for (pid, started) in descendants(root, &processes(), |_| false) {
            let Ok(command) = fs::read(format!("/proc/{pid}/cmdline")) else { continue };
            let Some(environment) = environment_of(pid) else { continue };
            let command = String::from_utf8_lossy(&command).into_owned();
            if command.is_empty() || !seen.insert((pid, started, command.clone(), environment.clone())) {
                continue;
            }
            let split = |text: &str| text.split_terminator('\0').map(ToOwned::to_owned).collect::<Vec<_>>();
            samples.push(json!({"Pid": pid, "Command": split(&command), "Environment": split(&environment)}));
        }
        std::thread::sleep(Duration::from_millis(3));
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(
        code: &str,
        marker: &str,
        grace: Duration,
        cancel_at: Option<&str>,
    ) -> (Finished, Vec<(Stream, String)>) {
        let environment = BTreeMap::from([
            ("PATH".to_owned(), "/usr/bin:/bin".to_owned()),
            ("TMPDIR".to_owned(), marker.to_owned()),
        ]);
        let arguments = ["-c".to_owned(), code.to_owned()];
        let job = Job {
            program: "bash",
            arguments: &arguments,
            folder: Path::new("/"),
            environment: &environment,
            marker,
            grace,
            sample: true,
        };
        let lines = std::cell::RefCell::new(Vec::new());
        let finished =
            run(&job, &mut |stream, line| lines.borrow_mut().push((stream, line.to_owned())), &|| {
                let said = |wanted: &str| lines.borrow().iter().any(|(_, line)| line == wanted);
                if cancel_at.is_some_and(said) { Demand::Stop } else { Demand::GoOn }
            })
            .unwrap();
        (finished, lines.into_inner())
    }

    fn exists(pid: &str) -> bool {
        processes().iter().any(|process| process.pid.to_string() == pid)
    }

    #[test]
    fn lines_of_both_streams_and_the_exit_code() {
        let (finished, lines) = shell("echo a; echo b >&2; printf c; exit 3", "/none", Duration::ZERO, None);
        assert!(matches!(finished.ending, Ending::Exited(3)));
        let of = |stream| {
            lines.iter().filter(|line| line.0 == stream).map(|line| line.1.as_str()).collect::<Vec<_>>()
        };
        assert_eq!((of(Stream::Output), of(Stream::Error)), (vec!["a", "c"], vec!["b"]));
    }

    #[test]
    fn samples_show_arguments_and_environment() {
        let (finished, _) = shell("sleep 0.321; true", "/marker-of-samples", Duration::ZERO, None);
        let text = Value::from(finished.samples).to_string();
        assert!(
            text.contains(r#"["sleep","0.321"]"#) && text.contains("TMPDIR=/marker-of-samples"),
            "{text}"
        );
    }

    #[test]
    fn cancel_ends_the_whole_tree_also_what_left_it() {
        // A child in a session of its own whose parent is gone, and one that ignores SIGTERM.
        let code = "(setsid sleep 300 >/dev/null 2>&1 & echo left $!); (trap '' TERM; sleep 301) & echo stays $!; echo ready; wait";
        let marker = format!("/marker-of-cancel-{}", std::process::id());
        let (finished, lines) = shell(code, &marker, Duration::from_millis(100), Some("ready"));
        assert!(matches!(finished.ending, Ending::Canceled));
        for name in ["left ", "stays "] {
            let pid = lines.iter().find_map(|(_, line)| line.strip_prefix(name)).unwrap();
            assert!(!exists(pid), "{name} is still there");
        }
    }

    #[test]
    fn cancel_first_asks_with_sigterm_and_waits() {
        let code =
            "trap 'echo saved; exit 0' TERM; echo ready; sleep 0.05 & while true; do wait; sleep 0.01; done";
        let (finished, lines) = shell(code, "/none", Duration::from_secs(20), Some("ready"));
        assert!(matches!(finished.ending, Ending::Canceled));
        assert!(lines.iter().any(|(_, line)| line == "saved"), "{lines:?}");
    }
}
