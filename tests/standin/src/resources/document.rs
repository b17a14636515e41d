//! A type that is one document of a collection: POST, GET, PUT, DELETE, with a table for its members.

use anyhow::Result;
use serde_json::{Map, Value as Json};

use super::{Call, text};
use crate::http::is_gone;
use crate::mapping::{Mapping, Rules};

/// The body before it is sent, the planned value, the state before (null at a create).
pub(super) type Before = fn(body: &mut Map<String, Json>, plan: &Json, state: &Json);
/// The value after it was read, the document, the value that was expected.
pub(super) type After = fn(value: &mut Json, document: &Json, expected: &Json);

/// How the documents of one type are written and read.
#[derive(Clone, Copy)]
pub(super) struct Document {
    /// The collection below the space; one that starts with `/` is the server's.
    pub(super) route: &'static str,
    /// Where to create, when elsewhere.
    pub(super) create_route: Option<&'static str>,
    /// Where to change and delete, when elsewhere: collection, the argument with its id, the collection in it.
    pub(super) parent_route: Option<(&'static str, &'static str, &'static str)>,
    /// Members that are always the same, as JSON.
    pub(super) fixed: &'static str,
    pub(super) rules: Rules,
    pub(super) before: Option<Before>,
    pub(super) after: Option<After>,
    /// A member that an update reads first and sends as it is; may be empty.
    pub(super) kept: &'static str,
    /// Whether the official provider holds its one lock.
    pub(super) locked: bool,
}

impl Document {
    pub(super) const fn new(route: &'static str, fixed: &'static str, rules: Rules) -> Self {
        Self {
            route,
            create_route: None,
            parent_route: None,
            fixed,
            rules,
            before: None,
            after: None,
            kept: "",
            locked: false,
        }
    }

    pub(super) const fn before(mut self, before: Before) -> Self {
        self.before = Some(before);
        self
    }

    pub(super) const fn after(mut self, after: After) -> Self {
        self.after = Some(after);
        self
    }

    pub(super) const fn keeping(mut self, kept: &'static str) -> Self {
        self.kept = kept;
        self
    }

    pub(super) const fn locked(mut self) -> Self {
        self.locked = true;
        self
    }

    fn address(&self, call: &Call<'_>, value: &Json, rest: &str) -> String {
        if self.route.starts_with('/') {
            format!("{}{rest}", self.route)
        } else {
            call.s(value, &format!("{}{rest}", self.route))
        }
    }

    /// Where to change and delete.
    fn write_address(&self, call: &Call<'_>, value: &Json, id: &str) -> String {
        match self.parent_route {
            Some((parents, argument, route)) => {
                call.s(value, &format!("{parents}/{}/{route}/{id}", text(value, argument)))
            }
            None => self.address(call, value, &format!("/{id}")),
        }
    }

    fn mapping<'a>(&self, call: &'a Call<'_>) -> Mapping<'a> {
        Mapping { block: call.block, rules: self.rules }
    }

    fn body(&self, call: &Call<'_>, plan: &Json) -> Json {
        let mut body = self.mapping(call).document(plan);
        // What is empty the client leaves out, but for what the table always sends.
        body.retain(|_, value| value != &Json::String(String::new()) && value != &Json::Array(Vec::new()));
        let fixed: Map<String, Json> =
            serde_json::from_str(self.fixed).expect("the fixed members of a table are JSON");
        for (name, value) in fixed {
            body.entry(name).or_insert(value);
        }
        if let Some(before) = self.before {
            before(&mut body, plan, &call.state);
        }
        Json::Object(body)
    }

    fn value(&self, call: &Call<'_>, document: &Json, expected: &Json) -> Json {
        let mut value = self.mapping(call).value(document, expected);
        if let Some(after) = self.after {
            after(&mut value, document, expected);
        }
        value
    }

    pub(super) async fn create(&self, call: &Call<'_>, plan: &Json) -> Result<Json> {
        let _lock = if self.locked { Some(call.api.lock().await) } else { None };
        let address = match self.create_route {
            Some(route) => call.s(plan, route),
            None => self.address(call, plan, ""),
        };
        let mut document = call.api.post(&address, &self.body(call, plan)).await?;
        // Some answers are the id and no more; the official provider reads the document then.
        if document
            .as_object()
            .is_some_and(|fields| fields.keys().all(|name| name == "Id" || name == "Links"))
        {
            document =
                call.api.get(&self.address(call, plan, &format!("/{}", text(&document, "Id")))).await?;
        }
        Ok(self.value(call, &document, plan))
    }

    pub(super) async fn read(&self, call: &Call<'_>) -> Result<Option<Json>> {
        match call.api.get(&self.address(call, &call.state, &format!("/{}", text(&call.state, "id")))).await {
            Ok(document) => {
                if self.route == "lifecycles" {
                    crate::decode::check_phases(&document, &call.state)?;
                }
                Ok(Some(self.value(call, &document, &call.state)))
            }
            Err(error) if is_gone(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn update(&self, call: &Call<'_>, plan: &Json) -> Result<Json> {
        let _lock = if self.locked { Some(call.api.lock().await) } else { None };
        let id = text(&call.state, "id");
        let mut body = self.body(call, plan);
        body["Id"] = Json::String(id.to_owned());
        if !self.kept.is_empty() {
            let current = call.api.get(&self.address(call, plan, &format!("/{id}"))).await?;
            body[self.kept] = current[self.kept].clone();
        }
        let document = call.api.put(&self.write_address(call, plan, id), &body).await?;
        Ok(self.value(call, &document, plan))
    }

    pub(super) async fn delete(&self, call: &Call<'_>) -> Result<()> {
        let _lock = if self.locked { Some(call.api.lock().await) } else { None };
        call.api.delete(&self.write_address(call, &call.state, text(&call.state, "id"))).await
    }
}
