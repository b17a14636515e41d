//! `octoferry service-accounts`: makes at the destination the service accounts of the source that it lacks. They get no key and no password;
//! teams and identities follow with the next migration, which finds them by their user names.

use serde_json::json;

use crate::cli;
use crate::mark::name;
use crate::outcome::Outcome;
use crate::report;
use crate::settings::{self, Settings};
use crate::ui::Ui;
use documents::document::Document;
use failure::{Failure, While as _};
use octoferry_core::part::parse::matches;
use octopus::server::Server;

/// Runs the command. Run again it makes what is still missing.
///
/// # Errors
/// When a server refuses: the list needs `UserView`, making them `UserEdit` at the destination.
pub async fn run(arguments: cli::ServiceAccounts, ui: &Ui) -> Result<Outcome, Failure> {
    let transport = settings::transport(&arguments.servers.connection)?;
    let settings = Settings::read(None, ui)?;
    let (source, destination) =
        settings.both(&arguments.servers.source, &arguments.servers.destination, &transport).await?;
    let (here, there) = futures::try_join!(users(&source), users(&destination))?;
    let mut missing = report::missing_service_accounts(&here, &there);
    missing.retain(|user| {
        arguments.only.is_empty() || arguments.only.iter().any(|pattern| matches(pattern, name_of(user)))
    });
    if missing.is_empty() {
        ui.info("the destination has all of them");
        return Ok(Outcome::Done);
    }
    for user in &missing {
        ui.info(&format!("service account {:?}", name_of(user)));
    }
    if arguments.plan {
        return Ok(Outcome::ChangesPending);
    }
    ui.confirm(&format!("Make these {} service accounts at the destination?", missing.len()), arguments.yes)?;
    for user in &missing {
        let body = json!({
            "Username": name_of(user),
            "DisplayName": user.text("DisplayName").unwrap_or_else(|| name_of(user)),
            "EmailAddress": user.text("EmailAddress"),
            "IsActive": true,
            "IsService": true,
        });
        let made = destination.client.post("/api/users", &body).await;
        made.while_doing(format!("making the service account {:?}", name_of(user)))?;
    }
    ui.info(&format!(
        "{} service accounts made, without keys: make those where they are used, then run octoferry migrate for their teams",
        missing.len()
    ));
    Ok(Outcome::Done)
}

async fn users(server: &Server) -> Result<Vec<Document>, Failure> {
    let users = server.client.list("/api/users").await?.into_iter().filter_map(Document::new);
    // Those that seed made for its own keys belong to a server.
    Ok(users.filter(|user| !name::is_service_account(name_of(user))).collect())
}

fn name_of(user: &Document) -> &str {
    user.text("Username").unwrap_or_default()
}
