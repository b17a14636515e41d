//! Accounts: one shape for each account type. What a typed variable reveals is in facts of variables, `X.SecretKey` and so on.

use serde_json::Value;

use crate::convert::context::{At, Context};
use crate::convert::fields::{is_empty, odd};
use crate::convert::model::*;
use crate::convert::table::plain as plain_value;
use crate::hcl::{Block, Expr};
use crate::kinds::oidc::{AUDIENCE, EXECUTION_KEYS, HEALTH_KEYS, TEST_KEYS};
use documents::collection::Collection;
use documents::complete::{is_complete_account, is_name_of_account};
use documents::document::{Document, is_uuid};

pub(super) const KIND: Kind = Kind {
    collection: Collection::Accounts,
    noun: "account",
    file: "accounts.tf",
    discriminator: Some("AccountType"),
    by_finish: |kind, document| {
        if kind.shape(document).is_none() {
            return Some("the provider has no resource for this type of account");
        }
        if document.text("AccountType") == Some("AzureSubscription") && !names_its_cloud(document) {
            return Some(
                "the provider refuses clouds that it does not know, and addresses of a cloud without its name",
            );
        }
        if !is_name_of_account(document.name()) {
            return Some("the provider keeps this name for itself");
        }
        let is_azure = document.text("AccountType").is_some_and(|name| name.starts_with("Azure"));
        let odd = |field| document.text(field).is_some_and(|text| !text.is_empty() && !is_uuid(text));
        if is_azure && ["SubscriptionNumber", "TenantId", "ClientId"].into_iter().any(odd) {
            return Some("the provider takes nothing but UUIDs as ids of Azure");
        }
        let lacks = |field: &str| document.get(field).is_none_or(|secret| secret["HasValue"] != true);
        let incomplete = match document.text("AccountType").unwrap_or_default() {
            "Token" => lacks("Token"),
            "SshKeyPair" => lacks("PrivateKeyFile"),
            "GoogleCloudAccount" => lacks("JsonKey"),
            "AzureServicePrincipal" => lacks("Password"),
            "AmazonWebServicesAccount" => lacks("SecretKey"),
            _ => false,
        };
        let incomplete = incomplete || !is_complete_account(document.fields());
        incomplete.then_some("the provider makes no account of this type without its secret and user name")
    },
    first: &[plain("Name"), plain("Description")],
    shapes: &[
        Shape {
            when: "AmazonWebServicesAccount",
            resource: "octopusdeploy_aws_account",
            fields: &[
                plain("AccessKey").keep_empty(),
                revealed("SecretKey", "Secret key", "SecretKey").keep_empty(),
                plain("Region"),
            ],
        },
        Shape {
            when: "AmazonWebServicesOidcAccount",
            resource: "octopusdeploy_aws_openid_connect_account",
            fields: &[
                plain("RoleArn").keep_empty(),
                custom("SessionDuration", session_duration).writes(&["session_duration"]),
                plain("Region"),
                EXECUTION_KEYS,
                HEALTH_KEYS,
                TEST_KEYS,
                map("CustomClaims"),
                finish("Audience", NO_ARGUMENT),
            ],
        },
        Shape {
            when: "AzureOidc",
            resource: "octopusdeploy_azure_openid_connect",
            fields: &[
                plain("SubscriptionNumber").named("subscription_id").keep_empty(),
                plain("TenantId").keep_empty(),
                plain("ClientId").named("application_id").keep_empty(),
                plain("ResourceManagementEndpointBaseUri").named("resource_manager_endpoint"),
                plain("ActiveDirectoryEndpointBaseUri").named("authentication_endpoint"),
                EXECUTION_KEYS,
                HEALTH_KEYS,
                TEST_KEYS,
                finish("CustomClaims", NO_ARGUMENT),
                custom("Audience", audience).writes(&["audience"]),
                finish("AzureEnvironment", NEVER_SENT),
            ],
        },
        Shape {
            when: "AzureServicePrincipal",
            resource: "octopusdeploy_azure_service_principal",
            fields: &[
                plain("SubscriptionNumber").named("subscription_id").keep_empty(),
                plain("TenantId").keep_empty(),
                plain("ClientId").named("application_id").keep_empty(),
                revealed("Password", "Password", "Password").keep_empty(),
                plain("ResourceManagementEndpointBaseUri").named("resource_manager_endpoint"),
                plain("ActiveDirectoryEndpointBaseUri").named("authentication_endpoint"),
                finish("AzureEnvironment", NEVER_SENT),
            ],
        },
        Shape {
            when: "AzureSubscription",
            resource: "octopusdeploy_azure_subscription_account",
            fields: &[
                plain("SubscriptionNumber").named("subscription_id").keep_empty(),
                secret(
                    "CertificateBytes",
                    "Management certificate",
                    "no variable of a step reveals a management certificate",
                )
                .named("certificate"),
                plain("CertificateThumbprint"),
                plain("AzureEnvironment"),
                plain("ServiceManagementEndpointBaseUri").named("management_endpoint"),
                plain("ServiceManagementEndpointSuffix").named("storage_endpoint_suffix"),
            ],
        },
        Shape {
            when: "GenericOidcAccount",
            resource: "octopusdeploy_generic_oidc_account",
            fields: &[
                // Left out, the provider reads back what it did not write: "inconsistent result".
                AUDIENCE.keep_empty(),
                EXECUTION_KEYS.or(Literal::NoItems),
                map("CustomClaims"),
                finish("HealthCheckSubjectKeys", NO_ARGUMENT),
                finish("AccountTestSubjectKeys", NO_ARGUMENT),
            ],
        },
        Shape {
            when: "GoogleCloudAccount",
            resource: "octopusdeploy_gcp_account",
            fields: &[revealed("JsonKey", "JSON key, base64,", "JsonKey").keep_empty()],
        },
        Shape {
            when: "SshKeyPair",
            resource: "octopusdeploy_ssh_key_account",
            fields: &[
                plain("Username").keep_empty(),
                secret(
                    "PrivateKeyFile",
                    "Private key file, base64,",
                    "no type of variable reveals an SSH key",
                )
                .keep_empty(),
                secret(
                    "PrivateKeyPassphrase",
                    "Passphrase of the private key",
                    "no type of variable reveals an SSH key",
                ),
            ],
        },
        Shape {
            when: "Token",
            resource: "octopusdeploy_token_account",
            fields: &[secret("Token", "Token", "no type of variable reveals a token account").keep_empty()],
        },
        Shape {
            when: "UsernamePassword",
            resource: "octopusdeploy_username_password_account",
            fields: &[
                // Sensitive for the provider, plain for the API.
                plain("Username").keep_empty(),
                revealed("Password", "Password", "Password"),
            ],
        },
    ],
    last: &[
        // Said also when there are none: the provider keeps what is not said.
        references("EnvironmentIds", Collection::Environments).named("environments").keep_empty(),
        plain("TenantedDeploymentParticipation").accepts(PARTICIPATIONS),
        tags("TenantTags").keep_empty(),
        references("TenantIds", Collection::Tenants).named("tenants").keep_empty(),
        ignored("AccountType", "tells the Terraform type"),
        slug(),
        ID,
        SPACE_ID,
    ],
    lookup: Some(Lookup { list: "accounts", data_source: "octopusdeploy_accounts", noun: "account" }),
    ..Kind::DEFAULT
};

/// Provider 1.17.0 has the argument and does not send it: an endless difference.
const NEVER_SENT: &str = "the provider has the argument but never sends it";

/// Whether the provider takes what an account says of its cloud (1.17.0, `schemas/azure_subscription_account.go`).
fn names_its_cloud(account: &Document) -> bool {
    const CLOUDS: [&str; 4] = ["AzureCloud", "AzureChinaCloud", "AzureGermanCloud", "AzureUSGovernment"];
    let has = |field| account.text(field).is_some_and(|text| !text.is_empty());
    match account.text("AzureEnvironment").filter(|name| !name.is_empty()) {
        Some(name) => CLOUDS.contains(&name),
        None => !has("ServiceManagementEndpointBaseUri") && !has("ServiceManagementEndpointSuffix"),
    }
}

/// Provider 1.17.0 never sends it but reads it: it is written here for the plan, and finish sets it.
fn audience(context: &mut Context<'_>, at: &At, value: &Value, into: &mut Block) {
    if is_empty(value) {
        return;
    }
    if let Some(text) = plain_value(context, at, value) {
        into.set("audience", text);
        context.set(at, value, NEVER_SENT);
    }
}

/// A text at the server, a number in Terraform.
fn session_duration(context: &mut Context<'_>, at: &At, value: &Value, into: &mut Block) {
    match value {
        Value::Number(number) => into.set("session_duration", Expr::number(number)),
        Value::String(text) if text.parse::<u32>().is_ok() => {
            into.set("session_duration", Expr::number(text))
        }
        other if is_empty(other) => {}
        other => odd(context, at, other),
    }
}
