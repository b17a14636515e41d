//! An Octopus-like server for tests: documents, permissions, paging, secrets, optimistic versions, packages, faults, a
//! rate limit. It knows Octopus from the API's documentation and from what its public clients send, and no client of
//! its own house.
//!
//! # How it is built
//!
//! One mutex guards one [`server::Server`]; every API request is handled by a plain synchronous function under that
//! lock, after its body has been read completely. Long work (a task's script) runs outside and takes the lock briefly.
//!
//! | module | what |
//! | --- | --- |
//! | `http` | the wire: reads the body, checks key, rate, faults, calls `routes::dispatch`, writes the log |
//! | `routes` | the list of rooms; a room is `fn(&mut Server, &Request) -> Option<Outcome>` that answers its own addresses |
//! | `request`, `answer` | one request with its scope (server or space) and segments; answers and errors in the API's shape |
//! | `store`, `dump`, `secrets`, `slugs` | documents by space → collection → id; secrets apart, never in an answer |
//! | `auth`, `permissions` | who asks, and what they may |
//! | `paging` | pages, filters, order of lists |
//! | `collections` | the table of ordinary kinds: id prefix, permission, defaults, what is unique; `documents` serves them |
//! | `git` | projects stored in Git: branches, their content, runs |
//! | `faults`, `rate`, `log`, `admin` | trouble on demand, the token bucket, the request log, the routes under `/sandbox` |
//! | others | one room each: `variables`, `processes`, `projects`, `tenants`, `packages`, … |
//!
//! Tasks, runbook snapshots and runs, the worker and artifacts are rooms of their own (`tasks` and beside it). They
//! read documents by `server.store` and plain values of secrets by `server.store.secrets`, keep bytes in
//! `server.blobs`, and are woken by `Shared::work`.

// The lints for the product's rooms (who may start processes, who may read the environment) are not meant for this crate.
#![allow(clippy::disallowed_methods)]

mod admin;
mod answer;
mod auth;
mod certificates;
mod channels;
mod collections;
mod delivered;
mod documents;
mod dump;
mod events;
mod faults;
mod git;
mod http;
mod infrastructure;
mod libraries;
mod links;
mod log;
mod machines;
mod older;
mod options;
mod packages;
mod paging;
mod people;
mod permissions;
mod processes;
mod projects;
mod rate;
mod reference;
mod request;
mod root;
mod routes;
mod runbooks;
mod s3;
mod secrets;
mod server;
mod settings;
mod slugs;
mod spaces;
mod store;
mod subscriptions;
mod target_tags;
mod tasks;
mod templates;
mod tenant_scopes;
mod tenants;
mod triggers;
mod variables;
mod version;
pub mod worker;

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::sync::oneshot;

pub use crate::options::Options;
pub use crate::s3::{S3Fault, S3Store};
use crate::server::Shared;
pub use crate::worker::kind::WorkerKind;

/// A running server. It lives in a thread of its own, so that a test may block; dropping the handle ends it.
pub struct Sandbox {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts a server on the loopback. Panics when it can't: tests have no use for an error here.
    pub async fn start(options: Options) -> Self {
        Self::launch(options).expect("the sandbox starts")
    }

    /// Starts a server on the loopback, outside of any async runtime too.
    ///
    /// # Errors
    /// When the port is taken or a file to load can't be read.
    pub fn launch(options: Options) -> Result<Self> {
        let listener = std::net::TcpListener::bind((options.host.as_str(), options.port))
            .with_context(|| format!("listening on port {}", options.port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::new(options, format!("http://{address}"))?);
        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("octopus-sandbox".into()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .expect("a runtime of two threads");
            runtime.block_on(http::serve(serving, listener, stopped));
            runtime.shutdown_background();
        })?;
        Ok(Self { address, shared, stop: Some(stop), thread: Some(thread) })
    }

    /// The server's address without a path: `http://127.0.0.1:4711`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The administrator's API key.
    #[must_use]
    pub fn api_key(&self) -> String {
        self.shared.options.api_key.clone()
    }

    /// Everything the server holds, in the format of `tests/spaces/README.md`, secrets included.
    #[must_use]
    pub fn dump(&self) -> Value {
        dump::write(&self.shared.lock().store)
    }

    /// Arguments and environment of each process that a task had (`Options::sample_processes`): `TaskId`, `Action`,
    /// `Pid`, `Command`, `Environment`.
    #[must_use]
    pub fn process_samples(&self) -> Vec<Value> {
        self.shared.lock().tasks.samples.clone()
    }

    /// What steps left in their work folder (`work/…`) and temporary folder (`tmp/…`), with `Options::keep_work`:
    /// `TaskId`, `Action`, `Folder` (where the copies are while the sandbox lives), `Files`.
    #[must_use]
    pub fn kept_work(&self) -> Vec<Value> {
        self.shared.lock().tasks.kept.clone()
    }

    /// The output variables of all steps: `TaskId`, `Action`, `Name`, `Value` (null for sensitive ones).
    #[must_use]
    pub fn output_variables(&self) -> Vec<Value> {
        self.shared.lock().tasks.outputs.clone()
    }

    /// The home folder of the workers, which lasts from task to task.
    #[must_use]
    pub fn worker_home(&self) -> std::path::PathBuf {
        self.shared.work_root.join("home")
    }

    /// The permissions that the requests of a user needed so far, held or not.
    #[must_use]
    pub fn demanded_permissions(&self, user_id: &str) -> std::collections::BTreeSet<&'static str> {
        self.shared.lock().grants.demanded(user_id)
    }

    /// The addresses asked so far: method, path, query, status, user agent, user.
    #[must_use]
    pub fn requests(&self) -> Vec<Value> {
        self.shared.log.entries()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        tasks::stop(&self.shared);
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in there has already been printed, and a drop is no place for a second one.
            let _ended = thread.join();
        }
    }
}
