//! The rooms, in the order they are asked.

use crate::answer::{Answer, Content, Outcome};
use crate::permissions;
use crate::request::{Method, Request};
use crate::server::Server;
use crate::store::{SERVER, text};
use crate::{
    certificates, delivered, documents, events, git, infrastructure, links, packages, people, processes,
    projects, reference, root, settings, spaces, target_tags, tasks, templates, tenants, variables,
};

/// Answers the addresses it knows, `None` for all others.
type Room = fn(&mut Server, &Request) -> Option<Outcome>;

/// Special rooms first; `documents` serves all ordinary collections.
const ROOMS: &[Room] = &[
    git::route,
    events::route,
    settings::route,
    tasks::room::route,
    tasks::preview::route,
    tasks::run::route,
    tasks::snapshot::route,
    tasks::artifact::route,
    tasks::interruption::route,
    root::route,
    spaces::route,
    people::route,
    packages::route,
    delivered::route,
    certificates::route,
    infrastructure::route,
    target_tags::route,
    variables::route,
    processes::route,
    projects::route,
    tenants::route,
    templates::route,
    documents::route,
];

pub(crate) fn dispatch(server: &mut Server, request: &Request) -> Answer {
    server.store.asking =
        server.store.get(SERVER, "users", &request.user).map_or("", |user| text(user, "Username")).to_owned();
    let outcome = maintenance(server, request)
        .and_then(|()| permissions::check(server, request))
        .and_then(|()| reference::demand(request))
        .and_then(|()| {
            ROOMS
                .iter()
                .find_map(|room| room(server, request))
                .unwrap_or_else(|| Err(Answer::not_found("The resource you requested was not found.")))
        });
    let mut answer = outcome.unwrap_or_else(|refusal| refusal);
    events::note(server, request, &answer);
    if let Content::Json(value) = &mut answer.content {
        links::mark_logos(server, value);
        links::mark_changes(server, value);
    }
    reference::narrow(request, &mut answer);
    answer
}

/// In maintenance only administrators of the system change anything. (Assumption: status 503.)
fn maintenance(server: &Server, request: &Request) -> Result<(), Answer> {
    if server.maintenance
        && request.method != Method::Get
        && !permissions::holds(server, &request.user, "AdministerSystem", SERVER)
    {
        return Err(Answer::refusal(
            503,
            "The Octopus Server is in maintenance mode.",
            "Octopus Server is currently in maintenance mode. Please try again later.",
        ));
    }
    Ok(())
}
