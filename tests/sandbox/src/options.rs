//! What a sandbox is started with.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use crate::worker::kind::WorkerKind;

/// How the server starts and behaves.
#[derive(Clone)]
pub struct Options {
    /// Where to listen.
    pub host: String,
    /// 0 = any free port.
    pub port: u16,
    /// The administrator's key: `API-` and capitals and digits. A new random one for each [`Options::default`].
    pub api_key: String,
    /// Files in the format of `tests/spaces/README.md` to start with. Without any there is one space, `Spaces-1`, `Default`.
    pub load: Vec<PathBuf>,
    /// The same as values, for tests that change a space before it is loaded.
    pub documents: Vec<Value>,
    /// Names of new, empty spaces.
    pub spaces: Vec<String>,
    /// Waits this long before each answer.
    pub latency_ms: u64,
    /// Tokens a minute and user; `None` = no limit, no headers.
    pub requests_per_minute: Option<u32>,
    /// Size of the bucket; `None` = as many as a minute brings.
    pub rate_burst: Option<u32>,
    /// Whether a 429 says when to come again.
    pub retry_after: bool,
    /// The log of requests, one JSON object a line.
    pub request_log: Option<PathBuf>,
    /// What `GET /api` calls the server's version.
    pub server_version: String,
    /// A UUID; `None` = a new one.
    pub installation_id: Option<String>,
    pub feature_toggles: BTreeMap<String, bool>,
    /// Addresses that this server doesn't have: `space-wide-lists`, or the first segment of one of them, such as `channels`. `ids`: the
    /// lists of processes take no notice of that parameter.
    pub switched_off: Vec<String>,
    /// Maintenance: writes are for administrators.
    pub maintenance: bool,
    /// The new spaces' task queues stand still.
    pub task_queue_stopped: bool,
    /// A task waits at least this long in the queue.
    pub task_delay_ms: u64,
    /// So many tasks run at a time.
    pub task_cap: usize,
    /// How long the processes of a cancelled task have between SIGTERM and SIGKILL; 0 = SIGKILL at once.
    pub cancel_grace_ms: u64,
    /// The default worker pool works without workers: on the server itself.
    pub builtin_worker: bool,
    /// What workers are like.
    pub worker: WorkerKind,
    /// The same for the workers of one pool, by the pool's name or id.
    pub worker_kinds: BTreeMap<String, WorkerKind>,
    /// A step that refers to a package of a container registry gets the feed's credentials.
    pub feed_credentials: bool,
    /// Notes arguments and environments of all processes of tasks ([`crate::Sandbox::process_samples`]).
    pub sample_processes: bool,
    /// Keeps a copy of the work folder of each step ([`crate::Sandbox::kept_work`]).
    pub keep_work: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".into(),
            port: 0,
            api_key: crate::auth::new_api_key(),
            load: Vec::new(),
            documents: Vec::new(),
            spaces: Vec::new(),
            latency_ms: 0,
            requests_per_minute: None,
            rate_burst: None,
            retry_after: true,
            request_log: None,
            server_version: "2026.3.4567".into(),
            installation_id: None,
            feature_toggles: BTreeMap::from([("CommonVariableScopingFeatureToggle".into(), true)]),
            switched_off: Vec::new(),
            maintenance: false,
            task_queue_stopped: false,
            task_delay_ms: 20,
            task_cap: 5,
            cancel_grace_ms: 10_000,
            builtin_worker: true,
            worker: WorkerKind::default(),
            worker_kinds: BTreeMap::new(),
            feed_credentials: true,
            sample_processes: false,
            keep_work: false,
        }
    }
}
