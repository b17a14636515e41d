//! A server for unit tests: one function answers all, and what was asked is remembered.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Json;
use axum::http::{Method, StatusCode, Uri};
use serde_json::{Value, json};

use documents::document::Document;
use octopus::client::{Client, Proxies, Transport, Trust};
use octopus::role::Role;
use octopus::server::Server;
use secret::Secret;

/// `METHOD /path?query` and the body of each request, in order.
pub(crate) type Requests = Arc<Mutex<Vec<(String, Value)>>>;

const REFUSED: &str = "refused with";

/// An answer that refuses.
pub(crate) fn refusal(status: u16, message: &str) -> Value {
    json!({REFUSED: status, "ErrorMessage": message})
}

/// A space `Spaces-1` of a server whose answers `answer` gives, of `METHOD /path?query` below `/api/Spaces-1/` and the body; null: 404.
pub(crate) async fn server(
    answer: impl Fn(&str, &Value) -> Value + Send + Sync + 'static,
) -> (Server, Requests) {
    let requests = Requests::default();
    let (answer, log) = (Arc::new(answer), requests.clone());
    let router = axum::Router::new().fallback(move |method: Method, uri: Uri, body: String| {
        let asked = format!("{method} {}", uri.to_string().replace("/api/Spaces-1/", ""));
        let body: Value = serde_json::from_str(&body).unwrap_or_default();
        let answer = answer(&asked, &body);
        log.lock().unwrap().push((asked, body));
        let refused = answer[REFUSED].as_u64().and_then(|status| StatusCode::from_u16(status as u16).ok());
        let otherwise = if answer.is_null() { StatusCode::NOT_FOUND } else { StatusCode::OK };
        let status = refused.unwrap_or(otherwise);
        let answer = if answer.is_null() { json!({"ErrorMessage": "not found"}) } else { answer };
        async move { (status, Json(answer)) }
    });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let transport =
        Transport::new(Duration::from_secs(5), Trust::default(), Proxies::default()).ok().unwrap();
    let client = Client::new(Role::Destination, &address, Secret::new("API-X".into()), &transport);
    let space = Document::new(json!({"Id": "Spaces-1", "Name": "New"})).unwrap();
    let (installation_id, version) = (String::new(), String::new());
    (Server { client: client.ok().unwrap(), installation_id, version, space }, requests)
}

/// What was written, without what was only read.
pub(crate) fn written(requests: &Requests) -> Vec<(String, Value)> {
    requests.lock().unwrap().iter().filter(|(asked, _)| !asked.starts_with("GET")).cloned().collect()
}
