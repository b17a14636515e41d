//! The state: one server behind one mutex, and what surrounds it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::sync::Notify;

use crate::auth::Keys;
use crate::faults::Faults;
use crate::log::Log;
use crate::options::Options;
use crate::permissions::Grants;
use crate::rate::Buckets;
use crate::store::{SERVER, Store, new_uuid};
use crate::tasks::Tasks;
use crate::version::Feature;
use crate::{certificates, dump, git, projects, spaces, target_tags};

/// All that requests read and change.
pub(crate) struct Server {
    pub(crate) store: Store,
    pub(crate) keys: Keys,
    pub(crate) grants: Grants,
    /// Bytes by a key of their owner's choice: packages, logos, artifacts.
    pub(crate) blobs: BTreeMap<String, Vec<u8>>,
    /// Triggers that were enabled at any time, by id: their name, project and when.
    pub(crate) triggers_ever_enabled: BTreeMap<String, Value>,
    pub(crate) feature_toggles: BTreeMap<String, bool>,
    pub(crate) switched_off: BTreeSet<String>,
    pub(crate) maintenance: bool,
    pub(crate) potential_clone: bool,
    /// How long an API key may live, in days; `None`: for ever.
    pub(crate) api_key_days: Option<i64>,
    pub(crate) installation_id: String,
    pub(crate) server_version: String,
    /// The address as the starter sees it.
    pub(crate) url: String,
    pub(crate) tasks: Tasks,
}

impl Server {
    /// Whether this server lacks a space-wide list (`Options::switched_off`).
    pub(crate) fn is_switched_off(&self, name: &str) -> bool {
        self.switched_off.contains("space-wide-lists") || self.switched_off.contains(name)
    }

    /// Whether a server of this version has something.
    pub(crate) fn has(&self, feature: Feature) -> bool {
        feature.is_in(&self.server_version)
    }

    pub(crate) fn feature(&self, name: &str) -> bool {
        self.feature_toggles.get(name).copied().unwrap_or(false)
    }
}

/// The server and what needs no lock of its own documents.
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) log: Log,
    pub(crate) faults: Mutex<Faults>,
    pub(crate) buckets: Mutex<Buckets>,
    /// Told whenever a task may have become ready.
    pub(crate) work: Notify,
    /// The folder of the workers, removed at the end.
    pub(crate) work_root: PathBuf,
    server: Mutex<Server>,
}

impl Shared {
    pub(crate) fn new(options: Options, url: String) -> Result<Self> {
        let mut server = Server {
            store: Store::default(),
            keys: Keys::default(),
            grants: Grants::default(),
            blobs: BTreeMap::new(),
            triggers_ever_enabled: BTreeMap::new(),
            feature_toggles: options
                .feature_toggles
                .iter()
                .filter(|(name, _)| {
                    name.as_str() != "CommonVariableScopingFeatureToggle"
                        || Feature::TenantValueScopes.is_in(&options.server_version)
                })
                .map(|(name, is_on)| (name.clone(), *is_on))
                .collect(),
            switched_off: options.switched_off.iter().map(|name| name.to_lowercase()).collect(),
            maintenance: options.maintenance,
            potential_clone: false,
            api_key_days: None,
            installation_id: options.installation_id.clone().unwrap_or_else(new_uuid),
            server_version: options.server_version.clone(),
            url,
            tasks: Tasks::default(),
        };
        let mut dumps = options.documents.clone();
        for path in &options.load {
            let text = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
            dumps.push(serde_json::from_slice(&text).with_context(|| format!("reading {}", path.display()))?);
        }
        for loaded in &dumps {
            if dump::load(&mut server.store, loaded).is_none() {
                bail!("a file to load has not the shape {{\"Documents\": …, \"Secrets\": …}}");
            }
        }
        projects::complete_loaded(&mut server);
        crate::runbooks::complete_loaded(&mut server);
        certificates::complete_loaded(&mut server);
        git::complete_loaded(&mut server);
        target_tags::complete_loaded(&mut server);
        spaces::complete_loaded(&mut server);
        crate::libraries::complete_loaded(&mut server);
        crate::subscriptions::complete_loaded(&mut server);
        crate::older::complete_loaded(&mut server);
        spaces::found(&mut server, dumps.is_empty(), &options);
        let administrator = server
            .store
            .all(SERVER, "users")
            .next()
            .map(|(id, _)| id.clone())
            .context("a server has a user")?;
        server.keys.add(options.api_key.clone(), &administrator);
        let log = Log::new(options.request_log.as_deref())?;
        Ok(Self {
            options,
            log,
            faults: Mutex::default(),
            buckets: Mutex::default(),
            work: Notify::new(),
            work_root: std::env::temp_dir().join(format!("octopus-sandbox-{}", new_uuid())),
            server: Mutex::new(server),
        })
    }

    /// The server, for the time of one short operation. A handler that panicked has answered 500; the state goes on.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Server> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
