//! HTTP to the Octopus server: the official client's headers, addresses, paging and errors. No retry and no answer to
//! 429, since the official provider has none either: an error ends the resource.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use anyhow::{Result, bail};
use reqwest::{Method, StatusCode};
use serde_json::{Value as Json, json};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// A failed call.
#[derive(Debug)]
pub struct ApiError {
    pub status: u16,
    pub message: String,
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Octopus API error ({}): {}", self.status, self.message)
    }
}

impl std::error::Error for ApiError {}

/// Whether the error is a plain 404: the thing is gone. (A 404 with `Errors` is an ordinary error to the official client.)
#[must_use]
pub fn is_gone(error: &anyhow::Error) -> bool {
    error.downcast_ref::<ApiError>().is_some_and(|error| error.status == 404)
}

/// How the provider was configured.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub address: String,
    pub api_key: String,
    pub access_token: String,
    pub space_id: String,
}

/// The connection to one server, and the locks of the provider's process.
pub struct Api {
    http: reqwest::Client,
    base: String,
    settings: Settings,
    /// The space that resources without `space_id` go to.
    pub space_id: String,
    /// Whether tenant variables have ids and scopes of their own (feature toggle of newer servers).
    pub tenant_variables_v2: bool,
    global: Arc<AsyncMutex<()>>,
    keyed: Mutex<HashMap<String, Arc<AsyncMutex<()>>>>,
}

impl Api {
    /// Connects, with the calls that the official provider starts with (both its halves make them).
    ///
    /// # Errors
    /// When the key is not one, the server can't be reached, or the space is not there.
    pub async fn connect(settings: Settings) -> Result<Self> {
        if settings.address.is_empty() {
            bail!("octopus deploy server address is required");
        }
        if settings.api_key.is_empty() && settings.access_token.is_empty() {
            bail!("either an API key or an Access Token is required to connect to the Octopus Server");
        }
        if !settings.api_key.is_empty() && !is_api_key(&settings.api_key) {
            bail!("the API key is not one: it is written API- and capital letters and digits");
        }
        #[allow(
            clippy::disallowed_methods,
            reason = "the stand-in is a program of its own; this is its one client"
        )]
        let mut builder =
            reqwest::Client::builder().user_agent("go-octopusdeploy/v2.111.0 (stand-in)").tcp_nodelay(true);
        if settings.address.starts_with("http://") {
            // Reading the system's root certificates costs more than all the rest of the start.
            builder = builder.tls_certs_only([]);
        }
        let mut api = Self {
            http: builder.build()?,
            base: settings.address.trim_end_matches('/').trim_end_matches("/api").to_owned(),
            space_id: settings.space_id.clone(),
            settings,
            tenant_variables_v2: false,
            global: Arc::default(),
            keyed: Mutex::default(),
        };
        api.start_half().await?;
        api.get("/api/").await?;
        if let Ok(toggles) = api.get("/api/configuration/feature-toggles?Name=").await {
            api.tenant_variables_v2 =
                toggles["FeatureToggles"].as_array().into_iter().flatten().any(|toggle| {
                    toggle["Name"] == json!("CommonVariableScopingFeatureToggle")
                        && toggle["IsEnabled"] == json!(true)
                });
        }
        api.start_half().await?;
        Ok(api)
    }

    /// The questions with which either half of the official provider starts.
    async fn start_half(&mut self) -> Result<()> {
        self.get("/api/").await?;
        let spaces = self.list("/api/spaces").await?;
        if self.settings.space_id.is_empty() {
            let default = spaces.iter().find(|space| space["IsDefault"] == json!(true));
            self.space_id = default.and_then(|space| space["Id"].as_str()).unwrap_or_default().to_owned();
        } else {
            self.get(&format!("/api/spaces/{}", self.space_id)).await?;
        }
        self.get("/api/").await?;
        if !self.space_id.is_empty() {
            self.get(&format!("/api/{}", self.space_id)).await?;
        }
        Ok(())
    }

    /// The address of something in a space: `s("Spaces-1", "accounts")` is `/api/Spaces-1/accounts`.
    #[must_use]
    pub fn s(&self, space_id: &str, rest: &str) -> String {
        let space = if space_id.is_empty() { &self.space_id } else { space_id };
        if space.is_empty() { format!("/api/{rest}") } else { format!("/api/{space}/{rest}") }
    }

    /// # Errors
    /// When the server can't be reached or says no.
    pub async fn get(&self, path: &str) -> Result<Json> {
        self.send(Method::GET, path, None).await
    }

    /// # Errors
    /// As `get`.
    pub async fn post(&self, path: &str, body: &Json) -> Result<Json> {
        self.send(Method::POST, path, Some(body)).await
    }

    /// # Errors
    /// As `get`.
    pub async fn put(&self, path: &str, body: &Json) -> Result<Json> {
        self.send(Method::PUT, path, Some(body)).await
    }

    /// Deletes; what is not there any more counts as deleted.
    ///
    /// # Errors
    /// As `get`.
    pub async fn delete(&self, path: &str) -> Result<()> {
        match self.send(Method::DELETE, path, None).await {
            Err(error) if !is_gone(&error) => Err(error),
            _ => Ok(()),
        }
    }

    /// All items of a collection, page by page.
    ///
    /// # Errors
    /// As `get`.
    pub async fn list(&self, path: &str) -> Result<Vec<Json>> {
        let mut items = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            let page = self.get(&path).await?;
            items.extend(page["Items"].as_array().cloned().unwrap_or_default());
            next = page["Links"]["Page.Next"].as_str().map(str::to_owned);
        }
        Ok(items)
    }

    /// The lock that all variables, channels, tags, tenants and script modules share in the official provider.
    pub async fn lock(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.global).lock_owned().await
    }

    /// The lock of one document: a process, or a tenant's variables.
    pub async fn lock_document(&self, id: &str) -> OwnedMutexGuard<()> {
        let lock = Arc::clone(
            self.keyed.lock().expect("no holder of this lock panics").entry(id.to_owned()).or_default(),
        );
        lock.lock_owned().await
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Json>) -> Result<Json> {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        request = if self.settings.api_key.is_empty() {
            request.bearer_auth(&self.settings.access_token)
        } else {
            request.header("X-Octopus-ApiKey", &self.settings.api_key)
        };
        if let Some(body) = body {
            // A stream has no length: the official client's newer half sends its bodies in chunks, too.
            let bytes = serde_json::to_vec(body)?;
            let stream = futures::stream::once(async move { Ok::<_, std::io::Error>(bytes) });
            request =
                request.header("Content-Type", "application/json").body(reqwest::Body::wrap_stream(stream));
        }
        let response = request.send().await?;
        let status = response.status();
        let bytes = response.bytes().await?;
        let json: Json =
            if bytes.is_empty() { Json::Null } else { serde_json::from_slice(&bytes).unwrap_or(Json::Null) };
        if status.is_success() {
            crate::decode::check(path, &json)?;
            return Ok(json);
        }
        Err(failure(status, &json).into())
    }
}

fn failure(status: StatusCode, json: &Json) -> ApiError {
    let errors: Vec<&str> =
        json["Errors"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    let message = json["ErrorMessage"].as_str().unwrap_or("no message");
    // With `Errors` the official client takes even a 404 for an ordinary error.
    let number = if status == StatusCode::NOT_FOUND && !errors.is_empty() { 400 } else { status.as_u16() };
    ApiError {
        status: number,
        message: if errors.is_empty() { message.to_owned() } else { format!("{message} {errors:?}") },
    }
}

/// `^API-[A-Z\d]+$`, as the official client checks itself.
fn is_api_key(key: &str) -> bool {
    key.strip_prefix("API-").is_some_and(|rest| {
        !rest.is_empty() && rest.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_keys() {
        assert!(is_api_key("API-ABC123"));
        assert!(!is_api_key("API-"));
        assert!(!is_api_key("API-abc"));
        assert!(!is_api_key("ABC"));
    }

    #[test]
    fn a_404_with_errors_is_not_gone() {
        let gone = failure(StatusCode::NOT_FOUND, &json!({"ErrorMessage": "not here"}));
        let refused = failure(StatusCode::NOT_FOUND, &json!({"ErrorMessage": "no", "Errors": ["bad id"]}));
        assert!(is_gone(&gone.into()));
        assert!(!is_gone(&refused.into()));
    }
}
