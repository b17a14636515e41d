//! The table of ordinary kinds: how their ids begin, which permission guards them, what the server adds to what a client
//! sends. Kinds with more behaviour have hooks, which stand in rooms of their own.

use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::server::Server;
use crate::{
    certificates, channels, infrastructure, libraries, machines, people, projects, runbooks, templates,
    tenants, triggers,
};

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
    /// In `ItemType` and in messages.
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

/// What a kind does beyond the table.
#[derive(Clone, Copy)]
pub(crate) struct Hooks {
    /// Puts back what an update left out; runs before the defaults.
    pub(crate) keep: Option<fn(&mut Fields, &Value)>,
    pub(crate) complete: Option<Complete>,
    pub(crate) born: Option<Born>,
    /// Runs after an update.
    pub(crate) changed: Option<Born>,
    pub(crate) leaving: Option<Leaving>,
}

const NO_HOOKS: Hooks = Hooks { keep: None, complete: None, born: None, changed: None, leaving: None };

const fn hooks(complete: Complete, born: Option<Born>, leaving: Option<Leaving>) -> Hooks {
    Hooks { complete: Some(complete), born, leaving, ..NO_HOOKS }
}

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
            json!({"Description": null, "UseGuidedFailure": false, "AllowDynamicInfrastructure": false, "EnvironmentTags": [],
                   "ExtensionSettings": [], "Type": "Static"})
        },
        references: &[("EnvironmentTags", "tagsets")],
        hooks: hooks(infrastructure::complete_environment, None, Some(infrastructure::environment_leaves)),
        ..PLAIN
    },
    Collection {
        name: "parentenvironments",
        prefix: "Environments",
        noun: "Environment",
        slug: true,
        defaults: || {
            json!({"Description": "", "UseGuidedFailure": false, "AutomaticDeprovisioningRule": null, "EnvironmentTags": [],
                   "Type": "Parent"})
        },
        references: &[("EnvironmentTags", "tagsets")],
        hooks: hooks(infrastructure::complete_environment, None, Some(infrastructure::environment_leaves)),
        ..PLAIN
    },
    Collection {
        name: "lifecycles",
        prefix: "Lifecycles",
        noun: "Lifecycle",
        slug: true,
        defaults: || json!({"Description": null, "Phases": []}),
        hooks: hooks(infrastructure::complete_lifecycle, None, Some(infrastructure::lifecycle_leaves)),
        ..PLAIN
    },
    Collection {
        name: "retentionpolicies",
        prefix: "RetentionPolicies",
        noun: "RetentionPolicy",
        unique: Unique::No,
        hooks: hooks(infrastructure::complete_retention_policy, None, None),
        ..PLAIN
    },
    Collection {
        name: "projectgroups",
        prefix: "ProjectGroups",
        noun: "ProjectGroup",
        slug: true,
        defaults: || json!({"Description": null, "EnvironmentIds": [], "RetentionPolicyId": null}),
        references: &[("EnvironmentIds", "environments")],
        hooks: Hooks { leaving: Some(infrastructure::group_leaves), ..NO_HOOKS },
        ..PLAIN
    },
    Collection {
        name: "tagsets",
        prefix: "TagSets",
        noun: "TagSet",
        defaults: || json!({"Description": "", "Scopes": ["Tenant"], "Tags": [], "Type": "MultiSelect"}),
        filters: &[("scopes", "Scopes")],
        hooks: hooks(infrastructure::complete_tag_set, None, Some(infrastructure::tag_set_leaves)),
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
        hooks: Hooks { leaving: Some(infrastructure::account_leaves), ..NO_HOOKS },
        ..PLAIN
    },
    Collection {
        name: "certificates",
        prefix: "Certificates",
        noun: "Certificate",
        unique: Unique::No,
        defaults: certificates::defaults,
        references: &TENANCY,
        filters: &[("tenant", "TenantIds")],
        hooks: hooks(certificates::complete, None, Some(certificates::leaving)),
        ..PLAIN
    },
    Collection {
        name: "feeds",
        prefix: "Feeds",
        noun: "Feed",
        slug: true,
        defaults: || json!({"PackageAcquisitionLocationOptions": []}),
        filters: &[("feedType", "FeedType")],
        hooks: hooks(infrastructure::complete_feed, None, Some(infrastructure::feed_leaves)),
        ..PLAIN
    },
    Collection {
        name: "git-credentials",
        prefix: "GitCredentials",
        noun: "GitCredential",
        defaults: || json!({"Description": null, "RepositoryRestrictions": {"Enabled": false, "AllowedRepositories": []}}),
        hooks: Hooks { leaving: Some(projects::git_credential_leaves), ..NO_HOOKS },
        ..PLAIN
    },
    Collection {
        name: "proxies",
        prefix: "Proxies",
        noun: "Proxy",
        defaults: || json!({"ProxyType": "HTTP", "Username": null, "Password": {"HasValue": false}}),
        hooks: Hooks { leaving: Some(machines::proxy_leaves), ..NO_HOOKS },
        ..PLAIN
    },
    Collection {
        name: "machinepolicies",
        prefix: "MachinePolicies",
        noun: "MachinePolicy",
        slug: true,
        defaults: machines::policy_defaults,
        hooks: hooks(machines::complete_policy, None, Some(machines::policy_leaves)),
        ..PLAIN
    },
    Collection {
        name: "machines",
        prefix: "Machines",
        noun: "Machine",
        slug: true,
        defaults: machines::target_defaults,
        references: &TENANCY,
        filters: &[
            ("environmentIds", "EnvironmentIds"),
            ("roles", "Roles"),
            ("tenantIds", "TenantIds"),
            ("tenantTags", "TenantTags"),
            ("healthStatuses", "HealthStatus"),
            ("isDisabled", "IsDisabled"),
            ("thumbprint", "Thumbprint"),
            ("shellNames", "ShellName"),
            ("commStyles", "Endpoint/CommunicationStyle"),
        ],
        hooks: hooks(machines::complete, None, None),
        ..PLAIN
    },
    Collection {
        name: "workers",
        prefix: "Workers",
        noun: "Worker",
        slug: true,
        defaults: machines::worker_defaults,
        references: &[("WorkerPoolIds", "workerpools")],
        filters: &[
            ("workerPoolIds", "WorkerPoolIds"),
            ("healthStatuses", "HealthStatus"),
            ("isDisabled", "IsDisabled"),
            ("thumbprint", "Thumbprint"),
            ("shellNames", "ShellName"),
            ("commStyles", "Endpoint/CommunicationStyle"),
        ],
        hooks: hooks(machines::complete, None, None),
        ..PLAIN
    },
    Collection {
        name: "workerpools",
        prefix: "WorkerPools",
        noun: "WorkerPool",
        slug: true,
        defaults: || json!({"Description": null, "WorkerPoolType": "StaticWorkerPool", "IsDefault": false}),
        hooks: hooks(machines::complete_pool, None, Some(machines::pool_leaves)),
        ..PLAIN
    },
    Collection {
        name: "libraryvariablesets",
        prefix: "LibraryVariableSets",
        noun: "LibraryVariableSet",
        defaults: libraries::defaults,
        filters: &[("contentType", "ContentType")],
        hooks: hooks(libraries::complete, Some(libraries::born), Some(libraries::leaving)),
        ..PLAIN
    },
    Collection {
        name: "actiontemplates",
        prefix: "ActionTemplates",
        noun: "ActionTemplate",
        defaults: templates::defaults,
        hooks: hooks(templates::complete, None, Some(templates::leaving)),
        ..PLAIN
    },
    Collection {
        name: "projects",
        prefix: "Projects",
        noun: "Project",
        slug: true,
        defaults: projects::defaults,
        references: &[("IncludedLibraryVariableSetIds", "libraryvariablesets"), ("ProjectTags", "tagsets")],
        filters: &[("clonedFromProjectId", "ClonedFromProjectId")],
        hooks: Hooks {
            keep: Some(projects::keep_absent),
            changed: Some(projects::mirror_settings),
            ..hooks(projects::complete, Some(projects::born), Some(projects::leaving))
        },
        ..PLAIN
    },
    Collection {
        name: "channels",
        prefix: "Channels",
        noun: "Channel",
        unique: Unique::Within("ProjectId"),
        slug: true,
        defaults: channels::defaults,
        references: &[
            ("LifecycleId", "lifecycles"),
            ("TenantTags", "tagsets"),
            ("ParentEnvironmentId", "parentenvironments"),
        ],
        hooks: hooks(channels::complete, None, Some(channels::leaving)),
        ..PLAIN
    },
    Collection {
        name: "runbooks",
        prefix: "Runbooks",
        noun: "Runbook",
        unique: Unique::Within("ProjectId"),
        slug: true,
        defaults: runbooks::defaults,
        references: &[("Environments", "environments")],
        filters: &[("projectIds", "ProjectId")],
        hooks: Hooks {
            keep: Some(runbooks::keep_absent),
            ..hooks(runbooks::complete, Some(runbooks::born), Some(runbooks::leaving))
        },
        ..PLAIN
    },
    Collection {
        name: "projecttriggers",
        prefix: "ProjectTriggers",
        noun: "Trigger",
        unique: Unique::Within("ProjectId"),
        defaults: triggers::defaults,
        hooks: hooks(triggers::complete, None, None),
        ..PLAIN
    },
    Collection {
        name: "tenants",
        prefix: "Tenants",
        noun: "Tenant",
        slug: true,
        defaults: tenants::defaults,
        references: &[("TenantTags", "tagsets")],
        filters: &[
            ("tags", "TenantTags"),
            ("isDisabled", "IsDisabled"),
            ("clonedFromTenantId", "ClonedFromTenantId"),
        ],
        hooks: hooks(tenants::complete, None, Some(tenants::leaving)),
        ..PLAIN
    },
    Collection {
        name: "subscriptions",
        prefix: "Subscriptions",
        noun: "Subscription",
        defaults: || json!({"IsDisabled": false, "Type": "Event"}),
        hooks: Hooks { complete: Some(crate::subscriptions::complete), ..NO_HOOKS },
        ..PLAIN
    },
    Collection {
        name: "insightsreports",
        prefix: "InsightsReports",
        noun: "InsightsReport",
        defaults: || json!({"AllTenants": false, "Description": null, "IconColor": null, "IconId": null, "TenantMode": "Untenanted"}),
        references: &[
            ("ProjectIds", "projects"),
            ("ProjectGroupIds", "projectgroups"),
            ("ChannelIds", "channels"),
            ("TenantIds", "tenants"),
            ("TenantTags", "tagsets"),
        ],
        hooks: Hooks { complete: Some(complete_report), ..NO_HOOKS },
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
        hooks: hooks(people::complete_user, None, Some(people::user_leaves)),
        ..PLAIN
    },
    Collection {
        name: "teams",
        prefix: "Teams",
        noun: "Team",
        of_server: true,
        unique: Unique::Within("SpaceId"),
        slug: true,
        defaults: || {
            json!({"CanBeDeleted": true, "CanBeRenamed": true, "CanChangeMembers": true, "CanChangeRoles": true,
                   "Description": null, "ExternalSecurityGroups": [], "MemberUserIds": [], "SpaceId": null})
        },
        references: &[("MemberUserIds", "users")],
        hooks: hooks(people::complete_team, None, Some(people::team_leaves)),
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
        hooks: hooks(people::complete_role, None, Some(people::role_leaves)),
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

/// What a report must say (the vendor's reference of `POST insights/reports`).
fn complete_report(_: &mut Server, _: &str, report: &mut Fields, _: Option<&Value>) -> Result<(), Answer> {
    const LISTS: [&str; 6] =
        ["ChannelIds", "EnvironmentGroups", "ProjectGroupIds", "ProjectIds", "TenantIds", "TenantTags"];
    let lacking: Vec<&str> =
        LISTS.into_iter().filter(|list| !report.get(*list).is_some_and(Value::is_array)).collect();
    if lacking.is_empty() && report.get("TimeZone").is_some_and(Value::is_string) {
        return Ok(());
    }
    Err(Answer::bad_request(format!("A report needs a TimeZone and these lists: {}", lacking.join(", "))))
}

/// The kind that a route's first segment names.
pub(crate) fn find(name: &str) -> Option<&'static Collection> {
    COLLECTIONS.iter().find(|collection| collection.name == name)
}
