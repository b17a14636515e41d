//! A file of one server, handed on to another as it comes: packages may be larger than the memory.

use std::time::Duration;

use reqwest::header::HeaderValue;
use reqwest::multipart::{Form, Part};
use reqwest::{Body, Method, RequestBuilder, Response};
use serde_json::Value;

use super::{API_KEY, Answer, Client, errors};
use failure::Failure;

/// A package of some gigabytes over a slow line.
const LONGEST: Duration = Duration::from_secs(4 * 3600);

impl Client {
    /// Sends the file at `path` on to `other`, which sees it as an upload of a file called `name`. Nothing of it is kept in between.
    /// The answer is the other server's. Never repeated: the caller knows what twice would do.
    ///
    /// # Errors
    /// When one of the servers refuses, or the connection to one breaks.
    pub async fn copy_file(
        &self,
        path: &str,
        other: &Self,
        other_path: &str,
        name: &str,
    ) -> Result<Value, Failure> {
        let _slot = self.shared.slots.acquire().await.expect("the semaphore is never closed");
        let from = self.answered(self.large(Method::GET, path), &Method::GET, path).await?;
        let length = from.content_length();
        let body = Body::wrap_stream(from.bytes_stream());
        let part = match length {
            Some(length) => Part::stream_with_length(body, length),
            None => Part::stream(body),
        };
        let form = Form::new().part("file", part.file_name(name.to_owned()));
        let request = other.large(Method::POST, other_path).multipart(form);
        let to = other.answered(request, &Method::POST, other_path).await?;
        to.json().await.map_err(|error| {
            Failure::failed(format!(
                "POST {other_path}: the answer of the {} server breaks off: {error}",
                other.role()
            ))
        })
    }

    fn large(&self, method: Method, path: &str) -> RequestBuilder {
        let shared = &self.shared;
        let mut key = HeaderValue::from_str(shared.key.expose())
            .expect("the key was tried as a header when the client was made");
        key.set_sensitive(true);
        let request = shared.transport.http.request(method, format!("{}{path}", shared.address));
        request.header(&API_KEY, key).timeout(LONGEST)
    }

    /// Sends it within the server's budget; anything but a success is a failure.
    async fn answered(
        &self,
        request: RequestBuilder,
        method: &Method,
        path: &str,
    ) -> Result<Response, Failure> {
        self.shared.pace.wait().await;
        self.shared.sent.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let response = request.send().await.map_err(|error| {
            errors::unreachable(
                self.role(),
                self.address(),
                method,
                path,
                &error,
                (&self.shared.transport, LONGEST),
            )
        })?;
        self.shared.pace.learn(response.headers());
        if response.status().is_success() {
            return Ok(response);
        }
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.unwrap_or_default();
        Err(self.refusal(method, path, &Answer { status, headers, body }))
    }
}
