//! One request, as the rooms see it: scope, segments, query, body, who asks.

use serde_json::{Map, Value};

use crate::answer::Answer;
use crate::reference::{self, Known};
use crate::server::Server;
use crate::store::SERVER;
use crate::version::Feature;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Put,
    Delete,
}

/// One uploaded file of a multipart body.
pub(crate) struct Upload {
    pub(crate) filename: String,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) struct Request {
    pub(crate) method: Method,
    /// The space, or [`SERVER`] for what belongs to none.
    pub(crate) space: String,
    /// The address behind `/api` and the space, decoded, as written.
    segments: Vec<String>,
    /// The same in lower case: routes match without case.
    route: Vec<String>,
    query: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) uploads: Vec<Upload>,
    /// The user's id, or empty for nobody.
    pub(crate) user: String,
    /// What the published reference says of this address.
    pub(crate) known: Option<&'static Known>,
}

/// First segments of addresses that belong to the server, not to a space.
const SERVER_ROUTES: [&str; 31] = [
    "spaces",
    "users",
    "teams",
    "userroles",
    "scopeduserroles",
    "serverstatus",
    "licenses",
    "maintenanceconfiguration",
    "configuration",
    "deploymentfreezes",
    "communityactiontemplates",
    "platformhub",
    "ratelimitingpolicies",
    "sshknownhosts",
    "permissions",
    "serviceaccounts",
    "tasks",
    "featuretoggles",
    "octopusservernodes",
    "externalsecuritygroupproviders",
    "smtpconfiguration",
    "serverconfiguration",
    "featuresconfiguration",
    "audit-stream",
    "letsencryptconfiguration",
    "performanceconfiguration",
    "upgradeconfiguration",
    "authentication",
    "externalgroups",
    "machineroles",
    "events",
];

impl Request {
    /// Understands the three spellings of an address: `/api/Spaces-1/x`, `/api/spaces/<id or slug>/x`, `/api/x` (server, or
    /// default space). `None`: no API address, or a space that isn't there.
    pub(crate) fn new(
        server: &Server,
        method: Method,
        path: &str,
        query: &str,
        body: Vec<u8>,
        uploads: Vec<Upload>,
        user: String,
    ) -> Option<Self> {
        let store = &server.store;
        let mut segments: Vec<String> =
            path.split('/').filter(|segment| !segment.is_empty()).map(decode).collect();
        if segments.is_empty() || !segments.remove(0).eq_ignore_ascii_case("api") {
            return None;
        }
        let mut space = SERVER.to_owned();
        let first = segments.first().map(|segment| segment.to_lowercase()).unwrap_or_default();
        if let Some(number) = first.strip_prefix("spaces-") {
            if number.chars().all(|c| c.is_ascii_digit()) {
                space = store.find_space(&segments[0])?;
                segments.remove(0);
            }
        } else if first == "spaces" && segments.len() > 2 && !is_part_of_space_document(&segments[2]) {
            space = store.find_space(&segments[1])?;
            segments.drain(..2);
        } else if !first.is_empty() && !SERVER_ROUTES.contains(&first.as_str()) {
            space = store.default_space()?;
        }
        let mut route: Vec<String> = segments.iter().map(|segment| segment.to_lowercase()).collect();
        let known =
            reference::find(method, &route, space != SERVER).filter(|_| server.has(Feature::Reference));
        // The one ordinary kind whose route has two segments.
        if route.starts_with(&["insights".to_owned(), "reports".to_owned()]) {
            segments.splice(..2, ["insightsreports".to_owned()]);
            route.splice(..2, ["insightsreports".to_owned()]);
        }
        let query = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decode(&name.replace('+', " ")).to_lowercase(), decode(&value.replace('+', " ")))
            })
            // A server takes no notice of parameters that it does not know.
            .filter(|(name, _): &(String, String)| known.is_none_or(|known| known.asks(name)))
            .collect();
        Some(Self { method, space, segments, route, query, body, uploads, user, known })
    }

    /// Method and segments in lower case, to match on.
    pub(crate) fn route(&self) -> (Method, Vec<&str>) {
        (self.method, self.route.iter().map(String::as_str).collect())
    }

    /// A segment as it was written; empty when the address is shorter.
    pub(crate) fn at(&self, index: usize) -> &str {
        self.segments.get(index).map_or("", String::as_str)
    }

    /// A query parameter, its name matched without case; `None` when absent or empty.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// A list in a query parameter: `ids=a,b` or `ids=a&ids=b`. `None` when absent or empty.
    pub(crate) fn query_list(&self, name: &str) -> Option<Vec<&str>> {
        let items: Vec<&str> = self
            .query
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .flat_map(|(_, value)| value.split(','))
            .filter(|item| !item.is_empty())
            .collect();
        (!items.is_empty()).then_some(items)
    }

    pub(crate) fn query_flag(&self, name: &str) -> Option<bool> {
        self.query(name).map(|text| text.eq_ignore_ascii_case("true"))
    }

    /// The names and values of the query, for links to the next page.
    pub(crate) fn query_pairs(&self) -> &[(String, String)] {
        &self.query
    }

    /// The body as an object, with the fields that the request takes.
    pub(crate) fn object(&self) -> Result<Map<String, Value>, Answer> {
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(mut fields)) => {
                fields.retain(|name, _| {
                    !["Links", "LastModifiedBy", "LastModifiedOn"].contains(&name.as_str())
                        && self.known.is_none_or(|known| known.takes(name))
                });
                Ok(fields)
            }
            _ => Err(Answer::bad_request("The request body must be a JSON object.")),
        }
    }

    /// The body as JSON; an empty body is `null`.
    pub(crate) fn value(&self) -> Result<Value, Answer> {
        if self.body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&self.body)
            .map_err(|_| Answer::bad_request("The request body must be valid JSON."))
    }

    /// The path of this request's collection, for links: `/api/Spaces-1/environments`.
    pub(crate) fn path(&self) -> String {
        let mut path = String::from("/api");
        if self.space != SERVER {
            path.push('/');
            path.push_str(&self.space);
        }
        for segment in &self.segments {
            path.push('/');
            path.push_str(&encode(segment));
        }
        path
    }
}

/// `/api/spaces/Spaces-1/logo` is about the space document; other third segments are documents in that space.
fn is_part_of_space_document(segment: &str) -> bool {
    ["logo", "search"].iter().any(|part| segment.eq_ignore_ascii_case(part))
}

/// Undoes percent encoding; bytes that are no UTF-8 become U+FFFD.
pub(crate) fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = (*first == b'%' && tail.len() >= 2).then(|| std::str::from_utf8(&tail[..2]).ok()).flatten();
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            bytes.push(byte);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Percent encoding of everything but letters, digits and `-._~,`.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~,".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
