//! `octoferry seed`: package, step templates and runbooks into the source space. Run again it brings everything up to date.

mod keys;

use std::collections::BTreeSet;

use serde_json::json;

use crate::cli;
use crate::mark::before::Before;
use crate::mark::found::Found;
use crate::mark::{git, name, tenant};
use crate::outcome::Outcome;
use crate::seeded::later::matches;
use crate::seeded::runbook::{self, Runbook, RunsOn, Trusted};
use crate::seeded::{backend, install, package, part, pool, prompt, publish, template, variables};
use crate::settings;
use crate::ui::Ui;
use documents::collection::Collection;
use documents::document::Document;
use documents::git::has_runbooks_in_git;
use documents::inventory::Inventory;
use failure::Failure;
use octopus::read::{self, Extent};
use octopus::role::Role;
use octopus::server::Server;
use octopus::{tasks, upsert};

/// Runs the command.
///
/// # Errors
/// Wrong usage, a space that can't be seeded, and what a server refuses.
pub async fn run(arguments: cli::Seed, ui: &Ui) -> Result<Outcome, Failure> {
    let backend = backend::check(arguments.backend.backend.as_deref(), &arguments.backend.backend_config)?;
    if arguments.tools == cli::Tools::Container && arguments.image.is_none() {
        return Err(Failure::usage(
            "--tools container needs --image REF: an image with bash, openssl and Terraform",
        ));
    }
    let package = arguments
        .package
        .as_deref()
        .map_or_else(|| package::of_program(&package::own_program()?), package::of_file)?;
    let trusted = trusted(&arguments)?;
    let part = arguments.part.options()?;
    let (source, destination, mut settings) =
        settings_of(&arguments, (backend, part::lines(&part)?), ui).await?;
    let found = Found::read(&source).await?;
    let runbooks: Vec<&str> = found.seeded_runbooks().map(Document::id).collect();
    tasks::refuse_active(&source, &runbooks, "seed").await?;
    let (pool, pool_name) = worker_pool(&source, arguments.worker_pool.as_deref()).await?;
    let mut projects = selected_projects(&found, &arguments.project)?;
    if let Some(moved) = part::moved(&source, &part).await? {
        moved.refuse_missing(&destination).await?;
        projects.retain(|project| moved.projects.contains(project.id()));
        ui.info(&format!("\nthe runbooks will move a part of the space: {}", part.texts().join(" ")));
    }
    let with_tenants = with_tenant_secrets(&source, &found, &projects).await?;
    let optional = optional(&arguments, &found)?;
    let keys = keys::Keys::plan(&arguments, (&source, &destination), &found, &optional).await?;
    announce(&projects, &with_tenants, &optional, &pool_name, &package, ui);
    keys.announce(ui);
    ui.confirm("Go on?", arguments.yes)?;

    // Before the first change.
    settings.before = before(&source, &found).await?;
    let version = install::package(&source, &package).await?;
    ui.info(&format!("package octoferry {version}"));
    let keys = keys.make(&mut settings, ui).await;
    let templates = install::templates(&source, &found, &optional).await?;
    ui.info(&format!("{} step templates", templates.len()));
    let environment = install::environment(&source, &found).await?;
    let (sets, restricted) = filled_sets(&source, &found, environment.id(), &settings).await?;
    ui.info("environment and library variable sets");

    let setting = install::Setting {
        environment: environment.id(),
        feed: found.built_in_feed()?.id(),
        templates,
        place: RunsOn { worker_pool_id: pool, container: container(&source, &found, &arguments).await? },
        made_for: settings.made_for(&package, arguments.allow_foreign_terraform, trusted),
    };
    let mut whole = own_project(&source, &found, &sets, &optional, &setting, ui).await?;
    for project in &projects {
        let for_tenants = with_tenants.contains(project.id()).then_some(&settings);
        whole &= into_project(&source, &found, project, &sets[0], for_tenants, &setting, ui).await?;
    }
    whole &= publish_all(&source, &version, &optional, ui).await?;
    whole &= keys.clear(ui).await;

    name_restricted(&restricted, ui);
    ui.info("\nNext: octoferry spread --plan, octoferry spread, octoferry migrate. octoferry unseed takes all of it back.");
    Ok(if whole { Outcome::Done } else { Outcome::DoneWithNotes })
}

/// Both servers, and what the runbooks are given: addresses, backend, selection; the keys are settled later.
async fn settings_of(
    arguments: &cli::Seed,
    (backend, selection): (String, String),
    ui: &Ui,
) -> Result<(Server, Server, variables::Settings), Failure> {
    let transport = settings::transport(&arguments.servers.connection)?;
    let given = settings::Settings::read(None, ui)?;
    let (source, destination) =
        given.both(&arguments.servers.source, &arguments.servers.destination, &transport).await?;
    let backend_account = match &arguments.backend_account {
        Some(name) => Some(account(&source, name).await?),
        None => None,
    };
    let settings = variables::Settings {
        source_url: source.client.address().to_owned(),
        source_space: source.space_id().to_owned(),
        source_is_copy: arguments.servers.source.source_is_copy,
        source_key: source.client.key().clone(),
        destination_url: destination.client.address().to_owned(),
        destination_space: destination.space_id().to_owned(),
        destination_key: destination.client.key().clone(),
        module_key: match given.given_module_key()? {
            Some(key) => key,
            None => variables::new_module_key()?,
        },
        backend,
        selection,
        projects: arguments.project.join("\n"),
        backend_config: arguments.backend.backend_config.clone(),
        existing: arguments.existing.map(|existing| existing.word().to_owned()),
        backend_account,
        source_account: None,
        destination_account: None,
        exports: false,
        before: None,
    };
    Ok((source, destination, settings))
}

/// The certificates that the runbooks are to trust as this command does, and the provider; they stand in each step.
fn trusted(arguments: &cli::Seed) -> Result<Trusted, Failure> {
    /// In bytes: some twenty certificates.
    const LARGEST: usize = 32 * 1024;
    let file = arguments.servers.connection.ca_file.as_deref();
    let certificates = file.map(settings::certificates_as_pem).transpose()?.unwrap_or_default();
    if certificates.len() > LARGEST {
        return Err(Failure::usage("--ca-file of seed holds more certificates than a step should")
            .hint("Give just the authority that the servers' certificates come from."));
    }
    Ok(Trusted {
        certificates,
        source_thumbprint: settings::thumbprint(
            Role::Source,
            arguments.servers.source.source_thumbprint.as_deref(),
        ),
        destination_thumbprint: settings::thumbprint(
            Role::Destination,
            arguments.servers.destination.destination_thumbprint.as_deref(),
        ),
        provider_lock: settings::provider_lock(arguments.provider_lock.as_deref())?.unwrap_or_default(),
    })
}

/// Accounts whose secrets no run can read yet.
fn name_restricted(accounts: &[String], ui: &Ui) {
    for account in accounts {
        ui.warning(&format!(
            "{account:?} does not allow the environment {}: spread adds it, so that its secrets can be read",
            name::ENVIRONMENT
        ));
    }
}

/// How the space stands, if it is not seeded yet: one that is seeded again keeps the first note.
async fn before(source: &Server, found: &Found) -> Result<Option<Before>, Failure> {
    match found.library_set(name::SETTINGS_SET) {
        Ok(_) => Ok(None),
        Err(_) => Ok(Some(Before::of(&read::read(source, Extent::Whole).await?))),
    }
}

/// The runbooks that were asked for, now or before.
fn optional(arguments: &cli::Seed, found: &Found) -> Result<Vec<Runbook>, Failure> {
    let is_asked = |runbook: &Runbook| {
        arguments.with.iter().any(|with| match with {
            cli::OptionalRunbook::ReadFeeds => *runbook == runbook::READ_FEEDS,
            cli::OptionalRunbook::RehomeTentacles => *runbook == runbook::REHOME,
        })
    };
    let own = Found::ours(&found.projects, "project", name::PROJECT)?;
    let is_there = |runbook: &Runbook| own.is_some_and(|own| found.runbook(own.id(), runbook.name).is_some());
    let optional = runbook::OPTIONAL.into_iter();
    Ok(optional.filter(|runbook| is_asked(runbook) || is_there(runbook)).collect())
}

/// Says what will be put where, before anything is.
fn announce(
    projects: &[&Document],
    with_tenants: &BTreeSet<String>,
    optional: &[Runbook],
    pool: &str,
    package: &package::Package,
    ui: &Ui,
) {
    ui.info(&format!(
        "\nseed puts into the source space: the package octoferry, {} step templates, the environment {}, 3 library variable sets with both API keys, \
         the project {} with {} runbooks, and {} runbooks into each of {} projects. They run on the worker pool {pool:?}.",
        template::USUAL.len() + optional.len(),
        name::ENVIRONMENT,
        name::PROJECT,
        runbook::SPACE.len() + optional.len(),
        runbook::PROJECT.len(),
        projects.len(),
    ));
    let names = |chosen: &dyn Fn(&Document) -> bool| -> Vec<String> {
        let chosen = projects.iter().filter(|project| chosen(project));
        chosen.map(|project| format!("{:?}", project.name())).collect()
    };
    if !with_tenants.is_empty() {
        let names = names(&|project| with_tenants.contains(project.id()));
        ui.info(&format!(
            "{} also get the runbook {:?}, which runs for tenants in their own environments, and variables with both API keys that only it sees: {}.",
            names.len(),
            name::TENANT_SECRETS_RUNBOOK,
            names.join(", ")
        ));
    }
    let in_git = names(&has_runbooks_in_git);
    if !in_git.is_empty() {
        ui.info(&format!(
            "The runbooks of {} are stored in Git: there octoferry's are committed to a branch {:?}, which is never merged.",
            in_git.join(", "),
            git::BRANCH
        ));
    }
    if let Some(warning) = &package.warning {
        ui.warning(warning);
    }
}

/// The library variable sets with their variables, and the accounts whose secrets no run can read yet.
async fn filled_sets(
    source: &Server,
    found: &Found,
    environment: &str,
    settings: &variables::Settings,
) -> Result<(Vec<Document>, Vec<String>), Failure> {
    let sets = library_sets(source, found).await?;
    variables::settings_variables(source, &sets[0], environment, settings).await?;
    let restricted = variables::account_variables(source, &sets[1], environment, settings.exports).await?;
    Ok((sets, restricted))
}

/// The library variable sets: settings, accounts, secrets.
async fn library_sets(source: &Server, found: &Found) -> Result<Vec<Document>, Failure> {
    let what = [
        (name::SETTINGS_SET, "Addresses, spaces, API keys and backend for octoferry's runbooks."),
        (name::ACCOUNTS_SET, "Lets octoferry's runbooks read the parts of accounts and certificates."),
        (name::SECRETS_SET, "For secrets that no step can read: enter them here, named as todo.md says."),
    ];
    let mut sets = Vec::new();
    for (set, what) in what {
        sets.push(install::library_set(source, found, set, what).await?);
    }
    Ok(sets)
}

/// The project with the runbooks of the space; false where one that was asked for can't be made.
async fn own_project(
    source: &Server,
    found: &Found,
    sets: &[Document],
    optional: &[Runbook],
    setting: &install::Setting<'_>,
    ui: &Ui,
) -> Result<bool, Failure> {
    let own = install::project(source, found, sets).await?;
    for runbook in install::runbooks_of(true) {
        install::runbook(source, found, &own, runbook, setting).await?;
    }
    let mut whole = true;
    for runbook in optional {
        let made = match install::runbook(source, found, &own, runbook, setting).await {
            // It refers to feeds of the user's, which the server may not like.
            Err(failure) if *runbook == runbook::READ_FEEDS => {
                without_feeds(&failure, ui);
                whole = false;
                continue;
            }
            made => made?,
        };
        if *runbook == runbook::REHOME {
            variables::asked_by_runbook(source, &own, &made, setting.environment, &prompt::REHOME).await?;
        }
    }
    ui.info(&format!("runbooks in {:?}", own.name()));
    Ok(whole)
}

/// Publishes the runbooks; false where one that was asked for can't be.
async fn publish_all(source: &Server, version: &str, optional: &[Runbook], ui: &Ui) -> Result<bool, Failure> {
    let published = publish::publish(source, version).await?;
    ui.info(&format!("{published} runbooks published"));
    if !optional.contains(&runbook::READ_FEEDS) {
        return Ok(true);
    }
    let feeds = publish::feeds(source, &Found::read(source).await?, version).await;
    if let Err(failure) = &feeds {
        without_feeds(failure, ui);
    }
    Ok(feeds.is_ok())
}

fn without_feeds(failure: &Failure, ui: &Ui) {
    ui.warning(&format!("the passwords of feeds stay for a person, all else goes on: {failure}"));
}

/// Puts the runbooks into a project of the user's; false where its repository can't be written. `for_tenants`: it also gets the runbook that
/// runs for tenants, with these settings.
async fn into_project(
    source: &Server,
    found: &Found,
    project: &Document,
    set: &Document,
    for_tenants: Option<&variables::Settings>,
    setting: &install::Setting<'_>,
    ui: &Ui,
) -> Result<bool, Failure> {
    let runbooks = async {
        if has_runbooks_in_git(project) {
            git::ensure_branch(source, project).await?;
        }
        for runbook in install::runbooks_of(false) {
            install::runbook(source, found, project, runbook, setting).await?;
        }
        Ok::<_, Failure>(())
    };
    match runbooks.await {
        Ok(()) => {}
        // A server without a way to the repository, or without leave to write there, is no reason to leave the other projects.
        Err(failure) if has_runbooks_in_git(project) && failure.is_of_repository() => {
            ui.warning(&format!(
                "project {:?} gets no runbooks, since its repository can't be written: {failure}",
                project.name()
            ));
            return Ok(false);
        }
        Err(failure) => return Err(failure),
    }
    install::link(source, project, set.id()).await?;
    if let Some(settings) = for_tenants {
        let made = install::runbook(source, found, project, &runbook::TENANT_SECRETS, setting).await?;
        variables::tenant_variables(source, project, &made, settings).await?;
    }
    ui.info(&format!("runbooks in {:?}", project.name()));
    Ok(true)
}

/// Id and name of the pool that runs the steps: the named one, else the one that `check` names.
async fn worker_pool(source: &Server, wanted: Option<&str>) -> Result<(String, String), Failure> {
    let pools = upsert::list(source, Collection::WorkerPools).await?;
    let found = match wanted {
        Some(wanted) => pools.iter().find(|pool| pool.name().to_lowercase() == wanted.to_lowercase()),
        None => {
            let workers = match upsert::list(source, Collection::Workers).await {
                Err(failure) if failure.is_forbidden() => Vec::new(),
                workers => workers?,
            };
            pool::choose(&pools, &workers).map(|(pool, _)| pool)
        }
    };
    let names: Vec<String> = pools.iter().map(|pool| format!("{:?}", pool.name())).collect();
    found.map(|pool| (pool.id().to_owned(), pool.name().to_owned())).ok_or_else(|| {
        let what =
            wanted.map_or("no default worker pool".to_owned(), |wanted| format!("no worker pool {wanted:?}"));
        Failure::usage(format!("the source space has {what}"))
            .hint(format!("--worker-pool NAME; it has: {}.", names.join(", ")))
    })
}

/// Variable type and id of the account with the backend's credentials.
async fn account(source: &Server, wanted: &str) -> Result<(&'static str, String), Failure> {
    let accounts = upsert::list(source, Collection::Accounts).await?;
    let found = accounts.iter().find(|account| account.name().to_lowercase() == wanted.to_lowercase());
    let found = found.ok_or_else(|| Failure::usage(format!("the source space has no account {wanted:?}")))?;
    let kind = name::typed_variable_type(Collection::Accounts, found).ok_or_else(|| {
        Failure::usage(format!("no step can read the credentials of the account {wanted:?}"))
            .hint("AWS, Azure service principal, Google and username/password accounts can be read.")
    })?;
    if !found.list("EnvironmentIds").is_empty()
        || found.text("TenantedDeploymentParticipation") == Some("Tenanted")
    {
        // Every run has it in its scope, before spread and after collapse.
        return Err(Failure::usage(format!(
            "the account {wanted:?} is restricted to environments or tenants"
        ))
        .hint("Make an account for the backend that is not."));
    }
    Ok((kind, found.id().to_owned()))
}

/// Ids of the projects in whose runs tenants' secret values are read.
async fn with_tenant_secrets(
    source: &Server,
    found: &Found,
    projects: &[&Document],
) -> Result<BTreeSet<String>, Failure> {
    let mut inventory = Inventory::default();
    for (collection, documents) in
        [(Collection::Projects, &found.projects), (Collection::LibraryVariableSets, &found.library_sets)]
    {
        for document in documents {
            inventory.insert(collection, document.clone());
        }
    }
    let ids = projects.iter().map(|project| project.id().to_owned()).collect();
    read::add_tenant_values(source, &mut inventory, &ids).await?;
    Ok(tenant::projects(&inventory, projects))
}

/// The projects that get runbooks.
fn selected_projects<'a>(found: &'a Found, patterns: &[String]) -> Result<Vec<&'a Document>, Failure> {
    let own = found.own_projects();
    for pattern in patterns {
        if !own.iter().any(|project| matches(pattern, project.name())) {
            return Err(Failure::usage(format!("no project of the source space is called {pattern:?}")));
        }
    }
    let wanted = own.into_iter().filter(|project| {
        patterns.is_empty() || patterns.iter().any(|pattern| matches(pattern, project.name()))
    });
    Ok(wanted.collect())
}

/// Feed and image of the execution container. The feed: the one that the image's registry belongs to, made when there is none.
async fn container(
    source: &Server,
    found: &Found,
    arguments: &cli::Seed,
) -> Result<Option<(String, String)>, Failure> {
    let (cli::Tools::Container, Some(image)) = (arguments.tools, &arguments.image) else { return Ok(None) };
    // As Docker reads a reference: the part before the first slash is a registry when it looks like a host.
    let (registry, repository) = match image.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => {
            (format!("https://{host}"), rest)
        }
        _ => ("https://index.docker.io".to_owned(), image.as_str()),
    };
    let of_registry = |feed: &&Document| {
        feed.text("FeedType") == Some("Docker")
            && feed
                .text("FeedUri")
                .is_some_and(|uri| uri.trim_end_matches('/').eq_ignore_ascii_case(&registry))
    };
    if let Some(feed) = found.feeds.iter().find(of_registry) {
        return Ok(Some((feed.id().to_owned(), repository.to_owned())));
    }
    // Feeds have no description for the mark: the name alone says whose it is.
    let wanted = json!({"Name": name::FEED, "FeedType": "Docker", "FeedUri": registry, "ApiVersion": "v2"});
    let there = found.feeds.iter().find(|feed| feed.name() == name::FEED);
    let feed = upsert::ensure(source, Collection::Feeds, there, &wanted).await?;
    Ok(Some((feed.id().to_owned(), repository.to_owned())))
}
