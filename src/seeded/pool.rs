//! The worker pool that runs the runbooks where seed is told none. `check` names the same one.

use serde_json::Value;

use documents::document::Document;

/// What is known of the workers of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// A dynamic pool with an image of Linux.
    Dynamic,
    /// All its workers run Linux.
    Linux,
    /// It is the space's default; what runs there can't be told.
    Default,
}

/// The best pool: a dynamic one with Linux; else one whose workers all run Linux, the default before others; else the space's default.
#[must_use]
pub fn choose<'a>(pools: &'a [Document], workers: &[Document]) -> Option<(&'a Document, Known)> {
    let is_dynamic =
        |pool: &&Document| pool.text("WorkerType").is_some_and(|kind| kind.starts_with("Ubuntu"));
    if let Some(pool) = pools.iter().find(is_dynamic) {
        return Some((pool, Known::Dynamic));
    }
    let default = pools.iter().find(|pool| pool.flag("IsDefault"));
    let is_linux = |pool: &&Document| {
        let mut systems = systems(workers, pool).peekable();
        systems.peek().is_some() && systems.all(|system| system == System::Linux)
    };
    let linux = default.filter(is_linux).or_else(|| pools.iter().find(is_linux));
    linux.map(|pool| (pool, Known::Linux)).or_else(|| default.map(|pool| (pool, Known::Default)))
}

/// What is known of a worker's system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    Linux,
    Other,
    Unknown,
}

/// Of the workers of a pool that are not disabled.
pub fn systems<'a>(workers: &'a [Document], pool: &'a Document) -> impl Iterator<Item = System> + 'a {
    let of_pool = |worker: &&Document| {
        !worker.flag("IsDisabled") && worker.texts("WorkerPoolIds").any(|id| id == pool.id())
    };
    workers.iter().filter(of_pool).map(system)
}

fn system(worker: &Document) -> System {
    let endpoint = worker.get("Endpoint").map_or(&Value::Null, |endpoint| endpoint);
    match (worker.text("OperatingSystem"), worker.text("ShellName"), endpoint["CommunicationStyle"].as_str())
    {
        (Some("Linux"), ..) | (_, Some("Bash"), _) => System::Linux,
        (Some("Windows" | "MacOS"), ..) | (_, Some("PowerShell"), _) => System::Other,
        // A connection by SSH never goes to Windows, and the Kubernetes agent runs in Linux containers.
        (_, _, Some("Ssh" | "KubernetesTentacle")) => System::Linux,
        _ => System::Unknown,
    }
}
