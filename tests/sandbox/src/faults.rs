//! Trouble on demand: the next answers of some addresses go wrong.

use regex::Regex;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{Answer, Content};

/// As `POST /sandbox/faults` takes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultRequest {
    /// Any method when absent.
    method: Option<String>,
    /// A regular expression for the path with its query, without case.
    path: String,
    /// How often; for ever when absent.
    times: Option<u32>,
    /// Lets so many matching requests pass first.
    #[serde(default)]
    after: u32,
    kind: Kind,
    /// The status, for `kind: "status"`.
    status: Option<u16>,
    #[serde(default)]
    headers: std::collections::BTreeMap<String, String>,
    /// The body of a status answer; the API's error shape when absent.
    body: Option<Value>,
    /// For `kind: "slow"`.
    #[serde(default)]
    milliseconds: u64,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    /// Answers with a status; nothing is processed.
    Status,
    /// Leaves out the last item of a page, the total unchanged.
    ShortPage,
    /// Closes the connection before anything is processed.
    Drop,
    /// Processes the request, then closes the connection without an answer.
    DropAfter,
    /// Says that the document has been changed by somebody else.
    StaleVersion,
    /// A web page with status 200, as a proxy or a login page gives.
    Html,
    /// Answers late.
    Slow,
    /// Processes the request at once, and answers late.
    Late,
}

struct Fault {
    pattern: Regex,
    request: FaultRequest,
    left: Option<u32>,
    pass: u32,
}

#[derive(Default)]
pub(crate) struct Faults(Vec<Fault>);

/// What shall happen to one request.
pub(crate) enum Effect {
    Answer(Answer),
    ShortPage,
    Drop,
    DropAfter,
    Slow(u64),
    Late(u64),
}

impl Faults {
    /// Adds a fault. The error says what is wrong with the request.
    pub(crate) fn add(&mut self, request: FaultRequest) -> Result<(), String> {
        let pattern = Regex::new(&format!("(?i){}", request.path)).map_err(|error| error.to_string())?;
        if request.kind == Kind::Status && request.status.is_none() {
            return Err("status is missing".into());
        }
        self.0.push(Fault { pattern, left: request.times, pass: request.after, request });
        Ok(())
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The effect of the first fault that matches, counted down.
    pub(crate) fn strike(&mut self, method: &str, address: &str) -> Option<Effect> {
        let fault = self.0.iter_mut().find(|fault| {
            fault.left != Some(0)
                && fault.request.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
                && fault.pattern.is_match(address)
        })?;
        if fault.pass > 0 {
            fault.pass -= 1;
            return None;
        }
        fault.left = fault.left.map(|left| left - 1);
        Some(match fault.request.kind {
            Kind::Status => {
                let status = fault.request.status.unwrap_or(500);
                let body =
                    fault.request.body.clone().unwrap_or_else(
                        || json!({"ErrorMessage": format!("A fault was asked for: {status}")}),
                    );
                let mut answer = Answer::json(status, body);
                for (name, value) in &fault.request.headers {
                    answer = answer.with_header(name, value);
                }
                Effect::Answer(answer)
            }
            Kind::ShortPage => Effect::ShortPage,
            Kind::Drop => Effect::Drop,
            Kind::DropAfter => Effect::DropAfter,
            Kind::StaleVersion => Effect::Answer(stale(fault.request.status.unwrap_or(409))),
            Kind::Html => Effect::Answer(Answer {
                status: fault.request.status.unwrap_or(200),
                content: Content::Bytes {
                    media_type: "text/html".into(),
                    bytes: b"<html><body><h1>Sign in</h1></body></html>".to_vec(),
                },
                headers: Vec::new(),
            }),
            Kind::Slow => Effect::Slow(fault.request.milliseconds),
            Kind::Late => Effect::Late(fault.request.milliseconds),
        })
    }
}

fn stale(status: u16) -> Answer {
    Answer::refusal(
        status,
        "There was a problem with your request.",
        "Modification failed because submitted data was out of date. Refresh the document and try again.",
    )
}

/// Leaves out the last item of a page or an array.
pub(crate) fn shorten(answer: &mut Answer) {
    if let Content::Json(value) = &mut answer.content {
        let items = if value.is_array() { Some(value) } else { value.get_mut("Items") };
        if let Some(items) = items.and_then(Value::as_array_mut) {
            items.pop();
        }
    }
}
