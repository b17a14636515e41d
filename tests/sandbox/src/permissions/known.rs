//! The permissions that a server knows.
//!
//! Names: the vendor's reference of `GET /api/permissions/all` and of user roles (2026-08-25). Levels: the vendor's page of the permissions of
//! built-in roles (2026-10-08), by the roles *Space Manager* and *System Administrator*.

use crate::packages::compare_versions;

/// Where a permission counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Space,
    System,
    Both,
}

impl Level {
    pub(crate) fn is_of_space(self) -> bool {
        self != Self::System
    }

    pub(crate) fn is_of_system(self) -> bool {
        self != Self::Space
    }
}

/// All permissions, with the first version that has them where that is known.
const PERMISSIONS: &[(&str, Level, &str)] = &[
    ("AccountCreate", Level::Space, ""),
    ("AccountDelete", Level::Space, ""),
    ("AccountEdit", Level::Space, ""),
    ("AccountView", Level::Space, ""),
    ("ActionTemplateCreate", Level::Space, ""),
    ("ActionTemplateDelete", Level::Space, ""),
    ("ActionTemplateEdit", Level::Space, ""),
    ("ActionTemplateView", Level::Space, ""),
    ("AdministerSystem", Level::System, ""),
    ("ArtifactCreate", Level::Space, ""),
    ("ArtifactDelete", Level::Space, ""),
    ("ArtifactEdit", Level::Space, ""),
    ("ArtifactView", Level::Space, ""),
    ("BuildInformationAdminister", Level::Space, ""),
    ("BuildInformationPush", Level::Space, ""),
    ("BuiltInFeedAdminister", Level::Space, ""),
    ("BuiltInFeedDownload", Level::Space, ""),
    ("BuiltInFeedPush", Level::Space, ""),
    ("CertificateCreate", Level::Space, ""),
    ("CertificateDelete", Level::Space, ""),
    ("CertificateEdit", Level::Space, ""),
    ("CertificateExportPrivateKey", Level::Space, ""),
    ("CertificateView", Level::Space, ""),
    ("ConfigureServer", Level::System, ""),
    ("DefectReport", Level::Space, ""),
    ("DefectResolve", Level::Space, ""),
    ("DeploymentCreate", Level::Space, ""),
    ("DeploymentDelete", Level::Space, ""),
    ("DeploymentFreezeAdminister", Level::System, ""),
    ("DeploymentView", Level::Space, ""),
    ("EnvironmentCreate", Level::Space, ""),
    ("EnvironmentDelete", Level::Space, ""),
    ("EnvironmentEdit", Level::Space, ""),
    ("EnvironmentView", Level::Space, ""),
    ("EventRetentionDelete", Level::System, ""),
    ("EventRetentionView", Level::System, ""),
    ("EventView", Level::Both, ""),
    ("FeedEdit", Level::Space, ""),
    ("FeedView", Level::Space, ""),
    ("GitCredentialEdit", Level::Space, ""),
    ("GitCredentialView", Level::Space, ""),
    ("InsightsReportCreate", Level::Space, ""),
    ("InsightsReportDelete", Level::Space, ""),
    ("InsightsReportEdit", Level::Space, ""),
    ("InsightsReportView", Level::Space, ""),
    ("InterruptionSubmit", Level::Space, ""),
    ("InterruptionView", Level::Space, ""),
    ("InterruptionViewSubmitResponsible", Level::Space, ""),
    ("LibraryVariableSetCreate", Level::Space, ""),
    ("LibraryVariableSetDelete", Level::Space, ""),
    ("LibraryVariableSetEdit", Level::Space, ""),
    ("LibraryVariableSetView", Level::Space, ""),
    ("LifecycleCreate", Level::Space, ""),
    ("LifecycleDelete", Level::Space, ""),
    ("LifecycleEdit", Level::Space, ""),
    ("LifecycleView", Level::Space, ""),
    ("MachineCreate", Level::Space, ""),
    ("MachineDelete", Level::Space, ""),
    ("MachineEdit", Level::Space, ""),
    ("MachinePolicyCreate", Level::Space, ""),
    ("MachinePolicyDelete", Level::Space, ""),
    ("MachinePolicyEdit", Level::Space, ""),
    ("MachinePolicyView", Level::Space, ""),
    ("MachineView", Level::Space, ""),
    ("PlatformHubEdit", Level::System, ""),
    ("PlatformHubView", Level::System, ""),
    ("ProcessEdit", Level::Space, ""),
    ("ProcessView", Level::Space, ""),
    ("ProjectCreate", Level::Space, ""),
    ("ProjectDelete", Level::Space, ""),
    ("ProjectEdit", Level::Space, ""),
    ("ProjectGroupCreate", Level::Space, ""),
    ("ProjectGroupDelete", Level::Space, ""),
    ("ProjectGroupEdit", Level::Space, ""),
    ("ProjectGroupView", Level::Space, ""),
    ("ProjectView", Level::Space, ""),
    ("ProxyCreate", Level::Space, ""),
    ("ProxyDelete", Level::Space, ""),
    ("ProxyEdit", Level::Space, ""),
    ("ProxyView", Level::Space, ""),
    ("ReleaseCreate", Level::Space, ""),
    ("ReleaseDelete", Level::Space, ""),
    ("ReleaseEdit", Level::Space, ""),
    ("ReleaseView", Level::Space, ""),
    ("RetentionAdminister", Level::Space, "2025.3"),
    ("RunbookEdit", Level::Space, ""),
    ("RunbookRunCreate", Level::Space, ""),
    ("RunbookRunDelete", Level::Space, ""),
    ("RunbookRunView", Level::Space, ""),
    ("RunbookSnapshotCreate", Level::Space, "2026.3"),
    ("RunbookView", Level::Space, ""),
    ("SpaceCreate", Level::System, ""),
    ("SpaceDelete", Level::System, ""),
    ("SpaceEdit", Level::System, ""),
    ("SpaceView", Level::System, ""),
    ("SshKnownHostsAdminister", Level::System, "2026.2"),
    ("SshKnownHostsView", Level::System, "2026.2"),
    ("SubscriptionCreate", Level::Space, ""),
    ("SubscriptionDelete", Level::Space, ""),
    ("SubscriptionEdit", Level::Space, ""),
    ("SubscriptionView", Level::Space, ""),
    ("TagSetCreate", Level::Space, ""),
    ("TagSetDelete", Level::Space, ""),
    ("TagSetEdit", Level::Space, ""),
    ("TargetTagAdminister", Level::Space, "2026.2"),
    ("TargetTagView", Level::Space, "2026.2"),
    ("TaskCancel", Level::Both, ""),
    ("TaskCreate", Level::Both, ""),
    ("TaskEdit", Level::Both, ""),
    ("TaskPrioritize", Level::Space, ""),
    ("TaskView", Level::Both, ""),
    ("TeamCreate", Level::Both, ""),
    ("TeamDelete", Level::Both, ""),
    ("TeamEdit", Level::Both, ""),
    ("TeamView", Level::Both, ""),
    ("TelemetryView", Level::System, ""),
    ("TenantCreate", Level::Space, ""),
    ("TenantDelete", Level::Space, ""),
    ("TenantEdit", Level::Space, ""),
    ("TenantView", Level::Space, ""),
    ("TriggerCreate", Level::Space, ""),
    ("TriggerDelete", Level::Space, ""),
    ("TriggerEdit", Level::Space, ""),
    ("TriggerView", Level::Space, ""),
    ("UserEdit", Level::System, ""),
    ("UserInvite", Level::System, ""),
    ("UserRoleEdit", Level::System, ""),
    ("UserRoleView", Level::System, ""),
    ("UserView", Level::System, ""),
    ("VariableEdit", Level::Space, ""),
    ("VariableEditUnscoped", Level::Space, ""),
    ("VariableView", Level::Space, ""),
    ("VariableViewUnscoped", Level::Space, ""),
    ("WorkerEdit", Level::Space, ""),
    ("WorkerView", Level::Space, ""),
];

/// What the built-in role *Space Manager* has of the system (the page of built-in roles).
pub(crate) const OF_SPACE_MANAGERS: [&str; 6] = [
    "DeploymentFreezeAdminister",
    "SshKnownHostsAdminister",
    "SshKnownHostsView",
    "TeamView",
    "UserRoleView",
    "UserView",
];

/// The permissions that a server of that version has.
pub(crate) fn of_version(server_version: &str) -> impl Iterator<Item = (&'static str, Level)> {
    let has = move |since: &str| since.is_empty() || compare_versions(server_version, since).is_ge();
    PERMISSIONS.iter().filter(move |(_, _, since)| has(since)).map(|(name, level, _)| (*name, *level))
}

/// Where a permission counts; `None`: there is none of that name.
pub(crate) fn level(permission: &str) -> Option<Level> {
    PERMISSIONS.iter().find(|(name, ..)| *name == permission).map(|(_, level, _)| *level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_in_the_order_of_their_names() {
        assert!(PERMISSIONS.is_sorted_by(|one, next| one.0 < next.0));
    }
}
