//! Accounts: one collection, told apart by `AccountType`.

use serde_json::{Value as Json, json};

use super::document::Document;
use crate::mapping::How::{Name, Read, Secret, SecretIfGiven};
use crate::mapping::Rules;

const ROUTE: &str = "accounts";

/// The members that all accounts share, before the ones of their own.
macro_rules! rules {
    ($($rule:expr),* $(,)?) => {{
        const RULES: Rules = &[
            ("environments", Name("EnvironmentIds")),
            ("tenants", Name("TenantIds")),
            $($rule),*
        ];
        RULES
    }};
}

/// The table of an account type.
pub(super) fn document(name: &str) -> Option<Document> {
    Some(match name {
        "username_password_account" => Document::new(
            ROUTE,
            r#"{"AccountType":"UsernamePassword"}"#,
            rules![("password", Secret("Password"))],
        ),
        "token_account" => Document::new(
            ROUTE,
            r#"{"AccountType":"Token","TenantedDeploymentParticipation":"Untenanted"}"#,
            rules![("token", Secret("Token"))],
        ),
        "aws_account" => Document::new(
            ROUTE,
            r#"{"AccountType":"AmazonWebServicesAccount"}"#,
            rules![("secret_key", Secret("SecretKey"))],
        ),
        "azure_service_principal" => Document::new(
            ROUTE,
            r#"{"AccountType":"AzureServicePrincipal","ResourceManagementEndpointBaseUri":"","TenantedDeploymentParticipation":"Untenanted"}"#,
            rules![
                ("application_id", Name("ClientId")),
                ("subscription_id", Name("SubscriptionNumber")),
                ("authentication_endpoint", Name("ActiveDirectoryEndpointBaseUri")),
                ("resource_manager_endpoint", Name("ResourceManagementEndpointBaseUri")),
                ("azure_environment", Read("AzureEnvironment")),
                ("password", Secret("Password")),
            ],
        ),
        "azure_subscription_account" => Document::new(
            ROUTE,
            r#"{"AccountType":"AzureSubscription"}"#,
            rules![
                ("subscription_id", Name("SubscriptionNumber")),
                ("management_endpoint", Name("ServiceManagementEndpointBaseUri")),
                ("storage_endpoint_suffix", Name("ServiceManagementEndpointSuffix")),
                ("certificate", SecretIfGiven("CertificateBytes")),
            ],
        ),
        "azure_openid_connect" => Document::new(
            ROUTE,
            r#"{"AccountType":"AzureOidc","ResourceManagementEndpointBaseUri":"","TenantedDeploymentParticipation":"Untenanted"}"#,
            rules![
                ("application_id", Name("ClientId")),
                ("subscription_id", Name("SubscriptionNumber")),
                ("execution_subject_keys", Name("DeploymentSubjectKeys")),
                ("health_subject_keys", Name("HealthCheckSubjectKeys")),
                ("authentication_endpoint", Name("ActiveDirectoryEndpointBaseUri")),
                ("resource_manager_endpoint", Name("ResourceManagementEndpointBaseUri")),
                // Never sent: an endless difference when configured.
                ("audience", Read("Audience")),
                ("azure_environment", Read("AzureEnvironment")),
            ],
        ),
        "aws_openid_connect_account" => Document::new(
            ROUTE,
            r#"{"AccountType":"AmazonWebServicesOidcAccount","TenantedDeploymentParticipation":"Untenanted"}"#,
            rules![
                ("execution_subject_keys", Name("DeploymentSubjectKeys")),
                ("health_subject_keys", Name("HealthCheckSubjectKeys")),
            ],
        )
        .before(|body, _, _| {
            // A number in Terraform, text in the API.
            if let Some(duration) = body.get("SessionDuration").and_then(Json::as_i64) {
                body.insert("SessionDuration".to_owned(), json!(duration.to_string()));
            }
        })
        .after(|value, document, _| {
            if let Some(duration) = document["SessionDuration"].as_str().and_then(|text| text.parse::<i64>().ok())
            {
                value["session_duration"] = json!(duration);
            }
        }),
        "generic_oidc_account" => Document::new(
            ROUTE,
            r#"{"AccountType":"GenericOidcAccount"}"#,
            rules![
                ("execution_subject_keys", Name("DeploymentSubjectKeys")),
                ("health_subject_keys", Name("HealthCheckSubjectKeys")),
            ],
        ),
        "gcp_account" => Document::new(
            ROUTE,
            r#"{"AccountType":"GoogleCloudAccount","TenantedDeploymentParticipation":"Untenanted"}"#,
            rules![("json_key", Secret("JsonKey"))],
        ),
        "ssh_key_account" => Document::new(
            ROUTE,
            r#"{"AccountType":"SshKeyPair","TenantedDeploymentParticipation":"Untenanted"}"#,
            rules![
                ("private_key_file", Secret("PrivateKeyFile")),
                ("private_key_passphrase", SecretIfGiven("PrivateKeyPassphrase")),
            ],
        )
        .before(|body, _, _| {
            body.entry("PrivateKeyPassphrase").or_insert(Json::Null);
        }),
        _ => return None,
    })
}
