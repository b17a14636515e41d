//! The vendor's published reference of the API (`tests/contract`): which fields a request takes, which it must have, which answers hold
//! nothing else. What official clients do beyond it stands in a list of its own, and is taken as well.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::answer::{Answer, Content};
use crate::request::{Method, Request};

/// One route of the reference.
#[derive(Deserialize)]
struct Entry {
    route: String,
    #[serde(default)]
    query: String,
    /// Fields that a body must have: `Name`, `Details.Type` below an object, `Variables[].OwnerId` in each item of a list.
    #[serde(default)]
    needs: String,
    /// All fields that a body may have at its top; absent where the reference does not describe them.
    takes: Option<String>,
    /// All fields of the answer, where it is not the whole document.
    answers: Option<String>,
}

#[derive(Deserialize)]
struct File {
    routes: Vec<Entry>,
}

/// A route as requests are held against it.
pub(crate) struct Known {
    method: Method,
    of_space: bool,
    parts: Vec<String>,
    query: Vec<String>,
    needs: Vec<String>,
    takes: Option<Vec<String>>,
    answers: Option<String>,
}

static ROUTES: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let file: File = serde_json::from_str(include_str!("../../contract/reference.json"))
        .expect("the reference is valid JSON");
    let mut routes: Vec<(String, Known)> =
        file.routes.into_iter().map(|entry| (entry.route.clone(), known(entry))).collect();
    for line in include_str!("../../contract/beyond.txt").lines() {
        let words: Vec<&str> = line.split(" | ").next().unwrap_or_default().split_whitespace().collect();
        let [kind, method, path, name] = words.as_slice() else { continue };
        let route = format!("{method} {path}");
        let Some((_, known)) = routes.iter_mut().find(|(of, _)| *of == route) else { continue };
        match *kind {
            "query" => known.query.push(name.to_lowercase()),
            "without" => known.needs.retain(|field| field != name),
            "field" => known.takes.iter_mut().for_each(|takes| takes.push((*name).to_owned())),
            _ => {}
        }
    }
    routes.into_iter().map(|(_, known)| known).collect()
});

fn known(entry: Entry) -> Known {
    let words = |text: &str| text.split_whitespace().map(ToOwned::to_owned).collect::<Vec<_>>();
    let (method, path) = entry.route.split_once(' ').expect("a method and a path");
    let of_space = path.starts_with("{s}");
    let parts: Vec<String> =
        path.split('/').filter(|part| !part.is_empty()).map(str::to_lowercase).skip(1).collect();
    Known {
        method: match method {
            "POST" => Method::Post,
            "PUT" => Method::Put,
            "DELETE" => Method::Delete,
            _ => Method::Get,
        },
        of_space,
        query: words(&entry.query).iter().map(|name| name.trim_end_matches('*').to_lowercase()).collect(),
        needs: words(&entry.needs),
        takes: entry.takes.as_deref().map(words),
        answers: entry.answers,
        parts,
    }
}

/// The route that a request's method and segments (in lower case, below the space) are of.
pub(crate) fn find(method: Method, segments: &[String], in_space: bool) -> Option<&'static Known> {
    let of = ROUTES.iter().filter(|known| {
        known.method == method
            && (known.of_space || !in_space)
            && known.parts.len() == segments.len()
            && known
                .parts
                .iter()
                .zip(segments)
                .all(|(part, segment)| part.starts_with('{') || part == segment)
    });
    of.max_by_key(|known| known.parts.iter().map(|part| !part.starts_with('{')).collect::<Vec<_>>())
}

impl Known {
    /// Whether a request may have a query parameter (in lower case).
    pub(crate) fn asks(&self, parameter: &str) -> bool {
        self.query.iter().any(|name| name == parameter)
    }

    /// Whether a body may have a field at its top. What the address says already may be repeated.
    pub(crate) fn takes(&self, field: &str) -> bool {
        let is_bound = ["Id", "SpaceId"].contains(&field)
            || self.parts.contains(&format!("{{{}}}", field.to_lowercase()));
        let is_taken = |takes: &Vec<String>| takes.iter().any(|taken| taken.eq_ignore_ascii_case(field));
        is_bound || self.takes.as_ref().is_none_or(is_taken)
    }
}

/// Refuses a body without what the reference requires.
pub(crate) fn demand(request: &Request) -> Result<(), Answer> {
    let Some(known) = request.known.filter(|known| !known.needs.is_empty() && request.method != Method::Get)
    else {
        return Ok(());
    };
    let Ok(Value::Object(fields)) = serde_json::from_slice(&request.body) else { return Ok(()) };
    match known.needs.iter().find(|field| !has(&fields, field)) {
        Some(field) => Err(Answer::bad_request(format!("The field {field} is required."))),
        None => Ok(()),
    }
}

/// Whether a field is there; names match without case.
fn has(fields: &Map<String, Value>, field: &str) -> bool {
    let get = |fields: &Map<String, Value>, name: &str| {
        fields.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    };
    let Some((outer, inner)) = field.split_once('.') else { return get(fields, field).is_some() };
    let has_inner = |item: &Value| item.as_object().is_some_and(|item| get(item, inner).is_some());
    match (outer.strip_suffix("[]"), get(fields, outer.trim_end_matches("[]"))) {
        (Some(_), Some(Value::Array(items))) => items.iter().all(has_inner),
        (None, Some(of @ Value::Object(_))) => has_inner(&of),
        // The outer one has a line of its own where it is required.
        _ => true,
    }
}

/// Leaves in an answer what the reference lists.
pub(crate) fn narrow(request: &Request, answer: &mut Answer) {
    let Some(listed) = request.known.and_then(|known| known.answers.as_deref()) else { return };
    if answer.status >= 300 {
        return;
    }
    let Content::Json(value) = &mut answer.content else { return };
    let (page, fields) = match listed.strip_prefix("page: ") {
        Some(fields) => (true, fields),
        None => (false, listed),
    };
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let keep = |value: &mut Value| {
        if let Value::Object(document) = value {
            document.retain(|name, _| fields.contains(&name.as_str()));
        }
    };
    if page {
        value["Items"].as_array_mut().into_iter().flatten().for_each(keep);
    } else {
        keep(value);
    }
}
