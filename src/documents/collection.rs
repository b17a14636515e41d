//! The collections of a server: one table with what octoferry knows of each.
//!
//! A row is the place where a fact about a collection stands; what reads, carries, compares or lists documents asks for it here. A dump or a
//! manifest may name a collection that the table does not know: that one is [`Collection::Unknown`], which every `match` has to name.
//!
//! Sources: the vendor's published API (routes, pages, what is required), the official clients where it is silent, the documentation of the
//! permissions. Where neither tells, the row says `Assumption:`.

mod row;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use row::{NAME, PROJECT, apart, apart_at, copy, known, left, part, project, server, space};
pub use row::{OfPart, Part, Reading, Row, Scope};

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

const HISTORY: &str = "history stays at the source";
const COPIED: &str = "packages and build information are copied, not declared";

collections!(
    Accounts = Row {
        prefix: Some("Accounts"),
        view: &["AccountView"],
        make: &["AccountCreate", "AccountEdit"],
        portal: Some("Infrastructure, Accounts, {}"),
        ..space("accounts")
    },
    Actions = part("actions"),
    ActionTemplates = Row {
        prefix: Some("ActionTemplates"),
        view: &["ActionTemplateView"],
        make: &["ActionTemplateCreate", "ActionTemplateEdit"],
        portal: Some("Library, Step Templates, {}"),
        ..space("actiontemplates")
    },
    ActionTemplateVersions = Row { view: &["ActionTemplateView"], ..copy(apart("actiontemplateversions")) },
    Artifacts = left("artifacts", HISTORY),
    BuildInformation = left("buildinformation", COPIED),
    Certificates = Row {
        // Assumption: without this filter a server may leave the archived ones out; documents may refer to them.
        more: Some("certificates?archived=true"),
        prefix: Some("Certificates"),
        view: &["CertificateView"],
        make: &["CertificateCreate", "CertificateEdit"],
        portal: Some("Library, Certificates, {}, Replace"),
        ..space("certificates")
    },
    Channels = Row {
        in_project: Some("channels"),
        of_part: OfPart::Named,
        prefix: Some("Channels"),
        view: &["ProcessView"],
        make: &["ProcessEdit"],
        ..project("channels")
    },
    // Carried with the template that is made of it.
    CommunityActionTemplates = known(server("communityactiontemplates", "/api/communityactiontemplates")),
    // Names may repeat on a server; one with an owner is a project's.
    DeploymentFreezes = Row {
        reading: Reading::ApartNoted,
        key: &[Part::Of(Collection::Projects, "OwnerId"), NAME],
        view: &["DeploymentFreezeAdminister"],
        make: &["DeploymentFreezeAdminister"],
        import: false,
        since: Some("2024.4"),
        ..server("deploymentfreezes", "/api/deploymentfreezes")
    },
    DeploymentProcesses = Row {
        key: &[PROJECT],
        view: &["ProcessView"],
        make: &["ProcessEdit"],
        portal: Some("project {}, Process"),
        ..project("deploymentprocesses")
    },
    Deployments = left("deployments", HISTORY),
    DeploymentSettings = Row {
        key: &[PROJECT],
        in_project: Some("deploymentsettings"),
        written_in_project: true,
        counted: false,
        view: &["ProjectView"],
        make: &["ProjectEdit"],
        ..project("deploymentsettings")
    },
    DeploymentTargetTags = Row {
        reading: Reading::ApartNoted,
        view: &["TargetTagView"],
        make: &["TargetTagAdminister"],
        since: Some("2026.2"),
        ..apart("deploymenttargettags")
    },
    Environments = Row {
        order: Some("environments/sortorder"),
        prefix: Some("Environments"),
        view: &["EnvironmentView"],
        make: &["EnvironmentCreate", "EnvironmentEdit"],
        ..space("environments")
    },
    EphemeralEnvironments = Row {
        left: Some("an ephemeral environment is made by a deployment, and goes by itself"),
        view: &["EnvironmentView"],
        ..apart_at("ephemeralenvironments", "environments/v2?type=Ephemeral")
    },
    Events = left("events", HISTORY),
    Feeds = Row {
        prefix: Some("Feeds"),
        view: &["FeedView"],
        make: &["FeedEdit"],
        portal: Some("Library, External Feeds, {}"),
        ..space("feeds")
    },
    GitCredentials = Row {
        reading: Reading::Newer,
        prefix: Some("GitCredentials"),
        view: &["GitCredentialView"],
        make: &["GitCredentialEdit"],
        portal: Some("Library, Git Credentials, {}"),
        import: false,
        ..space("git-credentials")
    },
    GitBranches = known(project("gitbranches")),
    InsightsReports = Row {
        route: "insights/reports",
        made_with: &["ProjectIds", "ChannelIds"],
        reading: Reading::Noted,
        of_part: OfPart::All,
        prefix: Some("InsightsReports"),
        view: &["InsightsReportView"],
        make: &["InsightsReportCreate", "InsightsReportEdit"],
        portal: Some("Insights, Reports, {}"),
        ..space("insightsreports")
    },
    Interruptions = left("interruptions", HISTORY),
    LibraryVariableSets = Row {
        of_part: OfPart::Named,
        prefix: Some("LibraryVariableSets"),
        view: &["LibraryVariableSetView"],
        make: &["LibraryVariableSetCreate", "LibraryVariableSetEdit"],
        portal: Some("Library, Variable Sets, {}"),
        ..space("libraryvariablesets")
    },
    Lifecycles = Row {
        prefix: Some("Lifecycles"),
        view: &["LifecycleView"],
        make: &["LifecycleCreate", "LifecycleEdit"],
        ..space("lifecycles")
    },
    MachinePolicies = Row {
        prefix: Some("MachinePolicies"),
        view: &["MachinePolicyView"],
        make: &["MachinePolicyCreate", "MachinePolicyEdit"],
        ..space("machinepolicies")
    },
    Machines = Row {
        of_part: OfPart::Named,
        prefix: Some("Machines"),
        view: &["MachineView"],
        make: &["MachineCreate", "MachineEdit"],
        portal: Some("Infrastructure, Deployment Targets, {}"),
        ..space("machines")
    },
    OidcIdentities = Row {
        key: &[Part::Of(Collection::Users, "ServiceAccountId"), NAME],
        view: &["UserView"],
        make: &["UserEdit"],
        import: false,
        ..server("oidcidentities", "/api/serviceaccounts")
    },
    Packages = left("packages", COPIED),
    ParentEnvironments = Row {
        documents: Some("/api/spaces/{space}/parentEnvironments"),
        view: &["EnvironmentView"],
        make: &["EnvironmentCreate", "EnvironmentEdit"],
        ..apart_at("parentenvironments", "environments/v2?type=Parent")
    },
    ProjectGroups = Row {
        prefix: Some("ProjectGroups"),
        view: &["ProjectGroupView"],
        make: &["ProjectGroupCreate", "ProjectGroupEdit"],
        ..space("projectgroups")
    },
    Projects = Row {
        of_part: OfPart::WithProjects,
        prefix: Some("Projects"),
        view: &["ProjectView"],
        make: &["ProjectCreate", "ProjectEdit"],
        portal: Some("project {}"),
        ..space("projects")
    },
    ProjectTriggers = Row {
        in_project: Some("triggers"),
        written_in_project: true,
        view: &["TriggerView"],
        make: &["TriggerCreate", "TriggerEdit"],
        switch: Some("IsDisabled"),
        ..project("projecttriggers")
    },
    Proxies = Row {
        prefix: Some("Proxies"),
        view: &["ProxyView"],
        make: &["ProxyCreate", "ProxyEdit"],
        portal: Some("Infrastructure, Machine Proxies, {}"),
        import: false,
        ..space("proxies")
    },
    Releases = left("releases", HISTORY),
    RetentionPolicies = Row {
        key: &[Part::Own("RetentionType")],
        make: &["RetentionAdminister"],
        since: Some("2025.3"),
        ..apart("retentionpolicies")
    },
    RunbookProcesses = Row {
        route: "runbookProcesses",
        key: &[PROJECT, Part::Of(Collection::Runbooks, "RunbookId")],
        view: &["ProcessView"],
        make: &["ProcessEdit"],
        portal: Some("project and runbook {}, Process"),
        ..project("runbookprocesses")
    },
    RunbookRuns = left("runbookruns", HISTORY),
    Runbooks = Row {
        in_project: Some("runbooks"),
        of_part: OfPart::Named,
        prefix: Some("Runbooks"),
        view: &["RunbookView"],
        // A permission of its own for snapshots: 2026.3 and later.
        make: &["RunbookEdit", "RunbookSnapshotCreate"],
        ..project("runbooks")
    },
    RunbookSnapshots = Row {
        route: "runbookSnapshots",
        key: &[PROJECT, Part::Of(Collection::Runbooks, "RunbookId"), NAME],
        view: &["RunbookView"],
        counted: false,
        ..project("runbooksnapshots")
    },
    // A team may have one role several times; then their order tells them apart.
    ScopedUserRoles = Row {
        reading: Reading::ApartNoted,
        key: &[Part::Of(Collection::Teams, "TeamId"), Part::Of(Collection::UserRoles, "UserRoleId")],
        view: &["TeamView", "UserRoleView"],
        make: &["TeamEdit"],
        documents: Some("/api/scopeduserroles"),
        ..server("scopeduserroles", "/api/scopeduserroles?includeSystem=false&spaces={space}")
    },
    Spaces = Row { reading: Reading::Never, ..server("spaces", "/api/spaces") },
    Subscriptions = Row {
        reading: Reading::Noted,
        of_part: OfPart::All,
        prefix: Some("Subscriptions"),
        view: &["SubscriptionView"],
        make: &["SubscriptionCreate", "SubscriptionEdit"],
        switch: Some("IsDisabled"),
        ..space("subscriptions")
    },
    Tags = part("tags"),
    // Everybody may see them.
    TagSets = Row {
        order: Some("tagsets/sortorder"),
        prefix: Some("TagSets"),
        make: &["TagSetCreate", "TagSetEdit"],
        ..space("tagsets")
    },
    Tasks = left("tasks", HISTORY),
    Teams = Row {
        reading: Reading::ApartNoted,
        view: &["TeamView"],
        make: &["TeamCreate", "TeamEdit"],
        documents: Some("/api/teams"),
        ..server("teams", "/api/teams?includeSystem=true&spaces={space}")
    },
    Tenants = Row {
        scope: Scope::Linked,
        of_part: OfPart::Named,
        prefix: Some("Tenants"),
        view: &["TenantView"],
        make: &["TenantCreate", "TenantEdit"],
        ..space("tenants")
    },
    TenantVariableValues = Row {
        scope: Scope::Owner,
        view: &["TenantView"],
        make: &["TenantEdit"],
        portal: Some("tenant, owner and variable {}"),
        ..apart("tenantvariablevalues")
    },
    UserRoles = Row {
        reading: Reading::ApartNoted,
        view: &["UserRoleView"],
        make: &["UserRoleEdit"],
        ..server("userroles", "/api/userroles")
    },
    Users = Row {
        reading: Reading::ApartNoted,
        key: &[Part::Own("Username")],
        view: &["UserView"],
        ..known(server("users", "/api/users"))
    },
    Variables = Row {
        scope: Scope::Owner,
        key: &[Part::Owner("OwnerId")],
        view: &["VariableView", "VariableViewUnscoped"],
        make: &["VariableEdit", "VariableEditUnscoped"],
        ..apart("variables")
    },
    VariableSnapshots = copy(apart("variablesnapshots")),
    WorkerPools = Row {
        order: Some("workerpools/sortorder"),
        prefix: Some("WorkerPools"),
        view: &["WorkerView"],
        make: &["WorkerEdit"],
        ..space("workerpools")
    },
    Workers =
        Row { prefix: Some("Workers"), view: &["WorkerView"], make: &["WorkerEdit"], ..space("workers") },
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

    /// The path where documents are made; each is read and written below it, by its id. `space` is the id of the space.
    #[must_use]
    pub fn documents(self, space: &str) -> String {
        let row = self.row();
        absolute(space, row.documents.unwrap_or(row.route))
    }

    /// The path of the list; `space` is the id of the space.
    #[must_use]
    pub fn list(self, space: &str) -> String {
        absolute(space, self.row().route)
    }

    /// The path of its list below a project, where a project has one.
    #[must_use]
    pub fn of_project(self, space: &str, project: &str) -> Option<String> {
        let list = self.row().in_project?;
        Some(absolute(space, &format!("projects/{project}/{list}")))
    }

    /// Whether documents belong to no space, so that its permissions say nothing of them.
    #[must_use]
    pub fn is_of_server(self) -> bool {
        self.row().route.starts_with("/api/")
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

fn absolute(space: &str, route: &str) -> String {
    if route.starts_with("/api/") { route.replace("{space}", space) } else { format!("/api/{space}/{route}") }
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

    #[test]
    fn what_a_row_says_fits_together() {
        let mut prefixes = BTreeSet::new();
        for collection in Collection::ALL {
            let row = collection.row();
            let name = row.name;
            let by_prefix =
                row.of_part == OfPart::Named || row.is_listed() && row.of_part == OfPart::WhenNamed;
            assert!(!by_prefix || row.prefix.is_some(), "{name}: of a part by what its ids begin with");
            assert!(
                row.prefix.is_none_or(|prefix| prefixes.insert(prefix)),
                "{name}: {:?} twice",
                row.prefix
            );
            assert!(!row.written_in_project || row.in_project.is_some(), "{name}");
            assert!(row.portal.is_none_or(|place| place.contains("{}")), "{name}: {:?}", row.portal);
            assert!(row.left.is_none() || row.make.is_empty(), "{name}: it stays, and is made");
            assert_eq!(row.scope == Scope::Server, collection.is_of_server(), "{name}");
        }
    }
}
