//! Where documents hold ids of others.

use documents::collection::Collection;

/// What is left where all that a place names is dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// Null, or an empty list: what the server shows for nothing.
    Nothing,
    /// The default that every space has.
    Default,
    /// The thing that holds the reference is left out: the nearest item of a list, else the document.
    Omit,
    /// The same; and the thing is nothing without one, so it is left out where the place is empty, too.
    Required,
    /// It is switched off.
    Disable,
    /// For tenants alone, and for none of them.
    Nobody,
    /// An empty list, which is everyone: nothing narrower can be said there.
    Everyone,
}

/// A place in the documents of some collections.
pub(super) struct ReferencePath {
    pub(super) of: &'static [Collection],
    /// Fields with dots between them; `[]` stands for each item of a list.
    pub(super) path: &'static str,
    /// What the ids are of.
    pub(super) to: &'static [Collection],
    pub(super) left: Left,
}

impl ReferencePath {
    pub(super) fn is_of(&self, collection: Collection) -> bool {
        self.of.contains(&collection)
    }
}

const fn place(
    of: &'static [Collection],
    path: &'static str,
    to: &'static [Collection],
    left: Left,
) -> ReferencePath {
    ReferencePath { of, path, to, left }
}

const ENVIRONMENTS: &[Collection] = &[Collection::Environments, Collection::ParentEnvironments];
const RESTRICTED: &[Collection] = &[Collection::Accounts, Collection::Certificates];
const MACHINES: &[Collection] = &[Collection::Machines, Collection::Workers];
const PROCESSES: &[Collection] = &[Collection::DeploymentProcesses, Collection::RunbookProcesses];
const VARIABLES: &[Collection] = &[Collection::Variables];
const TRIGGERS: &[Collection] = &[Collection::ProjectTriggers];
const ROLES: &[Collection] = &[Collection::ScopedUserRoles];
const SUBSCRIPTIONS: &[Collection] = &[Collection::Subscriptions];
const REPORTS: &[Collection] = &[Collection::InsightsReports];
const VALUES: &[Collection] = &[Collection::TenantVariableValues];

/// The environments of a tenant in a project.
pub(super) const LINK: ReferencePath =
    place(&[Collection::Tenants], "ProjectEnvironments", ENVIRONMENTS, Left::Nothing);
/// The environments of a project in a freeze.
pub(super) const FROZEN: ReferencePath =
    place(&[Collection::DeploymentFreezes], "ProjectEnvironmentScope", ENVIRONMENTS, Left::Nothing);

/// Whether a field of a document is a list in which ids stand, or in whose items they do. `path` is as in a finish step: an item is no text.
pub(crate) fn is_list(collection: Collection, path: &[serde_json::Value]) -> bool {
    let mut wanted = String::new();
    for part in path {
        match part.as_str() {
            Some(name) if wanted.is_empty() => wanted.push_str(name),
            Some(name) => wanted.extend([".", name]),
            None => wanted.push_str("[]"),
        }
    }
    wanted.push_str("[]");
    PLACES.iter().any(|place| {
        place.is_of(collection)
            && place
                .path
                .strip_prefix(wanted.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

pub(super) const PLACES: &[ReferencePath] = &[
    place(RESTRICTED, "EnvironmentIds[]", ENVIRONMENTS, Left::Nobody),
    place(RESTRICTED, "TenantIds[]", &[Collection::Tenants], Left::Nothing),
    place(RESTRICTED, "TenantTags[]", &[Collection::Tags], Left::Nothing),
    place(&[Collection::Tenants], "TenantTags[]", &[Collection::Tags], Left::Nothing),
    place(ENVIRONMENTS, "EnvironmentTags[]", &[Collection::Tags], Left::Nothing),
    place(&[Collection::Projects], "ProjectTags[]", &[Collection::Tags], Left::Nothing),
    place(&[Collection::Runbooks], "RunbookTags[]", &[Collection::Tags], Left::Nothing),
    // A target has to be in an environment, a worker in a pool.
    place(&[Collection::Machines], "EnvironmentIds[]", ENVIRONMENTS, Left::Omit),
    place(&[Collection::Machines], "TenantIds[]", &[Collection::Tenants], Left::Nothing),
    place(&[Collection::Machines], "TenantTags[]", &[Collection::Tags], Left::Nothing),
    place(&[Collection::Workers], "WorkerPoolIds[]", &[Collection::WorkerPools], Left::Default),
    place(MACHINES, "MachinePolicyId", &[Collection::MachinePolicies], Left::Default),
    place(MACHINES, "Endpoint.ProxyId", &[Collection::Proxies], Left::Nothing),
    place(MACHINES, "Endpoint.AccountId", &[Collection::Accounts], Left::Nothing),
    place(MACHINES, "Endpoint.Authentication.AccountId", &[Collection::Accounts], Left::Nothing),
    place(MACHINES, "Endpoint.Authentication.ClientCertificate", &[Collection::Certificates], Left::Nothing),
    place(MACHINES, "Endpoint.ClusterCertificate", &[Collection::Certificates], Left::Nothing),
    place(MACHINES, "Endpoint.DefaultWorkerPoolId", &[Collection::WorkerPools], Left::Nothing),
    place(MACHINES, "Endpoint.WorkerPoolId", &[Collection::WorkerPools], Left::Nothing),
    place(MACHINES, "Endpoint.Container.FeedId", &[Collection::Feeds], Left::Nothing),
    place(
        &[Collection::MachinePolicies],
        "MachineUpdatePolicy.TentacleUpdateAccountId",
        &[Collection::Accounts],
        Left::Nothing,
    ),
    place(&[Collection::Lifecycles], "Phases[].AutomaticDeploymentTargets[]", ENVIRONMENTS, Left::Nothing),
    place(&[Collection::Lifecycles], "Phases[].OptionalDeploymentTargets[]", ENVIRONMENTS, Left::Nothing),
    place(&[Collection::Channels], "LifecycleId", &[Collection::Lifecycles], Left::Nothing),
    place(&[Collection::Channels], "ParentEnvironmentId", ENVIRONMENTS, Left::Nothing),
    place(&[Collection::Channels], "TenantTags[]", &[Collection::Tags], Left::Everyone),
    place(&[Collection::Projects], "LifecycleId", &[Collection::Lifecycles], Left::Default),
    place(&[Collection::Projects], "ProjectGroupId", &[Collection::ProjectGroups], Left::Default),
    place(
        &[Collection::Projects],
        "IncludedLibraryVariableSetIds[]",
        &[Collection::LibraryVariableSets],
        Left::Nothing,
    ),
    place(
        &[Collection::Projects],
        "ReleaseCreationStrategy.ChannelId",
        &[Collection::Channels],
        Left::Nothing,
    ),
    place(
        &[Collection::Projects, Collection::DeploymentSettings],
        "VersioningStrategy.DonorPackageStepId",
        &[Collection::Actions],
        Left::Nothing,
    ),
    place(
        &[Collection::Projects],
        "ReleaseCreationStrategy.ReleaseCreationPackageStepId",
        &[Collection::Actions],
        Left::Nothing,
    ),
    place(&[Collection::Projects], "ProvisioningRunbookId", &[Collection::Runbooks], Left::Nothing),
    place(&[Collection::Projects], "DeprovisioningRunbookId", &[Collection::Runbooks], Left::Nothing),
    place(PROCESSES, "Steps[].Actions[].Environments[]", ENVIRONMENTS, Left::Disable),
    place(PROCESSES, "Steps[].Actions[].ExcludedEnvironments[]", ENVIRONMENTS, Left::Nothing),
    place(PROCESSES, "Steps[].Actions[].Channels[]", &[Collection::Channels], Left::Disable),
    place(PROCESSES, "Steps[].Actions[].TenantTags[]", &[Collection::Tags], Left::Disable),
    place(PROCESSES, "Steps[].Actions[].WorkerPoolId", &[Collection::WorkerPools], Left::Nothing),
    place(PROCESSES, "Steps[].Actions[].Container.FeedId", &[Collection::Feeds], Left::Nothing),
    place(PROCESSES, "Steps[].Actions[].Packages[].FeedId", &[Collection::Feeds], Left::Nothing),
    place(
        PROCESSES,
        "Steps[].Actions[].GitDependencies[].GitCredentialId",
        &[Collection::GitCredentials],
        Left::Nothing,
    ),
    place(&[Collection::ActionTemplates], "Packages[].FeedId", &[Collection::Feeds], Left::Nothing),
    place(
        &[Collection::ActionTemplates],
        "GitDependencies[].GitCredentialId",
        &[Collection::GitCredentials],
        Left::Nothing,
    ),
    place(&[Collection::Runbooks], "Environments[]", ENVIRONMENTS, Left::Nothing),
    place(VARIABLES, "Variables[].Scope.Environment[]", ENVIRONMENTS, Left::Omit),
    place(VARIABLES, "Variables[].Scope.Machine[]", &[Collection::Machines], Left::Omit),
    place(VARIABLES, "Variables[].Scope.Channel[]", &[Collection::Channels], Left::Omit),
    place(
        VARIABLES,
        "Variables[].Scope.ProcessOwner[]",
        &[Collection::Projects, Collection::Runbooks],
        Left::Omit,
    ),
    place(VARIABLES, "Variables[].Scope.Action[]", &[Collection::Actions], Left::Omit),
    place(VARIABLES, "Variables[].Scope.TenantTag[]", &[Collection::Tags], Left::Omit),
    place(VARIABLES, "Variables[].Scope.Project[]", &[Collection::Projects], Left::Omit),
    place(VARIABLES, "Variables[].Scope.Tenant[]", &[Collection::Tenants], Left::Omit),
    place(TRIGGERS, "Filter.EnvironmentIds[]", ENVIRONMENTS, Left::Omit),
    place(TRIGGERS, "Action.ChannelId", &[Collection::Channels], Left::Omit),
    place(TRIGGERS, "Action.EnvironmentId", ENVIRONMENTS, Left::Omit),
    place(TRIGGERS, "Action.DestinationEnvironmentId", ENVIRONMENTS, Left::Omit),
    place(TRIGGERS, "Action.SourceEnvironmentIds[]", ENVIRONMENTS, Left::Omit),
    place(TRIGGERS, "Action.EnvironmentIds[]", ENVIRONMENTS, Left::Omit),
    place(TRIGGERS, "Action.RunbookId", &[Collection::Runbooks], Left::Omit),
    place(TRIGGERS, "Action.TenantIds[]", &[Collection::Tenants], Left::Omit),
    place(TRIGGERS, "Action.TenantTags[]", &[Collection::Tags], Left::Omit),
    place(ROLES, "TeamId", &[Collection::Teams], Left::Required),
    place(ROLES, "UserRoleId", &[Collection::UserRoles], Left::Required),
    place(ROLES, "EnvironmentIds[]", ENVIRONMENTS, Left::Omit),
    place(ROLES, "ProjectIds[]", &[Collection::Projects], Left::Omit),
    place(ROLES, "ProjectGroupIds[]", &[Collection::ProjectGroups], Left::Omit),
    place(ROLES, "TenantIds[]", &[Collection::Tenants], Left::Omit),
    place(SUBSCRIPTIONS, "EventNotificationSubscription.Filter.Environments[]", ENVIRONMENTS, Left::Omit),
    place(
        SUBSCRIPTIONS,
        "EventNotificationSubscription.Filter.Projects[]",
        &[Collection::Projects],
        Left::Omit,
    ),
    place(
        SUBSCRIPTIONS,
        "EventNotificationSubscription.Filter.ProjectGroups[]",
        &[Collection::ProjectGroups],
        Left::Omit,
    ),
    place(
        SUBSCRIPTIONS,
        "EventNotificationSubscription.Filter.Tenants[]",
        &[Collection::Tenants],
        Left::Omit,
    ),
    place(SUBSCRIPTIONS, "EventNotificationSubscription.Filter.Tags[]", &[Collection::Tags], Left::Omit),
    place(SUBSCRIPTIONS, "EventNotificationSubscription.EmailTeams[]", &[Collection::Teams], Left::Nothing),
    place(SUBSCRIPTIONS, "EventNotificationSubscription.WebhookTeams[]", &[Collection::Teams], Left::Nothing),
    place(REPORTS, "ProjectIds[]", &[Collection::Projects], Left::Nothing),
    place(REPORTS, "ProjectGroupIds[]", &[Collection::ProjectGroups], Left::Nothing),
    place(REPORTS, "ChannelIds[]", &[Collection::Channels], Left::Nothing),
    place(REPORTS, "TenantIds[]", &[Collection::Tenants], Left::Nothing),
    place(REPORTS, "TenantTags[]", &[Collection::Tags], Left::Nothing),
    place(REPORTS, "EnvironmentGroups[].Environments[]", ENVIRONMENTS, Left::Nothing),
    // Assumption: a server deletes a tenant's values with their tenant, project or library set, so nobody misses one whose owner is gone.
    place(VALUES, "TenantId", &[Collection::Tenants], Left::Omit),
    place(VALUES, "ProjectId", &[Collection::Projects], Left::Omit),
    place(VALUES, "LibraryVariableSetId", &[Collection::LibraryVariableSets], Left::Omit),
    place(VALUES, "EnvironmentIds[]", ENVIRONMENTS, Left::Omit),
    place(VALUES, "Scope.EnvironmentIds[]", ENVIRONMENTS, Left::Omit),
];
