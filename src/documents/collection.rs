//! The collections of a server: one table with what octoferry knows of each.
//!
//! A row is the place where a fact about a collection stands; what reads, carries, compares or lists documents asks for it here. A dump or a
//! manifest may name a collection that the table does not know: that one is [`Collection::Unknown`], which every `match` has to name.
//!
//! Sources: the vendor's published API (routes, pages, what is required), the official clients where it is silent, the documentation of the
//! permissions. Where neither tells, the row says `Assumption:`.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a collection's documents belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The space: what projects share, and the projects.
    Space,
    /// A project.
    Project,
    /// The server.
    Server,
    /// Another document, which they are a part of; they have no routes of their own.
    Document,
}

macro_rules! collections {
    ($($variant:ident = $row:expr),* $(,)?) => {
        /// A collection of documents. The order is that of the names.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Collection {
            $($variant,)*
            /// One that the table does not know; its documents are read from dumps, compared, and named as not carried.
            Unknown(Unknown),
        }

        impl Collection {
            /// All that the table knows, by name.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// What is known of it.
            #[must_use]
            pub const fn row(self) -> &'static Row {
                match self {
                    $(Self::$variant => { const ROW: Row = $row; &ROW })*
                    Self::Unknown(_) => &Row::UNKNOWN,
                }
            }
        }
    };
}

/// What is known of a collection.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// As inventories, manifests and dumps call it: the API's route in lower case, where it has one.
    pub name: &'static str,
    pub scope: Scope,
}

impl Row {
    /// Of a collection that the table does not know. Its name is its own.
    const UNKNOWN: Self = Self { name: "", scope: Scope::Space };
}

/// What a space has.
const fn space(name: &'static str) -> Row {
    Row { name, scope: Scope::Space }
}

/// What a project has.
const fn project(name: &'static str) -> Row {
    Row { name, scope: Scope::Project }
}

/// What a server has.
const fn server(name: &'static str) -> Row {
    Row { name, scope: Scope::Server }
}

/// What is inside documents of other collections.
const fn part(name: &'static str) -> Row {
    Row { name, scope: Scope::Document }
}

collections!(
    Accounts = space("accounts"),
    Actions = part("actions"),
    ActionTemplates = space("actiontemplates"),
    ActionTemplateVersions = space("actiontemplateversions"),
    Artifacts = space("artifacts"),
    BuildInformation = space("buildinformation"),
    Certificates = space("certificates"),
    Channels = project("channels"),
    CommunityActionTemplates = server("communityactiontemplates"),
    DeploymentFreezes = server("deploymentfreezes"),
    DeploymentProcesses = project("deploymentprocesses"),
    Deployments = project("deployments"),
    DeploymentSettings = project("deploymentsettings"),
    DeploymentTargetTags = space("deploymenttargettags"),
    Environments = space("environments"),
    EphemeralEnvironments = space("ephemeralenvironments"),
    Events = space("events"),
    Feeds = space("feeds"),
    GitCredentials = space("git-credentials"),
    GitBranches = project("gitbranches"),
    Interruptions = space("interruptions"),
    LibraryVariableSets = space("libraryvariablesets"),
    Lifecycles = space("lifecycles"),
    MachinePolicies = space("machinepolicies"),
    Machines = space("machines"),
    OidcIdentities = server("oidcidentities"),
    Packages = space("packages"),
    ParentEnvironments = space("parentenvironments"),
    ProjectGroups = space("projectgroups"),
    Projects = space("projects"),
    ProjectTriggers = project("projecttriggers"),
    Proxies = space("proxies"),
    Releases = project("releases"),
    RetentionPolicies = space("retentionpolicies"),
    RunbookProcesses = project("runbookprocesses"),
    RunbookRuns = project("runbookruns"),
    Runbooks = project("runbooks"),
    RunbookSnapshots = project("runbooksnapshots"),
    ScopedUserRoles = server("scopeduserroles"),
    Spaces = server("spaces"),
    Subscriptions = space("subscriptions"),
    Tags = part("tags"),
    TagSets = space("tagsets"),
    Tasks = space("tasks"),
    Teams = server("teams"),
    Tenants = space("tenants"),
    TenantVariableValues = space("tenantvariablevalues"),
    UserRoles = server("userroles"),
    Users = server("users"),
    Variables = space("variables"),
    VariableSnapshots = space("variablesnapshots"),
    WorkerPools = space("workerpools"),
    Workers = space("workers"),
);

impl Collection {
    /// No collection: the one of a table that does not say which it is about.
    pub const NONE: Self = Self::Unknown(Unknown(""));

    /// The collection of that name; one that the table does not know is [`Collection::Unknown`].
    #[must_use]
    pub fn named(name: &str) -> Self {
        let known = Self::ALL.iter().find(|collection| collection.row().name == name);
        known.copied().unwrap_or_else(|| Self::Unknown(Unknown::named(name)))
    }

    /// Its name, as in inventories, manifests and dumps.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown(unknown) => unknown.0,
            known => known.row().name,
        }
    }
}

impl fmt::Display for Collection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl Serialize for Collection {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Collection {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::named(&String::deserialize(deserializer)?))
    }
}

/// The name of a collection that the table does not know. Only [`Collection::named`] makes one, so that none is called like a known one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unknown(&'static str);

impl Unknown {
    /// Each name is kept once and for good: a dump names few, and a collection is a value that is copied everywhere.
    fn named(name: &str) -> Self {
        static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
        let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(name) = names.get(name) {
            return Self(name);
        }
        let name: &'static str = Box::leak(name.into());
        names.insert(name);
        Self(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_its_names() {
        let names: Vec<&str> = Collection::ALL.iter().map(|collection| collection.name()).collect();
        assert!(names.is_sorted_by(|one, next| one < next), "{names:?}");
    }

    #[test]
    fn a_collection_is_written_as_its_name() {
        for name in ["accounts", "git-credentials", "gnomes"] {
            let collection: Collection = serde_json::from_value(name.into()).unwrap();
            assert_eq!(serde_json::to_value(collection).unwrap(), name);
            assert_eq!(collection, Collection::named(name));
        }
        assert_eq!(Collection::named("accounts"), Collection::Accounts);
        assert!(matches!(Collection::named("gnomes"), Collection::Unknown(_)));
    }
}
