//! Accounts and feeds that are complete in the eyes of the provider's client (go-octopusdeploy 2.111.0, `ToAccount` and `ToFeed`). Servers keep others, too.
//! The provider makes no other one; and where a list holds one, its data source answers no account or feed at all, or the provider crashes.

use serde_json::{Map, Value};

use crate::document::is_uuid;

/// Whether an account has all that the client wants of one of its type.
#[must_use]
pub fn is_complete_account(account: &Map<String, Value>) -> bool {
    let has = |field: &str| account.get(field).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    let has_secret = |field: &str| account.get(field).is_some_and(Value::is_object);
    let has_id = |field: &str| account.get(field).and_then(Value::as_str).is_some_and(is_uuid);
    match account.get("AccountType").and_then(Value::as_str).unwrap_or_default() {
        "AmazonWebServicesAccount" => has("AccessKey") && has_secret("SecretKey"),
        "AmazonWebServicesOidcAccount" => has("RoleArn"),
        "AzureOidc" => ["SubscriptionNumber", "TenantId", "ClientId"].into_iter().all(has_id),
        "AzureServicePrincipal" => {
            ["SubscriptionNumber", "TenantId", "ClientId"].into_iter().all(has_id) && has_secret("Password")
        }
        "AzureSubscription" => has_id("SubscriptionNumber"),
        "GenericOidcAccount" | "UsernamePassword" => true,
        "GoogleCloudAccount" => has_secret("JsonKey"),
        "SshKeyPair" => has("Username") && has_secret("PrivateKeyFile"),
        "Token" => has_secret("Token"),
        // "None" too: the client knows the word, and makes nothing of it.
        _ => false,
    }
}

/// Whether the client can have an account of this name: it keeps the word for itself.
#[must_use]
pub fn is_name_of_account(name: &str) -> bool {
    !name.eq_ignore_ascii_case("all")
}

/// Whether a feed has all that the client wants of one of its type.
#[must_use]
pub fn is_complete_feed(feed: &Map<String, Value>) -> bool {
    let has = |field: &str| feed.get(field).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    let has_secret =
        |field: &str| feed.get(field).and_then(|secret| secret["HasValue"].as_bool()) == Some(true);
    let flag = |field: &str| feed.get(field).and_then(Value::as_bool).unwrap_or_default();
    // The client tells whose sign-in it is by its fields.
    let oidc = feed.get("OidcAuthentication").and_then(Value::as_object).map(|oidc| {
        match (oidc.contains_key("ClientId"), oidc.contains_key("RoleArn")) {
            (true, _) => "Azure",
            (_, true) => "AWS",
            _ => "Google",
        }
    });
    // Both or none; of none the client still wants to see that there is no password.
    let signs_in =
        || has("Username") == has_secret("Password") && feed.get("Password").is_some_and(Value::is_object);
    match feed.get("FeedType").and_then(Value::as_str).unwrap_or_default() {
        "AwsElasticContainerRegistry" => {
            has("Region")
                && if has("AccessKey") {
                    feed.get("SecretKey").is_some_and(Value::is_object)
                } else {
                    oidc == Some("AWS")
                }
        }
        "AzureContainerRegistry" => oidc == Some("Azure") || signs_in(),
        "GoogleContainerRegistry" => oidc == Some("Google") || signs_in(),
        "GcsStorage" => {
            if flag("UseServiceAccountKey") {
                has_secret("ServiceAccountJsonKey")
            } else {
                oidc == Some("Google")
            }
        }
        "S3" => {
            flag("UseMachineCredentials")
                || (has("AccessKey") && feed.get("SecretKey").is_some_and(Value::is_object))
        }
        "ArtifactoryGeneric" | "BuiltIn" | "Docker" | "GitHub" | "Helm" | "Maven" | "Npm" | "NuGet"
        | "OciRegistry" | "OctopusProject" | "PyPi" => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: &Value) -> &Map<String, Value> {
        value.as_object().expect("an object")
    }

    #[test]
    fn half_an_account_is_none() {
        let id = "0c8f1f0e-7f7d-4b1c-9a51-5f3f0c1d2e11";
        for account in [
            json!({"AccountType": "SshKeyPair", "Username": "ops", "PrivateKeyFile": {"HasValue": false}}),
            json!({"AccountType": "AzureSubscription", "SubscriptionNumber": id}),
        ] {
            assert!(is_complete_account(fields(&account)), "{account}");
        }
        for account in [
            json!({"AccountType": "None"}),
            json!({"AccountType": "SshKeyPair", "Username": "", "PrivateKeyFile": {"HasValue": true}}),
            json!({"AccountType": "AzureOidc", "SubscriptionNumber": id, "TenantId": id, "ClientId": ""}),
            json!({"AccountType": "AmazonWebServicesAccount", "SecretKey": {"HasValue": true}}),
        ] {
            assert!(!is_complete_account(fields(&account)), "{account}");
        }
        assert!(!is_name_of_account("ALL"));
    }

    #[test]
    fn half_a_sign_in_is_none() {
        let (yes, no) = (json!({"HasValue": true}), json!({"HasValue": false}));
        for feed in [
            json!({"FeedType": "AzureContainerRegistry", "Username": "u", "Password": yes}),
            json!({"FeedType": "AzureContainerRegistry", "Password": no}),
            json!({"FeedType": "AzureContainerRegistry", "OidcAuthentication": {"ClientId": "c"}}),
            json!({"FeedType": "GcsStorage", "OidcAuthentication": {"Audience": "a"}}),
            json!({"FeedType": "S3", "UseMachineCredentials": true}),
        ] {
            assert!(is_complete_feed(fields(&feed)), "{feed}");
        }
        for feed in [
            json!({"FeedType": "AzureContainerRegistry", "Username": "u", "Password": no}),
            json!({"FeedType": "GoogleContainerRegistry", "Password": yes}),
            json!({"FeedType": "GoogleContainerRegistry", "Password": null}),
            json!({"FeedType": "AwsElasticContainerRegistry", "Region": "eu-north-1"}),
            json!({"FeedType": "GcsStorage", "UseServiceAccountKey": true, "ServiceAccountJsonKey": no}),
            json!({"FeedType": "S3"}),
        ] {
            assert!(!is_complete_feed(fields(&feed)), "{feed}");
        }
    }
}
