//! The sandbox as a program. The first line of its standard output is JSON: `{"url": …, "api_key": …}`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;
use octopus_sandbox::{Options, S3Store, Sandbox};
use tokio::signal::unix::{SignalKind, signal};

/// An Octopus-like server for tests.
#[derive(Parser)]
struct Arguments {
    /// Starts with these documents (format: tests/spaces/README.md); may be given several times.
    #[arg(long, value_name = "FILE")]
    load: Vec<PathBuf>,
    /// Writes all documents and secrets there at the end (SIGTERM, ctrl-c).
    #[arg(long, value_name = "FILE")]
    dump: Option<PathBuf>,
    /// Makes an empty space of this name.
    #[arg(long, value_name = "NAME")]
    space: Vec<String>,
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// 0 = any free port.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The administrator's key; a new one when absent.
    #[arg(long, value_name = "API-…")]
    api_key: Option<String>,
    #[arg(long, default_value_t = 0)]
    latency_ms: u64,
    /// The rate limit for each user.
    #[arg(long, value_name = "N")]
    requests_per_minute: Option<u32>,
    /// Size of the rate limiter's bucket.
    #[arg(long, value_name = "N")]
    rate_burst: Option<u32>,
    /// A 429 doesn't say when to come again.
    #[arg(long)]
    no_retry_after: bool,
    /// Writes each request there, one JSON object a line, without bodies.
    #[arg(long, value_name = "FILE")]
    request_log: Option<PathBuf>,
    #[arg(long, value_name = "VERSION")]
    server_version: Option<String>,
    #[arg(long, value_name = "UUID")]
    installation_id: Option<String>,
    #[arg(long, value_name = "NAME=on|off")]
    feature_toggle: Vec<String>,
    /// Addresses that this server doesn't have: `space-wide-lists`, or one of them, such as `channels`.
    #[arg(long, value_name = "NAME")]
    switch_off: Vec<String>,
    #[arg(long)]
    maintenance: bool,
    /// The queues of the spaces made by --space stand still.
    #[arg(long)]
    task_queue_stopped: bool,
    /// A task waits at least this long in the queue.
    #[arg(long, default_value_t = 20)]
    task_delay_ms: u64,
    /// So many tasks run at a time.
    #[arg(long, default_value_t = 5)]
    task_cap: usize,
    /// The time between SIGTERM and SIGKILL of a cancelled task.
    #[arg(long, default_value_t = 10_000)]
    cancel_grace_ms: u64,
    /// The default worker pool needs workers, as in a cloud.
    #[arg(long)]
    no_builtin_worker: bool,
    /// A folder of the workers' PATH; may be given several times. Default: /usr/local/bin, /usr/bin, /bin.
    #[arg(long, value_name = "FOLDER")]
    worker_path: Vec<PathBuf>,
    /// The workers' own environment.
    #[arg(long, value_name = "NAME=VALUE")]
    worker_env: Vec<String>,
    /// Notes the processes of tasks: `GET /sandbox/process-samples`.
    #[arg(long)]
    sample_processes: bool,
    /// Keeps the steps' work folders: `GET /sandbox/kept-work`.
    #[arg(long)]
    keep_work: bool,
    /// Also starts an S3 store with the bucket `tfstate` for this access key id. Its address comes in the first line;
    /// `GET /sandbox/objects` there lists what it holds.
    #[arg(long, value_name = "KEY")]
    s3: Option<String>,
}

impl Arguments {
    fn options(self) -> Result<Options> {
        let mut options = Options {
            host: self.host,
            port: self.port,
            load: self.load,
            spaces: self.space,
            latency_ms: self.latency_ms,
            requests_per_minute: self.requests_per_minute,
            rate_burst: self.rate_burst,
            retry_after: !self.no_retry_after,
            request_log: self.request_log,
            installation_id: self.installation_id,
            switched_off: self.switch_off,
            maintenance: self.maintenance,
            task_queue_stopped: self.task_queue_stopped,
            task_delay_ms: self.task_delay_ms,
            task_cap: self.task_cap,
            cancel_grace_ms: self.cancel_grace_ms,
            builtin_worker: !self.no_builtin_worker,
            sample_processes: self.sample_processes,
            keep_work: self.keep_work,
            ..Options::default()
        };
        if let Some(api_key) = self.api_key {
            options.api_key = api_key;
        }
        if let Some(version) = self.server_version {
            options.server_version = version;
        }
        if !self.worker_path.is_empty() {
            options.worker.path = self.worker_path;
        }
        for variable in self.worker_env {
            let (name, value) = variable.split_once('=').context("--worker-env needs NAME=VALUE")?;
            options.worker.environment.insert(name.to_owned(), value.to_owned());
        }
        for toggle in self.feature_toggle {
            let (name, state) =
                toggle.split_once('=').context("--feature-toggle needs NAME=on or NAME=off")?;
            options.feature_toggles.insert(name.to_owned(), state == "on");
        }
        Ok(options)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let dump = arguments.dump.clone();
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let store = arguments.s3.as_ref().map(|key| S3Store::start(key, &["tfstate"])).transpose()?;
    let sandbox = Sandbox::start(arguments.options()?).await;
    announce(&sandbox, store.as_ref());
    tokio::select! {
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
    }
    if let Some(path) = dump {
        let mut text = serde_json::to_string_pretty(&sandbox.dump())?;
        text.push('\n');
        std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

// The one line on standard output is this program's interface.
#[allow(clippy::print_stdout)]
fn announce(sandbox: &Sandbox, store: Option<&S3Store>) {
    let mut line = serde_json::json!({"url": sandbox.url(), "api_key": sandbox.api_key()});
    if let Some(store) = store {
        line["s3_url"] = store.url().into();
    }
    println!("{line}");
}
