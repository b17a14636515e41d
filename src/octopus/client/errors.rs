//! What a server's refusal or silence means, in plain words with a way out.

use std::error::Error;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, LOCATION};
use serde_json::Value;

use super::{Answer, Transport};
use crate::role::Role;
use failure::{Failure, FailureKind};

/// Longest part of a server's own words that we repeat.
const LONGEST_QUOTE: usize = 600;

/// What an answer that is no success means. The server's own words are repeated, the request's body never.
pub(super) fn refusal(role: Role, address: &str, method: &Method, path: &str, answer: &Answer) -> Failure {
    let status = answer.status.as_u16();
    let words = server_words(answer);
    let said = if words.is_empty() { String::new() } else { format!(": {words}") };
    let at = format!("{method} {}", path.split('?').next().unwrap_or(path));
    let new = |kind, message: String| Failure { http_status: Some(status), ..Failure::new(kind, message) };
    let variable = format!("OCTOFERRY_{}_API_KEY", role.name().to_uppercase());
    match status {
        401 => new(FailureKind::Refused, format!("the {role} server {address} does not accept the API key (401){said}"))
            .hint(format!("Make a key in the portal (your profile, My API Keys) and give it as {variable} or by --{role}-api-key-file.")),
        403 => {
            let missing = words.split_once("Missing permission:").and_then(|(_, rest)| rest.split_whitespace().next());
            let failure = new(FailureKind::Refused, format!("{at}: the owner of the {role} API key may not do this (403){said}"));
            match missing {
                Some(permission) => failure.hint(format!(
                    "Give a team of this user a role with the permission {} in this space, or use another user's key.",
                    permission.trim_end_matches(['.', ','])
                )),
                None => failure.hint("`octoferry check` lists the permissions that are needed and those that are held."),
            }
        }
        404 => new(kind_of(status, &words), format!("{at}: not found at the {role} server (404){said}"))
            .hint("Octopus also answers so when the key's owner may not see it."),
        409 => new(FailureKind::Overtaken, format!("{at}: the {role} server says that it conflicts with what is there (409){said}"))
            .hint("Somebody may have changed it in the meantime: run the command again."),
        413 => new(FailureKind::Failed, format!("{at}: too large for the {role} server or a proxy before it (413){said}")),
        429 => new(FailureKind::Refused, format!("{at}: the {role} server has refused for ten minutes because of too many requests (429)"))
            .hint("Others may be using the same user's budget: use a service account of its own for octoferry."),
        300..=399 => redirected(new, role, address, &at, answer),
        503 => new(FailureKind::Unreachable, format!("{at}: the {role} server is not available now (503){said}"))
            .hint("It may be starting, in maintenance or too busy: try again later."),
        502 | 504 => new(FailureKind::Unreachable, format!("{at}: a gateway before the {role} server gave no answer of it ({status}){said}")),
        500..=599 => new(kind_of(status, &words), format!("{at}: the {role} server failed ({status}){said}"))
            .hint("The server's own log (Configuration, Diagnostics) says why."),
        _ => new(kind_of(status, &words), format!("{at}: the {role} server refused ({status}){said}")),
    }
}

/// What a server's own words tell that its status does not: the one place where they are looked at.
fn kind_of(status: u16, words: &str) -> FailureKind {
    // Assumption: that a document is not the newest one is said with 409, or with 400 and the words of Octopus's issue threads.
    let is_old = ["another user has made changes", "was out of date"].iter().any(|said| words.contains(said));
    // The text is a server's, quoted in octoterra's source.
    let is_no_file = words.contains("variables.ocl") && words.contains("does not exist");
    match status {
        400 if is_old => FailureKind::Overtaken,
        _ if is_no_file => FailureKind::NotInRepository,
        _ => FailureKind::Failed,
    }
}

fn redirected(
    new: impl Fn(FailureKind, String) -> Failure,
    role: Role,
    address: &str,
    at: &str,
    answer: &Answer,
) -> Failure {
    let target = answer.headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let host = target.split(['?', '#']).next().unwrap_or_default();
    new(
        FailureKind::Failed,
        format!("{at}: {address} sends us elsewhere ({}) instead of answering: {host}", answer.status.as_u16()),
    )
    .hint(format!(
        "Redirects are not followed, so that the key goes nowhere else. If that is the server's address, give it as --{role}-url; \
         if it is a sign-in page, the server must be reachable without it."
    ))
}

/// What no answer at all means.
pub(super) fn unreachable(
    role: Role,
    address: &str,
    method: &Method,
    path: &str,
    error: &reqwest::Error,
    (transport, timeout): (&Transport, Duration),
) -> Failure {
    let new = |message: String| Failure::new(FailureKind::Unreachable, message);
    let cause = chain(error);
    if is_distrust(error) {
        return distrust(role, address, &cause, transport.refused(address).as_deref());
    }
    if error.is_timeout() && !error.is_connect() {
        return new(format!("{method} {path}: the {role} server {address} gave no answer within {} s", timeout.as_secs()))
            .hint("Wait longer with --timeout SECONDS. Whether a write was done is not known: look before you repeat it.");
    }
    if error.is_body() || error.is_decode() {
        return new(format!("{method} {path}: the answer of the {role} server {address} broke off: {cause}"))
            .hint("Something between here and the server cut it. Whether a write was done is not known: look before you repeat it.");
    }
    match transport.proxies.of(address) {
        Some(proxy) => {
            new(format!("the {role} server {address} can't be reached through the proxy {proxy}: {cause}"))
                .hint("Check the address and the proxy. Hosts that are reached without it stand in NO_PROXY.")
        }
        None => new(format!("the {role} server {address} can't be reached: {cause}"))
            .hint("Check the address, the network, and HTTPS_PROXY if there should be a proxy."),
    }
}

/// What helps when a certificate is not trusted depends on why. `thumbprint`: of the certificate that the server showed.
fn distrust(role: Role, address: &str, cause: &str, thumbprint: Option<&str>) -> Failure {
    let new = |message: String| Failure::new(FailureKind::Unreachable, message);
    let shown = thumbprint.unwrap_or("unknown");
    if cause.contains("ApplicationVerificationFailure") {
        return new(format!(
            "the certificate of the {role} server {address} is not the one that --{role}-thumbprint names: its SHA-256 thumbprint is {shown}"
        ))
        .hint("If the server has a new certificate, compare this with what the server itself shows, then give the new one; to octoferry seed as well, for the runbooks.");
    }
    let failure = new(format!("the certificate of the {role} server {address} is not trusted: {cause}"));
    let pin = format!(
        "If it is a certificate that the server made itself, whatever names it has, give the certificate as PEM (--ca-file server.pem), or its thumbprint: \
         --{role}-thumbprint {shown}, after you have compared it with what the server itself shows. The runbooks get what octoferry seed is given."
    );
    if cause.contains("not valid for name") || cause.contains("NotValidForName") {
        failure.hint("The certificate is for other names: reach the server by one of them.").hint(pin)
    } else if cause.contains("expired") || cause.contains("Expired") || cause.contains("not valid yet") {
        failure.hint("The server needs a new certificate, or the clock of one of the two machines is wrong.")
    } else {
        failure
            .hint(
                "If it is of your company's own certificate authority, give its certificate as PEM: --ca-file company.pem, or SSL_CERT_FILE=company.pem \
                 (which then counts alone, for Terraform too, and on this machine only).",
            )
            .hint(pin)
    }
}

/// A page for people where JSON was expected.
pub(super) fn web_page(role: Role, address: &str, path: &str) -> Failure {
    Failure::failed(format!("{path}: {address} answered with something else than JSON, probably a web page of a proxy or a sign-in")).hint(
        format!("Is --{role}-url the address of the Octopus server itself? Keys don't get through a sign-in page that stands before it."),
    )
}

/// Octopus says of all it answers what it is; the only answers in HTML are those of somebody else.
pub(super) fn is_web_page(answer: &Answer) -> bool {
    let content_type = answer
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_ascii_lowercase();
    content_type.contains("html")
}

/// Whether the connection failed because the server's certificate isn't trusted.
pub(super) fn is_distrust(error: &reqwest::Error) -> bool {
    chain(error).contains("invalid peer certificate")
}

/// An error with its causes, each said once. Addresses are left out: they are in the message already.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut current = Some(error);
    while let Some(error) = current {
        let text = error.to_string();
        // reqwest's own layer only says "error sending request for url (…)".
        let says_nothing = text.starts_with("error sending request") || text.starts_with("client error");
        if !says_nothing && texts.last().is_none_or(|last| !last.contains(&text)) {
            texts.push(text);
        }
        current = error.source();
    }
    if texts.is_empty() { error.to_string() } else { texts.join(": ") }
}

/// The server's `ErrorMessage` and `Errors`, on one line.
fn server_words(answer: &Answer) -> String {
    let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else { return String::new() };
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let errors: Vec<&str> = body
        .get("Errors")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    // With `Errors` the message is only "There was a problem with your request."
    let words = if errors.is_empty() { text("ErrorMessage") } else { errors.join(" ") };
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(LONGEST_QUOTE) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use reqwest::StatusCode;
    use reqwest::header::HeaderMap;

    use super::*;

    fn failure(status: u16, body: &'static str) -> Failure {
        let answer = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::from_static(body.as_bytes()),
        };
        refusal(Role::Source, "https://h.example", &Method::GET, "/api/Spaces-1/projects?skip=0", &answer)
    }

    #[test]
    fn a_missing_permission_is_named() {
        let failure = failure(
            403,
            r#"{"ErrorMessage":"You do not have permission to perform this action. Please contact your Octopus administrator. Missing permission: ProjectView"}"#,
        );
        assert!(failure.message.starts_with(
            "GET /api/Spaces-1/projects: the owner of the source API key may not do this (403)"
        ));
        assert!(failure.hints[0].contains("the permission ProjectView in"));
        assert!(failure.is_forbidden());
    }

    #[test]
    fn a_wrong_key_says_where_a_key_comes_from() {
        let failure = failure(401, r#"{"ErrorMessage":"You must be logged in."}"#);
        assert_eq!(
            failure.message,
            "the source server https://h.example does not accept the API key (401): You must be logged in."
        );
        assert!(failure.hints[0].contains("OCTOFERRY_SOURCE_API_KEY"));
    }

    #[test]
    fn answers_that_are_not_json_are_not_repeated() {
        assert_eq!(
            failure(500, "<html>oops</html>").message,
            "GET /api/Spaces-1/projects: the source server failed (500)"
        );
    }

    #[test]
    fn the_errors_say_more_than_the_message() {
        let body = r#"{"ErrorMessage":"There was a problem with your request.","Errors":["Name is\n taken.","So is the slug."]}"#;
        assert_eq!(
            failure(400, body).message,
            "GET /api/Spaces-1/projects: the source server refused (400): Name is taken. So is the slug."
        );
    }

    #[test]
    fn what_only_the_words_say_is_a_kind() {
        let kind = |status, words: &str| {
            let body = format!("{{\"ErrorMessage\":\"{words}\"}}");
            failure(status, body.leak()).kind
        };
        assert_eq!(kind(400, "The document was out of date."), FailureKind::Overtaken);
        assert_eq!(kind(409, "x"), FailureKind::Overtaken);
        assert_eq!(kind(400, "Name is taken"), FailureKind::Failed);
        for status in [400, 404, 500] {
            let words = "The file .octopus/variables.ocl does not exist in this branch";
            assert_eq!(kind(status, words), FailureKind::NotInRepository);
        }
    }
}
