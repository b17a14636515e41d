//! Answers, and errors in the shape the API gives them.

use serde_json::{Value, json};

/// What a room says to a request: an answer either way, so that `?` ends a handler with a refusal.
pub(crate) type Outcome = Result<Answer, Answer>;

pub(crate) enum Content {
    Json(Value),
    Bytes { media_type: String, bytes: Vec<u8> },
    Nothing,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content: Content,
    pub(crate) headers: Vec<(String, String)>,
}

impl Answer {
    pub(crate) fn json(status: u16, value: Value) -> Self {
        Self { status, content: Content::Json(value), headers: Vec::new() }
    }

    pub(crate) fn ok(value: Value) -> Self {
        Self::json(200, value)
    }

    pub(crate) fn created(value: Value) -> Self {
        Self::json(201, value)
    }

    pub(crate) fn nothing() -> Self {
        Self { status: 200, content: Content::Nothing, headers: Vec::new() }
    }

    pub(crate) fn bytes(media_type: &str, bytes: Vec<u8>) -> Self {
        Self {
            status: 200,
            content: Content::Bytes { media_type: media_type.into(), bytes },
            headers: Vec::new(),
        }
    }

    pub(crate) fn text(text: String) -> Self {
        Self::bytes("text/plain; charset=utf-8", text.into_bytes())
    }

    /// 404. Without `Errors`: the official client takes an answer with them for another kind of failure.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::json(404, json!({"ErrorMessage": what}))
    }

    /// 404 for a document that isn't there.
    pub(crate) fn no_document(id: &str) -> Self {
        Self::not_found(&format!("The resource '{id}' was not found."))
    }

    pub(crate) fn bad_request(error: impl Into<String>) -> Self {
        Self::refusal(400, "There was a problem with your request.", error)
    }

    /// 409: something of that name or version is there already.
    pub(crate) fn conflict(error: impl Into<String>) -> Self {
        Self::refusal(409, "There was a problem with your request.", error)
    }

    pub(crate) fn refusal(status: u16, message: &str, error: impl Into<String>) -> Self {
        Self::json(
            status,
            json!({"ErrorMessage": message, "Errors": [error.into()], "ParsedHelpLinks": [], "Details": {}}),
        )
    }

    pub(crate) fn unauthorized() -> Self {
        let text =
            "You must be logged in to perform this action. Please provide a valid API key or log in again.";
        Self::json(401, json!({"ErrorMessage": text}))
    }

    pub(crate) fn forbidden(permission: &str) -> Self {
        let text = format!(
            "You do not have permission to perform this action. Please contact your Octopus administrator. Missing permission: {permission}"
        );
        Self::json(403, json!({"ErrorMessage": text, "Errors": [text]}))
    }

    pub(crate) fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}
