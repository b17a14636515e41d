//! The table of ordinary kinds: how their ids begin, which permission guards them, what the server adds to what a client
//! sends. Kinds with more behaviour have hooks, which stand in rooms of their own.

use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::server::Server;

pub(crate) type Fields = Map<String, Value>;

/// Which documents may not have the same name.
#[derive(Clone, Copy)]
pub(crate) enum Unique {
    /// Names may repeat.
    No,
    /// Within the space (or the server).
    Name,
    /// Within the owner that this field names.
    Within(&'static str),
}

/// An ordinary kind.
pub(crate) struct Collection {
    /// The route, in lower case, and the name in dumps.
    pub(crate) name: &'static str,
    /// What ids begin with: `Environments` in `Environments-1`.
    pub(crate) prefix: &'static str,
    /// In permissions (`EnvironmentView`) and `ItemType`.
    pub(crate) noun: &'static str,
    /// Documents belong to the server, not to a space.
    pub(crate) of_server: bool,
    pub(crate) unique: Unique,
    pub(crate) slug: bool,
    /// What absent and null fields get.
    pub(crate) defaults: fn() -> Value,
    /// Fields that hold ids (a text or a list), and the collection these must be found in.
    pub(crate) references: &'static [(&'static str, &'static str)],
    /// Query parameters and the field (`/`-separated) that they must meet.
    pub(crate) filters: &'static [(&'static str, &'static str)],
    pub(crate) hooks: Hooks,
}

/// Checks and completes a document before it is stored. `old` is what it replaces.
pub(crate) type Complete = fn(&mut Server, &str, &mut Fields, Option<&Value>) -> Result<(), Answer>;
/// Makes what comes into being together with a new document.
pub(crate) type Born = fn(&mut Server, &str, &str);
/// Refuses a deletion, or removes what goes with the document.
pub(crate) type Leaving = fn(&mut Server, &str, &str) -> Result<(), Answer>;

#[derive(Clone, Copy, Default)]
pub(crate) struct Hooks {
    pub(crate) complete: Option<Complete>,
    pub(crate) born: Option<Born>,
    pub(crate) leaving: Option<Leaving>,
}

const NO_HOOKS: Hooks = Hooks { complete: None, born: None, leaving: None };

const PLAIN: Collection = Collection {
    name: "",
    prefix: "",
    noun: "",
    of_server: false,
    unique: Unique::Name,
    slug: false,
    defaults: || json!({}),
    references: &[],
    filters: &[],
    hooks: NO_HOOKS,
};

const TENANCY: [(&str, &str); 3] =
    [("EnvironmentIds", "environments"), ("TenantIds", "tenants"), ("TenantTags", "tagsets")];

pub(crate) const COLLECTIONS: &[Collection] = &[
    Collection {
        name: "environments",
        prefix: "Environments",
        noun: "Environment",
        slug: true,
        defaults: || {
            json!({"Description": "", "UseGuidedFailure": false, "AllowDynamicInfrastructure": false, "EnvironmentTags": [],
                   "ExtensionSettings": [], "Type": "Static"})
        },
        references: &[("EnvironmentTags", "tagsets")],
        ..PLAIN
    },
    Collection {
        name: "lifecycles",
        prefix: "Lifecycles",
        noun: "Lifecycle",
        slug: true,
        defaults: || json!({"Description": null, "Phases": []}),
        ..PLAIN
    },
    Collection {
        name: "projectgroups",
        prefix: "ProjectGroups",
        noun: "ProjectGroup",
        slug: true,
        defaults: || json!({"Description": null, "EnvironmentIds": [], "RetentionPolicyId": null}),
        references: &[("EnvironmentIds", "environments")],
        ..PLAIN
    },
    Collection {
        name: "accounts",
        prefix: "Accounts",
        noun: "Account",
        slug: true,
        defaults: || {
            json!({"Description": null, "EnvironmentIds": [], "TenantIds": [], "TenantTags": [],
                   "TenantedDeploymentParticipation": "Untenanted"})
        },
        references: &TENANCY,
        filters: &[("accountType", "AccountType")],
        ..PLAIN
    },
    Collection {
        name: "feeds",
        prefix: "Feeds",
        noun: "Feed",
        slug: true,
        defaults: || json!({"PackageAcquisitionLocationOptions": []}),
        filters: &[("feedType", "FeedType")],
        ..PLAIN
    },
    Collection {
        name: "git-credentials",
        prefix: "GitCredentials",
        noun: "GitCredential",
        defaults: || json!({"Description": null, "RepositoryRestrictions": {"Enabled": false, "AllowedRepositories": []}}),
        ..PLAIN
    },
    Collection {
        name: "proxies",
        prefix: "Proxies",
        noun: "Proxy",
        defaults: || json!({"ProxyType": "HTTP", "Username": null, "Password": {"HasValue": false}}),
        ..PLAIN
    },
    Collection {
        name: "workerpools",
        prefix: "WorkerPools",
        noun: "WorkerPool",
        slug: true,
        defaults: || json!({"Description": null, "WorkerPoolType": "StaticWorkerPool", "IsDefault": false}),
        ..PLAIN
    },
    Collection {
        name: "subscriptions",
        prefix: "Subscriptions",
        noun: "Subscription",
        defaults: || json!({"IsDisabled": false, "Type": "Event"}),
        ..PLAIN
    },
    Collection {
        name: "users",
        prefix: "Users",
        noun: "User",
        of_server: true,
        unique: Unique::No,
        defaults: || {
            json!({"CanPasswordBeEdited": true, "EmailAddress": null, "Identities": [], "IsActive": true, "IsRequestor": false,
                   "IsService": false})
        },
        ..PLAIN
    },
    Collection {
        name: "teams",
        prefix: "Teams",
        noun: "Team",
        of_server: true,
        slug: true,
        defaults: || {
            json!({"CanBeDeleted": true, "CanBeRenamed": true, "CanChangeMembers": true, "CanChangeRoles": true,
                   "Description": null, "ExternalSecurityGroups": [], "MemberUserIds": [], "SpaceId": null})
        },
        references: &[("MemberUserIds", "users")],
        ..PLAIN
    },
    Collection {
        name: "userroles",
        prefix: "UserRoles",
        noun: "UserRole",
        of_server: true,
        defaults: || {
            json!({"CanBeDeleted": true, "Description": null, "GrantedSpacePermissions": [], "GrantedSystemPermissions": [],
                   "SpacePermissionDescriptions": [], "SupportedRestrictions": [], "SystemPermissionDescriptions": []})
        },
        ..PLAIN
    },
    Collection {
        name: "scopeduserroles",
        prefix: "ScopedUserRoles",
        noun: "UserRole",
        of_server: true,
        unique: Unique::No,
        defaults: || json!({"EnvironmentIds": [], "ProjectGroupIds": [], "ProjectIds": [], "SpaceId": null, "TenantIds": []}),
        references: &[("TeamId", "teams"), ("UserRoleId", "userroles")],
        ..PLAIN
    },
];

/// The kind that a route's first segment names.
pub(crate) fn find(name: &str) -> Option<&'static Collection> {
    COLLECTIONS.iter().find(|collection| collection.name == name)
}

pub(crate) fn permission_noun(name: &str) -> Option<&'static str> {
    find(name).map(|collection| collection.noun)
}

pub(crate) fn permission_nouns() -> impl Iterator<Item = &'static str> {
    COLLECTIONS.iter().map(|collection| collection.noun)
}
