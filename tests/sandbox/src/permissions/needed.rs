//! Which permission an address needs.
//!
//! The vendor's reference names none by route; its page of built-in roles (2026-10-08) describes each permission in a sentence. What is here
//! follows those sentences; where they leave it open, a line says `Assumption:`.

use crate::request::{Method, Request};

/// What one needs to see, make, change and delete documents.
struct Noun {
    view: &'static str,
    create: &'static str,
    edit: &'static str,
    delete: &'static str,
}

impl Noun {
    const fn new(
        view: &'static str,
        create: &'static str,
        edit: &'static str,
        delete: &'static str,
    ) -> Option<Self> {
        Some(Self { view, create, edit, delete })
    }

    /// Of those that know only *view* and *edit*.
    const fn edited(view: &'static str, edit: &'static str) -> Option<Self> {
        Self::new(view, edit, edit, edit)
    }
}

/// What the documents below a first segment need; empty: nothing. Only the ordinary ones: [`of`] has the rest.
fn noun(collection: &str) -> Option<Noun> {
    match collection {
        "environments" | "parentenvironments" => {
            Noun::new("EnvironmentView", "EnvironmentCreate", "EnvironmentEdit", "EnvironmentDelete")
        }
        "lifecycles" => Noun::new("LifecycleView", "LifecycleCreate", "LifecycleEdit", "LifecycleDelete"),
        "projectgroups" => {
            Noun::new("ProjectGroupView", "ProjectGroupCreate", "ProjectGroupEdit", "ProjectGroupDelete")
        }
        // No permission is about seeing them.
        "tagsets" => Noun::new("", "TagSetCreate", "TagSetEdit", "TagSetDelete"),
        "accounts" => Noun::new("AccountView", "AccountCreate", "AccountEdit", "AccountDelete"),
        "certificates" => {
            Noun::new("CertificateView", "CertificateCreate", "CertificateEdit", "CertificateDelete")
        }
        "feeds" => Noun::edited("FeedView", "FeedEdit"),
        "git-credentials" => Noun::edited("GitCredentialView", "GitCredentialEdit"),
        "proxies" => Noun::new("ProxyView", "ProxyCreate", "ProxyEdit", "ProxyDelete"),
        "machinepolicies" => {
            Noun::new("MachinePolicyView", "MachinePolicyCreate", "MachinePolicyEdit", "MachinePolicyDelete")
        }
        "machines" => Noun::new("MachineView", "MachineCreate", "MachineEdit", "MachineDelete"),
        // "Edit workers and worker pools", "View the workers in worker pools".
        "workers" | "workerpools" => Noun::edited("WorkerView", "WorkerEdit"),
        "libraryvariablesets" => Noun::new(
            "LibraryVariableSetView",
            "LibraryVariableSetCreate",
            "LibraryVariableSetEdit",
            "LibraryVariableSetDelete",
        ),
        "actiontemplates" => Noun::new(
            "ActionTemplateView",
            "ActionTemplateCreate",
            "ActionTemplateEdit",
            "ActionTemplateDelete",
        ),
        "projects" => Noun::new("ProjectView", "ProjectCreate", "ProjectEdit", "ProjectDelete"),
        // "Edit the deployment process and channels associated with a project".
        "channels" | "deploymentprocesses" | "runbookprocesses" => Noun::edited("ProcessView", "ProcessEdit"),
        "runbooks" => Noun::edited("RunbookView", "RunbookEdit"),
        "projecttriggers" => Noun::new("TriggerView", "TriggerCreate", "TriggerEdit", "TriggerDelete"),
        "tenants" => Noun::new("TenantView", "TenantCreate", "TenantEdit", "TenantDelete"),
        "tenantvariables" => Noun::edited("TenantView", "TenantEdit"),
        "subscriptions" => {
            Noun::new("SubscriptionView", "SubscriptionCreate", "SubscriptionEdit", "SubscriptionDelete")
        }
        "insightsreports" => Noun::new(
            "InsightsReportView",
            "InsightsReportCreate",
            "InsightsReportEdit",
            "InsightsReportDelete",
        ),
        "variables" => Noun::edited("VariableView", "VariableEdit"),
        // Assumption: no permission is about seeing them, so everybody may.
        "retentionpolicies" => Noun::edited("", "RetentionAdminister"),
        "deploymenttargettags" => Noun::edited("TargetTagView", "TargetTagAdminister"),
        "users" | "serviceaccounts" => Noun::edited("UserView", "UserEdit"),
        "teams" => Noun::new("TeamView", "TeamCreate", "TeamEdit", "TeamDelete"),
        "userroles" => Noun::edited("UserRoleView", "UserRoleEdit"),
        // "View other user's roles". Assumption: who may edit a team gives it roles.
        "scopeduserroles" => Noun::edited("UserRoleView", "TeamEdit"),
        // "Create, edit, delete and override deployment freezes". Assumption: seeing them needs no less.
        "deploymentfreezes" => Noun::edited("DeploymentFreezeAdminister", "DeploymentFreezeAdminister"),
        "platformhub" => Noun::edited("PlatformHubView", "PlatformHubEdit"),
        "sshknownhosts" => Noun::edited("SshKnownHostsView", "SshKnownHostsAdminister"),
        "spaces" => Noun::new("", "SpaceCreate", "SpaceEdit", "SpaceDelete"),
        _ => None,
    }
}

/// The permission to see documents of a collection; empty where there is none.
pub(crate) fn to_view(collection: &str) -> &'static str {
    noun(collection).map_or("", |noun| noun.view)
}

/// The permission that a request needs; empty where any user may ask.
pub(crate) fn of(request: &Request) -> &'static str {
    let (method, route) = request.route();
    let of_noun = |collection: &str, is_document: bool| {
        let Some(noun) = noun(collection) else { return "" };
        match method {
            Method::Get => noun.view,
            Method::Post if is_document => noun.edit,
            Method::Post => noun.create,
            Method::Put => noun.edit,
            Method::Delete => noun.delete,
        }
    };
    match (method, route.as_slice()) {
        // Everybody may see what they are and may do.
        (Method::Get, ["users", id, ..]) if *id == "me" || id.eq_ignore_ascii_case(&request.user) => "",
        // "Export certificates' private keys": without one it is seen as the rest of the certificate is.
        (Method::Get, ["certificates", _, "export"])
            if request.query_flag("includePrivateKey") == Some(true) =>
        {
            "CertificateExportPrivateKey"
        }
        (_, ["projects", _, rest @ ..]) if !rest.is_empty() => of_project(request, rest, of_noun),
        (Method::Get, ["packages", _, "raw"]) => "BuiltInFeedDownload",
        (Method::Get, ["packages", ..]) => "FeedView",
        (Method::Post, ["packages", "raw", ..]) => "BuiltInFeedPush",
        (_, ["packages", ..]) => "BuiltInFeedAdminister",
        (Method::Post, ["runbooks", _, "run", ..] | ["runbookruns" | "runbook-runs", ..]) => {
            "RunbookRunCreate"
        }
        (_, ["runbookruns" | "runbook-runs", ..] | ["runbooksnapshots", _, "runbookruns", ..]) => {
            "RunbookRunView"
        }
        (Method::Get, ["runbooksnapshots", ..]) => "RunbookView",
        (Method::Post, ["runbooksnapshots", ..]) => "RunbookSnapshotCreate",
        (_, ["runbooksnapshots", ..]) => "RunbookEdit",
        (Method::Get, ["tasks", ..]) => "TaskView",
        (Method::Post, ["tasks", _, "cancel"]) => "TaskCancel",
        (_, ["tasks", ..]) => "TaskCreate",
        (_, ["artifacts", ..]) => "ArtifactView",
        (_, ["events", ..]) => "EventView",
        (Method::Get, ["interruptions", ..]) => "InterruptionView",
        (_, ["interruptions", ..]) => "InterruptionSubmit",
        (_, ["licenses", "licenses-current-usage"]) => "AdministerSystem",
        (_, [first, rest @ ..]) => of_noun(first, !rest.is_empty()),
        (_, []) => "",
    }
}

/// The same of what is below a project, where in projects stored in Git a reference stands between.
fn of_project(
    request: &Request,
    rest: &[&str],
    of_noun: impl Fn(&str, bool) -> &'static str,
) -> &'static str {
    let (inside, after) = match rest {
        [
            inside @ ("triggers"
            | "projecttriggers"
            | "channels"
            | "variables"
            | "deploymentprocesses"
            | "runbookprocesses"
            | "runbooks"
            | "deploymentsettings"),
            after @ ..,
        ]
        | [
            _,
            inside @ ("variables"
            | "deploymentprocesses"
            | "runbookprocesses"
            | "runbooks"
            | "deploymentsettings"),
            after @ ..,
        ] => (*inside, after),
        _ => return of_noun("projects", true),
    };
    match (inside, after) {
        ("runbooks", [_, "run", ..]) if request.method == Method::Post => "RunbookRunCreate",
        ("triggers", after) => of_noun("projecttriggers", !after.is_empty()),
        ("deploymentsettings", _) => of_noun("projects", true),
        (inside, after) => of_noun(inside, !after.is_empty()),
    }
}
