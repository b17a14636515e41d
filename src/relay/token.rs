//! Secrets take the place of their tokens ([`secret::token`]) on the way to the destination: Terraform has none of them.
//!
//! A token is good for the one place for which it was made: this field of this document, where the server hides what it gets. Anywhere else,
//! as a part of a longer text, in an address, or when nobody knows it, the request is refused and nothing of it is sent: a module that was
//! altered can't have a secret written where somebody can read it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use serde_json::{Map, Value};
use unicode_normalization::UnicodeNormalization as _;

use crate::relay::address::Address;
use crate::relay::request::Request;
use failure::Failure;
use octopus::client::{Client, encode};
use secret::mask::Masker;
use secret::{Secret, token};

/// A secret, and where it may go.
pub struct Held {
    /// The name of its Terraform variable, for messages.
    pub name: String,
    pub value: Secret,
    pub place: Place,
}

/// Where a token stands for its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A field of one document, as the manifest names both ([`module::manifest::SecretEntry`]).
    Field { collection: String, key: Vec<String>, field: String },
    /// Whatever the server hides: for a variable that a module's owner has added, of which octoferry knows nothing else.
    Hidden,
}

/// The secrets of a module.
#[derive(Default)]
pub struct Tokens {
    /// By token.
    held: HashMap<String, Held>,
    /// Collection → field → tokens.
    places: HashMap<String, HashMap<String, Vec<String>>>,
    /// For what the server says of a request that it refuses.
    masker: Option<Arc<Masker>>,
}

impl Tokens {
    /// These, by token, and what masks the server's errors.
    #[must_use]
    pub fn new(held: HashMap<String, Held>, masker: Arc<Masker>) -> Self {
        let mut places: HashMap<String, HashMap<String, Vec<String>>> = HashMap::new();
        for (token, held) in &held {
            if let Place::Field { collection, field, .. } = &held.place {
                let fields = places.entry(collection.clone()).or_default();
                fields.entry(composed(field).into_owned()).or_default().push(token.clone());
            }
        }
        Self { held, places, masker: Some(masker) }
    }
}

/// Collections of documents that own variable sets.
const OWNERS: [&str; 2] = ["projects", "libraryvariablesets"];
/// A secret that the provider (1.17.0) writes as plain text; the server doesn't say beforehand that it hides it.
const WRITTEN_PLAIN: (&str, &str) = ("subscriptions", "EventNotificationSubscription/WebhookHeaderValue");
/// The only secret that the API itself shows. Terraform doesn't see it, and `keep` puts it back.
const SHOWN: (&str, &str) = ("machines", "Endpoint/AadClientCredentialSecret");

#[derive(Default)]
pub(super) struct Exchange {
    tokens: Mutex<Arc<Tokens>>,
    /// Id → name of projects and library sets, as last read or written.
    owners: Mutex<HashMap<String, String>>,
}

impl Exchange {
    /// Says which secrets the module that comes next has.
    pub(super) fn expect(&self, tokens: Tokens) {
        *self.tokens.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(tokens);
    }

    /// The request with secrets in the place of tokens. Bytes without a token are passed on as they are.
    ///
    /// # Errors
    /// When a token stands where it may not.
    pub(super) async fn fill(&self, client: &Client, request: &Request) -> Result<Bytes, Failure> {
        let Request { address, body, .. } = request;
        if token::is_in(&address.path_and_query) {
            return Err(refusal(request, "a secret stands in the address of a request"));
        }
        if !token::may_be_in(body) {
            return Ok(body.clone());
        }
        let Some(mut document) = request.document() else {
            return Err(refusal(request, "a secret stands in something that is no JSON"));
        };
        let owner = self.owner(client, address, &document).await?;
        let about =
            About { collection: address.kind(), name: document["Name"].as_str().map(str::to_owned), owner };
        let tokens = self.tokens();
        let mut wrong = None;
        each_text(&mut document, &mut String::new(), true, &mut |field, is_hidden, text| {
            if !token::is_in(text) || wrong.is_some() {
                return;
            }
            match put_in_place(&tokens, &about, field, is_hidden, text) {
                Ok(value) => value.expose().clone_into(text),
                Err(why) => wrong = Some(why),
            }
        });
        match wrong {
            Some(why) => Err(refusal(request, &why)),
            None => Ok(serde_json::to_vec(&document)
                .map_err(|error| Failure::failed(format!("writing a request anew: {error}")))?
                .into()),
        }
    }

    /// An answer as Terraform may see it: should the server show a secret where it was written, its token takes its place.
    pub(super) fn hide(&self, address: &Address, answer: &mut Value) -> bool {
        let tokens = self.tokens();
        let places = tokens.places.get(address.kind());
        let mut any = false;
        let documents = match answer.get_mut("Items").and_then(Value::as_array_mut) {
            Some(items) => items.iter_mut().collect(),
            None => vec![answer],
        };
        for document in documents {
            each_text(document, &mut String::new(), false, &mut |field, is_hidden, text| {
                if SHOWN == (address.kind(), field) && !text.is_empty() {
                    text.clear();
                    any = true;
                    return;
                }
                // A text that may be read is what the module says, also where it is that of a secret by chance.
                if !is_hidden && WRITTEN_PLAIN != (address.kind(), field) {
                    return;
                }
                let here = places.and_then(|places| places.get(&*composed(field))).into_iter().flatten();
                let is_shown =
                    |token: &&String| tokens.held.get(*token).is_some_and(|held| held.value.expose() == text);
                if let Some(token) = here.into_iter().find(is_shown) {
                    token.clone_into(text);
                    any = true;
                }
            });
        }
        any
    }

    /// Whether answers of this address have a place for a secret.
    pub(super) fn looks_at(&self, address: &Address) -> bool {
        OWNERS.contains(&address.kind())
            || SHOWN.0 == address.kind()
            || self.tokens().places.contains_key(address.kind())
    }

    /// What the server says of a request that it refuses, without secrets: it may repeat what it got.
    pub(super) fn masked(&self, body: Bytes) -> Bytes {
        match &self.tokens().masker {
            Some(masker) => masker.mask_bytes(&body).into(),
            None => body,
        }
    }

    /// Learns whose variable sets are written later.
    pub(super) fn learn(&self, address: &Address, answer: &Value) {
        if !OWNERS.contains(&address.kind()) {
            return;
        }
        let documents = match answer["Items"].as_array() {
            Some(items) => items.iter().collect(),
            None => vec![answer],
        };
        let mut owners = self.owners();
        for document in documents {
            if let (Some(id), Some(name)) = (document["Id"].as_str(), document["Name"].as_str()) {
                owners.insert(id.to_lowercase(), name.to_owned());
            }
        }
    }

    /// Of a variable set: whose it is, as collection and name.
    async fn owner(
        &self,
        client: &Client,
        address: &Address,
        document: &Value,
    ) -> Result<Option<[String; 2]>, Failure> {
        let ["variables", set] = address.parts()[..] else { return Ok(None) };
        let id = document["OwnerId"].as_str().filter(|id| !id.is_empty()).map(str::to_lowercase);
        let id = id.or_else(|| set.strip_prefix("variableset-").map(str::to_owned));
        let Some(id) = id else { return Ok(None) };
        let Some(collection) =
            OWNERS.into_iter().find(|collection| id.starts_with(&format!("{collection}-")))
        else {
            return Ok(None);
        };
        let known = self.owners().get(&id).cloned();
        if let Some(name) = known {
            return Ok(Some([collection.to_owned(), name]));
        }
        let owner = client.find(&format!("{}/{collection}/{}", address.prefix, encode(&id))).await?;
        let Some(name) = owner.as_ref().and_then(|owner| owner["Name"].as_str()) else { return Ok(None) };
        self.owners().insert(id, name.to_owned());
        Ok(Some([collection.to_owned(), name.to_owned()]))
    }

    fn tokens(&self) -> Arc<Tokens> {
        Arc::clone(&self.tokens.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn owners(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a written document is.
struct About<'a> {
    collection: &'a str,
    name: Option<String>,
    owner: Option<[String; 2]>,
}

/// The secret for a text with a token; else why there is none.
fn put_in_place<'a>(
    tokens: &'a Tokens,
    about: &About<'_>,
    field: &str,
    is_hidden: bool,
    text: &str,
) -> Result<&'a Secret, String> {
    let Some(held) = tokens.held.get(text) else {
        return Err(if tokens.held.keys().any(|token| text.contains(token.as_str())) {
            format!("in {field} a secret is a part of a longer text, which octoferry does not write")
        } else {
            format!("in {field} stands a token that octoferry did not make for this module")
        });
    };
    let name = &held.name;
    if let Place::Field { collection, key, field: of } = &held.place {
        let is_it = match &about.owner {
            Some(owner) => key.len() == 2 && owner[0] == key[0] && is_same(&owner[1], &key[1]),
            None => match (&about.name, key.last()) {
                (Some(name), Some(wanted)) => is_same(name.trim(), wanted.trim()),
                _ => true,
            },
        };
        if about.collection != collection || !is_same(of, field) || !is_it {
            return Err(format!(
                "the secret {name} is for {of} of {collection} {}, not for {field} here",
                key.join("/")
            ));
        }
    }
    let is_hidden = is_hidden || WRITTEN_PLAIN == (about.collection, field);
    if is_hidden {
        Ok(&held.value)
    } else {
        Err(format!("in {field} everybody could read the secret {name}"))
    }
}

/// A name as Terraform has it, which composes every text (Unicode NFC).
fn composed(name: &str) -> Cow<'_, str> {
    if name.is_ascii() { name.into() } else { name.nfc().collect::<String>().into() }
}

fn is_same(name: &str, other: &str) -> bool {
    composed(name) == composed(other)
}

fn refusal(request: &Request, why: &str) -> Failure {
    let Request { method, address, .. } = request;
    let path = &address.path;
    Failure::failed(format!("octoferry did not send {method} {path}: {why}. Was the module altered?"))
}

/// Calls `with` for each text of a document: its field as the manifest writes it (`Variables/Key/Value`: items of lists by their names),
/// whether the server hides it, and the text. With `names`, those of fields too, as places where nothing is hidden.
fn each_text(
    value: &mut Value,
    field: &mut String,
    names: bool,
    with: &mut impl FnMut(&str, bool, &mut String),
) {
    match value {
        Value::Object(fields) => {
            let hides = hidden_field(fields);
            for (name, value) in fields.iter_mut() {
                if names {
                    with(field, false, &mut name.clone());
                }
                let is_hidden = hides == Some(name);
                if let (Value::String(text), "NewValue") = (&mut *value, name.as_str()) {
                    // The field is the one that holds the hidden value.
                    with(field, true, text);
                    continue;
                }
                step_in(field, name, |field| match value {
                    Value::String(text) => with(field, is_hidden, text),
                    other => each_text(other, field, names, with),
                });
            }
        }
        Value::Array(items) => {
            for item in items {
                let name = item["Name"].as_str().unwrap_or_default().to_owned();
                step_in(field, &name, |field| match item {
                    Value::String(text) => with(field, false, text),
                    other => each_text(other, field, names, with),
                });
            }
        }
        _ => {}
    }
}

/// The field of a part in which the server hides a plain text: the value of a sensitive variable, the default of a sensitive parameter.
fn hidden_field(part: &Map<String, Value>) -> Option<&'static str> {
    let is = |field: &str, value: &str| part.get(field).is_some_and(|is| is == value);
    if is("Type", "Sensitive") || part.get("IsSensitive").is_some_and(|is| *is == true) {
        return Some("Value");
    }
    let control = part.get("DisplaySettings").map(|settings| &settings["Octopus.ControlType"]);
    control.filter(|control| **control == "Sensitive").map(|_| "DefaultValue")
}

fn step_in(field: &mut String, name: &str, inside: impl FnOnce(&mut String)) {
    let length = field.len();
    if !field.is_empty() {
        field.push('/');
    }
    field.push_str(name);
    inside(field);
    field.truncate(length);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn exchange(place: Place) -> (Exchange, String) {
        let token = token::token(&[7; 32]);
        let held = Held { name: "key".to_owned(), value: Secret::new("the s3cret".to_owned()), place };
        let exchange = Exchange::default();
        let masker = Arc::new(Masker::new([&held.value]));
        exchange.expect(Tokens::new(HashMap::from([(token.clone(), held)]), masker));
        (exchange, token)
    }

    fn field(collection: &str, key: &[&str], field: &str) -> Place {
        let key = key.iter().map(|&part| part.to_owned()).collect();
        Place::Field { collection: collection.to_owned(), key, field: field.to_owned() }
    }

    async fn filled(exchange: &Exchange, path: &str, body: Value) -> Result<Value, String> {
        let client = crate::relay::tests::no_server();
        let request = Request::new(axum::http::Method::PUT, path).with_body(body.to_string());
        let filled = exchange.fill(&client, &request).await;
        filled.map(|bytes| serde_json::from_slice(&bytes).unwrap()).map_err(|failure| failure.message)
    }

    const ACCOUNT: &str = "/api/Spaces-1/accounts/Accounts-1";

    #[tokio::test]
    async fn a_secret_goes_to_its_place_and_to_no_other() {
        let (exchange, token) = exchange(field("accounts", &["a"], "Token"));
        let hidden = |text: &str| json!({"HasValue": true, "NewValue": text});
        let body = json!({"Name": "a", "Token": hidden(&token)});
        let sent = filled(&exchange, ACCOUNT, body.clone()).await;
        assert_eq!(sent.unwrap(), json!({"Name": "a", "Token": hidden("the s3cret")}));
        let mut told = Vec::new();
        for (path, body) in [
            ("/api/Spaces-1/feeds/Feeds-1", body.clone()),
            (ACCOUNT, json!({"Name": "b", "Token": hidden(&token)})),
            (ACCOUNT, json!({"Name": "a", "Password": hidden(&token)})),
            (ACCOUNT, json!({"Name": "a", "Description": token})),
            (ACCOUNT, json!({"Name": "a", "Token": token})),
            (ACCOUNT, json!({"Name": "a", "Token": hidden(&format!("{token} and more"))})),
            (ACCOUNT, json!({"Name": "a", "Token": hidden(&token.replace("07", "08"))})),
            (ACCOUNT, json!({"Name": "a", token.clone(): "x"})),
            (ACCOUNT, json!([token])),
            (&format!("/api/Spaces-1/accounts?partialName={token}"), json!({})),
        ] {
            let refused = filled(&exchange, path, body).await.expect_err("is refused");
            assert!(refused.starts_with("octoferry did not send PUT /api/Spaces-1/"), "{refused}");
            assert!(!refused.contains("s3cret"), "{refused}");
            told.push(refused);
        }
        assert!(
            told[0].contains("the secret key is for Token of accounts a, not for Token here"),
            "{}",
            told[0]
        );
        assert!(told[4].contains("everybody could read"), "{}", told[4]);
        assert!(told[5].contains("a part of a longer text"), "{}", told[5]);
        assert!(told[6].contains("did not make for this module"), "{}", told[6]);
    }

    #[tokio::test]
    async fn a_variable_takes_its_secret_in_the_set_of_its_owner_while_it_is_sensitive() {
        let (exchange, token) =
            exchange(field("variables", &["projects", "We\u{fc}b"], "Variables/Key/Value"));
        let project = Address::parse("/api/Spaces-1/projects/Projects-1");
        exchange.learn(&project, &json!({"Id": "Projects-1", "Name": "Weu\u{308}b"}));
        exchange.learn(&project, &json!({"Items": [{"Id": "Projects-2", "Name": "Other"}]}));
        let set = |owner: &str, kind: &str| {
            let other = json!({"Id": "1", "Name": "Other", "Type": "Sensitive", "Value": null});
            json!({"OwnerId": owner, "Variables": [other, {"Id": "", "Name": "Key", "Type": kind, "Value": token}]})
        };
        let path = "/api/Spaces-1/variables/variableset-Projects-1";
        let sent = filled(&exchange, path, set("Projects-1", "Sensitive")).await.unwrap();
        assert_eq!(sent["Variables"][1]["Value"], "the s3cret");
        assert!(filled(&exchange, path, set("Projects-1", "String")).await.is_err());
        assert!(filled(&exchange, path, set("Projects-2", "Sensitive")).await.is_err());
    }

    #[tokio::test]
    async fn a_secret_of_the_modules_owner_goes_where_it_is_hidden() {
        let (exchange, token) = exchange(Place::Hidden);
        let body = json!({"Name": "x", "Password": {"NewValue": token}});
        assert_eq!(filled(&exchange, ACCOUNT, body).await.unwrap()["Password"]["NewValue"], "the s3cret");
        assert!(filled(&exchange, ACCOUNT, json!({"Name": token})).await.is_err());
        let parameter = |control: &str| json!({"Parameters": [{"Name": "p", "DefaultValue": token, "DisplaySettings": {"Octopus.ControlType": control}}]});
        let path = "/api/Spaces-1/actiontemplates/ActionTemplates-1";
        assert!(filled(&exchange, path, parameter("Sensitive")).await.is_ok());
        assert!(filled(&exchange, path, parameter("SingleLineText")).await.is_err());
    }

    #[test]
    fn the_one_secret_that_the_api_shows_is_not_shown_to_terraform() {
        let address = Address::parse("/api/Spaces-1/machines?take=10");
        let list =
            |text: &str| json!({"Items": [{"Name": "a", "Endpoint": {"AadClientCredentialSecret": text}}]});
        let mut answer = list("of whichever module");
        let exchange = Exchange::default();
        assert!(exchange.looks_at(&address) && exchange.hide(&address, &mut answer));
        assert_eq!(answer, list(""));
        assert!(!exchange.hide(&address, &mut answer));
    }

    #[test]
    fn what_a_server_shows_of_a_secret_is_its_token_again() {
        let place = "EventNotificationSubscription/WebhookHeaderValue";
        let (exchange, token) = exchange(field("subscriptions", &["a"], place));
        let address = Address::parse("/api/Spaces-1/subscriptions");
        assert!(exchange.looks_at(&address));
        let list = |text: &str| json!({"Items": [{"Name": "the s3cret", "EventNotificationSubscription": {"WebhookHeaderValue": text}}]});
        let mut answer = list("the s3cret");
        assert!(exchange.hide(&address, &mut answer));
        assert_eq!(answer, list(&token));
        // A plain variable of the same name and text is no secret.
        let (exchange, token) = self::exchange(field("variables", &["projects", "a"], "Variables/Key/Value"));
        let set =
            |kind: &str, text: &str| json!({"Variables": [{"Name": "Key", "Type": kind, "Value": text}]});
        let address = Address::parse("/api/Spaces-1/variables/variableset-Projects-1");
        assert!(!exchange.hide(&address, &mut set("String", "the s3cret")));
        let mut answer = set("Sensitive", "the s3cret");
        assert!(exchange.hide(&address, &mut answer) && answer == set("Sensitive", &token));
        let refused = exchange.masked(Bytes::from_static(b"{\"ErrorMessage\": \"'the s3cret' is no key\"}"));
        assert_eq!(refused, b"{\"ErrorMessage\": \"'********' is no key\"}"[..]);
    }
}
