//! Feeds: one collection, told apart by `FeedType`.

use serde_json::{Map, Value as Json};

use super::document::Document;
use crate::mapping::How::{Name, Secret, SecretIfGiven};
use crate::mapping::Rules;

const PASSWORD: Rules = &[("password", Secret("Password")), ("is_enhanced_mode", Name("EnhancedMode"))];

/// The official client forgets the credentials of these in updates.
fn forget(body: &mut Map<String, Json>, _: &Json, state: &Json) {
    if !state.is_null() {
        body.remove("Username");
        body.remove("Password");
    }
}

/// A user name that the server does not answer is taken for what is expected (`updateDataFromNpmFeed`, 1.17.0).
fn believe(value: &mut Json, document: &Json, expected: &Json) {
    if document["Username"].as_str().is_none_or(str::is_empty) {
        value["username"] = expected["username"].clone();
    }
}

/// The table of a feed type.
pub(super) fn document(name: &str) -> Option<Document> {
    let plain = |fixed: &'static str| Document::new("feeds", fixed, PASSWORD);
    Some(match name {
        "docker_container_registry" => plain(r#"{"FeedType":"Docker"}"#),
        "nuget_feed" => plain(r#"{"FeedType":"NuGet"}"#),
        "maven_feed" => plain(r#"{"FeedType":"Maven"}"#),
        "github_repository_feed" => plain(r#"{"FeedType":"GitHub"}"#),
        "helm_feed" => plain(r#"{"FeedType":"Helm"}"#),
        "npm_feed" => plain(r#"{"FeedType":"Npm"}"#).before(forget).after(believe),
        "pypi_feed" => plain(r#"{"FeedType":"PyPi"}"#).before(forget).after(believe),
        "oci_registry_feed" => plain(r#"{"FeedType":"OciRegistry"}"#),
        "artifactory_generic_feed" => plain(r#"{"FeedType":"ArtifactoryGeneric"}"#),
        "azure_container_registry" => plain(r#"{"FeedType":"AzureContainerRegistry"}"#),
        "google_container_registry" => plain(r#"{"FeedType":"GoogleContainerRegistry"}"#),
        "aws_elastic_container_registry" => Document::new(
            "feeds",
            r#"{"FeedType":"AwsElasticContainerRegistry"}"#,
            &[("secret_key", Secret("SecretKey"))],
        ),
        "s3_feed" => Document::new(
            "feeds",
            r#"{"FeedType":"S3"}"#,
            &[("secret_key", Secret("SecretKey")), ("password", Secret("Password"))],
        ),
        "gcs_storage_feed" => Document::new(
            "feeds",
            r#"{"FeedType":"GcsStorage"}"#,
            &[("service_account_json_key", SecretIfGiven("ServiceAccountJsonKey"))],
        ),
        _ => return None,
    })
}
