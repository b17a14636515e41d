//! New data for a certificate that is there: an update of the document takes none, `POST certificates/{id}/replace` does.

use serde_json::{Value, json};

use super::{Finish, SecretOutcome, described};
use failure::Failure;
use module::manifest::{FinishValue, Target};
use secret::Secret;

impl Finish<'_> {
    /// Replaces a certificate whose thumbprint is another one, if its data could be supplied; `data` and `password` name secrets.
    pub(super) async fn certificate(
        &mut self,
        target: &Target,
        thumbprint: &str,
        data: &str,
        password: Option<&str>,
    ) -> Result<(), Failure> {
        let what = described(target);
        let Some(place) = self.directory.find(target).await? else {
            self.report.failed.push(format!("{what} is not at the destination"));
            return Ok(());
        };
        let client = &self.directory.server.client;
        let is = |there: &Value| {
            there["Thumbprint"].as_str().is_some_and(|is| is.eq_ignore_ascii_case(thumbprint))
        };
        if is(&client.get(&place.read).await?) {
            self.report.already += 1;
            return Ok(());
        }
        // Without it a placeholder stands there, or what a person has put there: the table of secrets says which.
        let Some(given) = self.secrets.get(data) else { return Ok(()) };
        let password_given = password.and_then(|name| self.secrets.get(name));
        let body = json!({"CertificateData": given.expose(), "Password": password_given.map(Secret::expose)});
        client.post(&format!("{}/replace", place.write), &body).await?;
        if is(&client.get(&place.read).await?) {
            self.report.done.push(format!("the new data of {what}"));
            for name in [Some(data), password_given.and(password)].into_iter().flatten() {
                self.note_secret(&FinishValue::Secret(name.to_owned()), SecretOutcome::Set);
            }
        } else {
            let text = "the data was replaced, and its thumbprint is still not that of the source";
            self.report.failed.push(format!("{what}: {text}"));
        }
        self.directory.wrote(target.collection);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::testing;
    use documents::collection::Collection;

    #[tokio::test]
    async fn a_renewed_certificate_is_replaced_once() {
        let secrets: BTreeMap<String, Secret> = [
            ("data".to_owned(), Secret::new("TUlJ".into())),
            ("password".to_owned(), Secret::new("x".into())),
        ]
        .into();
        let nothing = BTreeMap::new();
        for (secrets, there, posts) in [(&secrets, "OLD", 1), (&secrets, "new", 0), (&nothing, "OLD", 0)] {
            let renewed = AtomicBool::new(false);
            let (server, requests) = testing::server(move |asked, _| match asked {
                "POST certificates/C-1/replace" => {
                    renewed.store(true, Ordering::SeqCst);
                    json!({"Id": "C-1"})
                }
                "GET certificates/C-1" => {
                    json!({"Id": "C-1", "Thumbprint": if renewed.load(Ordering::SeqCst) { "NEW" } else { there }})
                }
                _ => json!({"TotalResults": 1, "Items": [{"Id": "C-1", "Name": "shop"}]}),
            })
            .await;
            let mut finish = Finish::new(server, secrets, Path::new("."));
            let target = Target { collection: Collection::Certificates, key: vec!["shop".into()] };
            finish.certificate(&target, "NEW", "data", Some("password")).await.ok().unwrap();
            let written = testing::written(&requests);
            assert_eq!(written.len(), posts);
            if posts == 1 {
                assert_eq!(written[0].1, json!({"CertificateData": "TUlJ", "Password": "x"}));
                assert_eq!(finish.report.secrets["data"], SecretOutcome::Set);
            }
            assert!(finish.report.failed.is_empty());
        }
    }
}
