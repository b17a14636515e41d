//! The names of everything that seed makes, and the marks by which unseed finds it again.

use documents::collection::Collection;
use documents::document::Document;

/// Environment in which all of octoferry's runbooks run, and only they.
pub const ENVIRONMENT: &str = "Octoferry";
/// Project group and project that hold the runbooks for the space.
pub const PROJECT: &str = "Octoferry";
/// Library set linked to every project that has runbooks: addresses, spaces, keys, backend.
pub const SETTINGS_SET: &str = "Octoferry";
/// Library set linked only to the project `Octoferry`: typed account and certificate variables.
pub const ACCOUNTS_SET: &str = "Octoferry Accounts";
/// Library set linked only to the project `Octoferry`: what a person enters for the space.
pub const SECRETS_SET: &str = "Octoferry Secrets";
/// Docker feed for the execution container, where no feed of its registry is there.
pub const FEED: &str = "Octoferry Container Registry";
/// Id of the package that holds the binary.
pub const PACKAGE: &str = "octoferry";
/// Start of the ids of module packages.
pub const MODULE_PACKAGE: &str = "octoferry-module-";

pub const CHECK_RUNBOOK: &str = "__ 0. Check";
pub const SERIALIZE_SPACE_RUNBOOK: &str = "__ 1. Serialize Space";
pub const DEPLOY_SPACE_RUNBOOK: &str = "__ 2. Deploy Space";
pub const COPY_PACKAGES_RUNBOOK: &str = "__ 3. Copy Packages";
pub const READ_FEEDS_RUNBOOK: &str = "__ 4. Read Feeds";
pub const REHOME_RUNBOOK: &str = "__ 5. Re-home Tentacles";
pub const SERIALIZE_PROJECT_RUNBOOK: &str = "__ 1. Serialize Project";
pub const DEPLOY_PROJECT_RUNBOOK: &str = "__ 2. Deploy Project";
pub const TENANT_SECRETS_RUNBOOK: &str = "__ 3. Deploy Tenant Secrets";

pub const CHECK_TEMPLATE: &str = "Octoferry - Check";
pub const SERIALIZE_SPACE_TEMPLATE: &str = "Octoferry - Serialize Space";
pub const DEPLOY_SPACE_TEMPLATE: &str = "Octoferry - Deploy Space";
pub const COPY_PACKAGES_TEMPLATE: &str = "Octoferry - Copy Packages";
pub const READ_FEEDS_TEMPLATE: &str = "Octoferry - Read Feeds";
pub const REHOME_TEMPLATE: &str = "Octoferry - Re-home Tentacles";
pub const SERIALIZE_PROJECT_TEMPLATE: &str = "Octoferry - Serialize Project";
pub const DEPLOY_PROJECT_TEMPLATE: &str = "Octoferry - Deploy Project";
pub const TENANT_SECRETS_TEMPLATE: &str = "Octoferry - Deploy Tenant Secrets";

pub use documents::mark::{MARK, is_marked};

/// All variables of ours start so.
const VARIABLE_PREFIX: &str = "Octoferry.";
/// What comes next in their names, up to the next dot. What is called otherwise below the prefix (`octoferry.mine`) is a person's own like any
/// other variable: no run of ours looks at it.
const VARIABLE_PARTS: &[&str] = &[
    "Account",
    "Backend",
    "Before",
    "Certificate",
    "Deploy",
    "Destination",
    "Module",
    "Rehome",
    "Secret",
    "Secrets",
    "Seed",
    "Serialize",
    "Source",
    "Spread",
    "Step",
];

/// Starts of the user names of the service accounts that seed makes.
pub const SOURCE_USER: &str = "octoferry-source-";
pub const DESTINATION_USER: &str = "octoferry-destination-";

/// Whether a user name is one that seed gives.
#[must_use]
pub fn is_service_account(user: &str) -> bool {
    [SOURCE_USER, DESTINATION_USER]
        .iter()
        .any(|start| user.strip_prefix(start).is_some_and(|space| space.starts_with("Spaces-")))
}

pub const SOURCE_URL: &str = "Octoferry.Source.Url";
pub const SOURCE_SPACE: &str = "Octoferry.Source.Space";
pub const SOURCE_API_KEY: &str = "Octoferry.Source.ApiKey";
pub const DESTINATION_URL: &str = "Octoferry.Destination.Url";
pub const DESTINATION_SPACE: &str = "Octoferry.Destination.Space";
pub const DESTINATION_API_KEY: &str = "Octoferry.Destination.ApiKey";
/// Seals module packages; made by seed, of no use anywhere else.
pub const MODULE_KEY: &str = "Octoferry.Module.Key";
pub const BACKEND_TYPE: &str = "Octoferry.Backend.Type";
pub const BACKEND_CONFIG: &str = "Octoferry.Backend.Config";
/// Typed variable of the account that holds the backend's credentials.
pub const BACKEND_ACCOUNT: &str = "Octoferry.Backend.Account";
/// Which part of the space is serialized: options, one a line.
pub const SELECTION: &str = "Octoferry.Serialize.Selection";
/// Which projects seed gives runbooks: patterns, one a line; empty: all.
pub const SEEDED_PROJECTS: &str = "Octoferry.Seed.Projects";
/// What every deploy does unless its step says otherwise; each may be changed by hand in the library set.
pub const DEPLOY_EXISTING: &str = "Octoferry.Deploy.Existing";
pub const DEPLOY_PLACEHOLDERS: &str = "Octoferry.Deploy.Placeholders";
pub const DEPLOY_ALLOW_DESTROY: &str = "Octoferry.Deploy.AllowDestroy";
pub const DEPLOY_ENABLE_TRIGGERS: &str = "Octoferry.Deploy.EnableTriggers";
/// What the runbook that re-homes Tentacles tells them; asked at its start.
pub const REHOME_WHAT: &str = "Octoferry.Rehome.What";
/// Secrets that a person says to have entered at the destination, one a line: `NAME` of the space's module, `PROJECT/NAME` of a project's.
pub const SECRETS_DONE: &str = "Octoferry.Secrets.Done";
/// The service accounts that seed made for the runbooks: JSON ([`crate::seeded::service_account::Note`]).
pub const SOURCE_ACCOUNT: &str = "Octoferry.Source.Account";
pub const DESTINATION_ACCOUNT: &str = "Octoferry.Destination.Account";
/// Whether the runbooks' source key may export certificates ([`super::door`]), and what it says then.
pub const EXPORTS: &str = "Octoferry.Source.Exports";
pub const EXPORTED: &str = "Certificates";
/// What spread wrote into journals ([`crate::spread::noted`]).
pub const SPREAD: &str = "Octoferry.Spread";
/// How documents stood before seed ([`super::before`]).
pub const BEFORE: &str = "Octoferry.Before";
/// Octopus's own name: tasks with the same tag run one after another.
pub const CONCURRENCY_TAG: &str = "Octopus.Task.ConcurrencyTag";
/// Start of the names of typed account variables.
pub const ACCOUNT_PREFIX: &str = "Octoferry.Account.";
/// Start of the names of typed certificate variables.
pub const CERTIFICATE_PREFIX: &str = "Octoferry.Certificate.";

/// Whether a variable is one of ours by its name, so that it is not exported; Octopus compares names without case.
#[must_use]
pub fn is_ours(variable: &str) -> bool {
    let part = below_prefix(variable).and_then(|rest| rest.split('.').next());
    part.is_some_and(|part| VARIABLE_PARTS.iter().any(|ours| ours.eq_ignore_ascii_case(part.trim())))
}

/// Whether a variable is called like ours at all.
#[must_use]
pub fn is_like_ours(variable: &str) -> bool {
    below_prefix(variable).is_some()
}

fn below_prefix(variable: &str) -> Option<&str> {
    let (start, rest) = variable.split_at_checked(VARIABLE_PREFIX.len())?;
    start.eq_ignore_ascii_case(VARIABLE_PREFIX).then_some(rest)
}

/// Start of the names of what a person enters for octoferry.
pub const SECRET_PREFIX: &str = "Octoferry.Secret.";

/// Whether a module's manifest may ask for this variable: the user's own, and those of ours that are for secrets of modules. Never the keys,
/// the backend's credentials, or a setting.
#[must_use]
pub fn is_for_modules(variable: &str) -> bool {
    let starts =
        |prefix: &str| variable.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    !is_ours(variable.trim()) || [SECRET_PREFIX, ACCOUNT_PREFIX, CERTIFICATE_PREFIX].into_iter().any(starts)
}

/// A text as part of a variable's name: letters, digits, `_` and `-` of ASCII, no two separators in a row, never empty.
/// Dots stay where they join two parts, since Octostache takes them as a path.
#[must_use]
pub fn name_part(text: &str) -> String {
    let mut part = String::new();
    for character in text.chars() {
        match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => part.push(character),
            '.' if !part.is_empty() && !part.ends_with(['.', '-']) => part.push('.'),
            _ if !part.is_empty() && !part.ends_with(['.', '-']) => part.push('-'),
            _ => {}
        }
        if part.len() >= 60 {
            break;
        }
    }
    let part = part.trim_end_matches(['.', '-']);
    if part.is_empty() { "x".to_owned() } else { part.to_owned() }
}

/// The type of a variable that makes a step see the parts of an account or certificate; `None` where there is no such
/// type (tokens, SSH keys) or nothing secret to see (OpenID Connect accounts).
#[must_use]
pub fn typed_variable_type(collection: Collection, document: &Document) -> Option<&'static str> {
    match (collection, document.text("AccountType")) {
        (Collection::Certificates, _) => Some("Certificate"),
        (Collection::Accounts, Some("AmazonWebServicesAccount")) => Some("AmazonWebServicesAccount"),
        (Collection::Accounts, Some("AzureServicePrincipal")) => Some("AzureAccount"),
        (Collection::Accounts, Some("GoogleCloudAccount")) => Some("GoogleCloudAccount"),
        (Collection::Accounts, Some("UsernamePassword")) => Some("UsernamePasswordAccount"),
        _ => None,
    }
}

/// The description of something that seed makes: what it is, then the mark.
#[must_use]
pub fn description(what: &str) -> String {
    format!("{what}\n\n{MARK}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_this_file_is_ours() {
        let constants = include_str!("name.rs").lines().filter(|line| line.starts_with("pub const "));
        let names: Vec<&str> = constants
            .filter_map(|line| line.split_once("= \"")?.1.split_once('"').map(|(name, _)| name))
            .filter(|name| name.starts_with(VARIABLE_PREFIX) && *name != VARIABLE_PREFIX)
            .collect();
        assert!(names.len() > 20, "{names:?}");
        let foreign: Vec<&str> = names.into_iter().filter(|name| !is_ours(name)).collect();
        assert_eq!(foreign, Vec::<&str>::new());
    }

    #[test]
    fn modules_ask_for_secrets_of_modules_only() {
        for allowed in
            ["Payment.Key", "Octoferry.Secret.x", "octoferry.Account.AWS.SecretKey", "OctoferryX", ""]
        {
            assert!(is_for_modules(allowed), "{allowed}");
        }
        for refused in [
            SOURCE_API_KEY,
            DESTINATION_API_KEY,
            MODULE_KEY,
            "octoferry.destination.APIKEY",
            " Octoferry.Source.ApiKey",
            "Octoferry.Backend.Account.SecretKey",
            "octoferry.step.Url",
        ] {
            assert!(!is_for_modules(refused), "{refused}");
        }
    }

    #[test]
    fn a_persons_variable_is_not_ours_because_of_its_prefix() {
        let all = [
            SOURCE_URL,
            SOURCE_SPACE,
            DESTINATION_API_KEY,
            MODULE_KEY,
            BACKEND_TYPE,
            SELECTION,
            SEEDED_PROJECTS,
        ];
        let all = all.into_iter().chain([
            DEPLOY_EXISTING,
            SECRETS_DONE,
            BEFORE,
            SPREAD,
            SOURCE_ACCOUNT,
            DESTINATION_ACCOUNT,
            "OCTOFERRY.before",
            "Octoferry.Source",
        ]);
        let all = all.chain([
            "Octoferry.Account.AWS",
            "Octoferry.Certificate.x",
            "Octoferry.Secret.x",
            "Octoferry.Step.Url",
        ]);
        for ours in all {
            assert!(is_ours(ours) && is_like_ours(ours), "{ours}");
        }
        for theirs in
            ["octoferry.mine", "Octoferry.Plain", "Octoferry.", "Octoferry", "Octoferries.Source.Url", "ö"]
        {
            assert!(!is_ours(theirs), "{theirs}");
        }
        assert!(is_like_ours("octoferry.mine"));
    }

    #[test]
    fn a_name_part_has_only_what_octostache_takes() {
        let parts: Vec<_> =
            ["Payment.Key", "A  B", "..x..", "Ключ", "a-.b", "#{x}"].into_iter().map(name_part).collect();
        assert_eq!(parts, ["Payment.Key", "A-B", "x", "x", "a-b", "x"]);
    }
}
