//! Accounts: one shape for each account type. What a typed variable reveals is in facts of variables, `X.SecretKey` and so on.

use serde_json::Value;

use crate::convert::context::{At, Context};
use crate::convert::fields::{is_empty, odd};
use crate::hcl::{Block, Expr};
use crate::kinds::model::*;

pub(super) const KIND: Kind = Kind {
    collection: "accounts",
    noun: "account",
    file: "accounts.tf",
    discriminator: "AccountType",
    no_shape: "the provider has no resource for this type of account",
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
                DEPLOYMENT_KEYS,
                HEALTH_KEYS,
                TEST_KEYS,
                map("CustomClaims"),
                finish("Audience", "the provider has no argument for it"),
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
                DEPLOYMENT_KEYS,
                HEALTH_KEYS,
                TEST_KEYS,
                finish("CustomClaims", "the provider has no argument for it"),
                finish("Audience", NEVER_SENT),
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
                plain("Audience"),
                DEPLOYMENT_KEYS,
                map("CustomClaims"),
                finish("HealthCheckSubjectKeys", "the provider has no argument for it"),
                finish("AccountTestSubjectKeys", "the provider has no argument for it"),
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
        references("EnvironmentIds", "environments").named("environments"),
        plain("TenantedDeploymentParticipation").unless(Literal::Text("Untenanted")),
        tags("TenantTags"),
        references("TenantIds", "tenants").named("tenants"),
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
const DEPLOYMENT_KEYS: Field = plain("DeploymentSubjectKeys").named("execution_subject_keys");
const HEALTH_KEYS: Field = plain("HealthCheckSubjectKeys").named("health_subject_keys");
const TEST_KEYS: Field = plain("AccountTestSubjectKeys");

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
