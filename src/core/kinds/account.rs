//! Accounts: one shape for each account type. What a typed variable reveals is in facts of variables, `X.SecretKey` and so on.

use serde_json::Value;

use crate::convert::context::{At, Context};
use crate::convert::fields::{is_empty, odd, plain as plain_value};
use crate::hcl::{Block, Expr};
use crate::kinds::model::*;
use crate::kinds::oidc::{AUDIENCE, EXECUTION_KEYS, HEALTH_KEYS, TEST_KEYS};
use documents::collection::Collection;
use documents::document::{Document, is_uuid};

pub(super) const KIND: Kind = Kind {
    collection: Collection::Accounts,
    noun: "account",
    file: "accounts.tf",
    discriminator: "AccountType",
    by_finish: |kind, document| {
        if kind.shape(document).is_none() {
            return Some("the provider has no resource for this type of account");
        }
        if document.text("AccountType") == Some("AzureSubscription") && !names_its_cloud(document) {
            return Some(
                "the provider refuses clouds that it does not know, and addresses of a cloud without its name",
            );
        }
        let is_azure = document.text("AccountType").is_some_and(|name| name.starts_with("Azure"));
        let odd = |field| document.text(field).is_some_and(|text| !text.is_empty() && !is_uuid(text));
        if is_azure && ["SubscriptionNumber", "TenantId", "ClientId"].into_iter().any(odd) {
            return Some("the provider takes nothing but UUIDs as ids of Azure");
        }
        let lacks = |field: &str| document.get(field).is_none_or(|secret| secret["HasValue"] != true);
        let incomplete = match document.text("AccountType").unwrap_or_default() {
            "Token" => lacks("Token"),
            "SshKeyPair" => lacks("PrivateKeyFile") || document.text("Username").is_none_or(str::is_empty),
            "GoogleCloudAccount" => lacks("JsonKey"),
            "AzureServicePrincipal" => lacks("Password"),
            "AmazonWebServicesAccount" => lacks("SecretKey"),
            _ => false,
        };
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
                EXECUTION_KEYS,
                HEALTH_KEYS,
                TEST_KEYS,
                finish("CustomClaims", "the provider has no argument for it"),
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
        references("EnvironmentIds", Collection::Environments).named("environments"),
        plain("TenantedDeploymentParticipation").accepts(PARTICIPATIONS).unless(Literal::Text("Untenanted")),
        tags("TenantTags"),
        references("TenantIds", Collection::Tenants).named("tenants"),
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
    if let Some(text) = plain_value(context, value, at) {
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

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use crate::kinds::testing::convert;

    #[test]
    fn accounts_of_every_type() {
        let documents = json!({"accounts": [
            {"Id": "Accounts-1", "Name": "Account 01", "AccountType": "AmazonWebServicesAccount", "AccessKey": "AKIA1", "SecretKey": {"HasValue": true}, "Region": "eu-west-1"},
            {"Id": "Accounts-2", "Name": "Account 02", "AccountType": "AmazonWebServicesOidcAccount", "RoleArn": "arn:aws:iam::0:role/x", "SessionDuration": "3600", "DeploymentSubjectKeys": ["space"], "HealthCheckSubjectKeys": ["account"], "AccountTestSubjectKeys": ["type"], "CustomClaims": {"a": "b"}, "Audience": "sts"},
            {"Id": "Accounts-3", "Name": "Account 03", "AccountType": "AzureOidc", "SubscriptionNumber": "0c8f1f0e-7f7d-4b1c-9a51-5f3f0c1d2e11", "TenantId": "1d9a2b3c-8e6f-4c2d-ab62-6a4b1d2e3f22", "ClientId": "2eab3c4d-9f70-4d3e-bc73-7b5c2e3f4a33", "Audience": "api", "AzureEnvironment": "AzureCloud"},
            {"Id": "Accounts-4", "Name": "Account 04", "AccountType": "AzureServicePrincipal", "SubscriptionNumber": "0c8f1f0e-7f7d-4b1c-9a51-5f3f0c1d2e11", "TenantId": "1d9a2b3c-8e6f-4c2d-ab62-6a4b1d2e3f22", "ClientId": "2eab3c4d-9f70-4d3e-bc73-7b5c2e3f4a33", "Password": {"HasValue": true}, "AzureEnvironment": "AzureChinaCloud", "ResourceManagementEndpointBaseUri": "https://rm.example", "ActiveDirectoryEndpointBaseUri": "https://ad.example"},
            {"Id": "Accounts-5", "Name": "Account 05", "AccountType": "AzureSubscription", "SubscriptionNumber": "0c8f1f0e-7f7d-4b1c-9a51-5f3f0c1d2e11", "CertificateBytes": {"HasValue": true}, "CertificateThumbprint": "AB", "AzureEnvironment": "AzureCloud", "ServiceManagementEndpointBaseUri": "https://m.example", "ServiceManagementEndpointSuffix": "core.example"},
            {"Id": "Accounts-6", "Name": "Account 06", "AccountType": "GenericOidcAccount", "Audience": "a", "DeploymentSubjectKeys": ["space"]},
            {"Id": "Accounts-7", "Name": "Account 07", "AccountType": "GoogleCloudAccount", "JsonKey": {"HasValue": true}},
            {"Id": "Accounts-8", "Name": "Account 08", "AccountType": "SshKeyPair", "Username": "ops", "PrivateKeyFile": {"HasValue": true}, "PrivateKeyPassphrase": {"HasValue": true}},
            {"Id": "Accounts-9", "Name": "Account 09", "AccountType": "Token", "Token": {"HasValue": true}},
            {"Id": "Accounts-10", "Name": "Account 10", "AccountType": "UsernamePassword", "Username": "ops", "Password": {"HasValue": false}, "EnvironmentIds": ["Environments-1"], "TenantedDeploymentParticipation": "TenantedOrUntenanted", "TenantTags": ["Region/EU"], "TenantIds": ["Tenants-1"]},
            {"Id": "Accounts-11", "Name": "Account 11", "AccountType": "OfTomorrow", "Key": {"HasValue": true}, "EnvironmentIds": ["Environments-1"]},
            {"Id": "Accounts-12", "Name": "Account 12", "AccountType": "AzureServicePrincipal", "SubscriptionNumber": "#{Subscription}", "Password": {"HasValue": true}},
            {"Id": "Accounts-13", "Name": "Account 13", "AccountType": "GenericOidcAccount"},
            {"Id": "Accounts-14", "Name": "Account 14", "AccountType": "AzureSubscription", "SubscriptionNumber": "0c8f1f0e-7f7d-4b1c-9a51-5f3f0c1d2e11", "ServiceManagementEndpointSuffix": "core.example"}
        ]});
        expect![[r##"
            resource "octopusdeploy_aws_account" "account_01" {
              name       = "Account 01"
              access_key = "AKIA1"
              secret_key = var.account_account_01_secret_key
              region     = "eu-west-1"
            }

            resource "octopusdeploy_aws_openid_connect_account" "account_02" {
              name                      = "Account 02"
              role_arn                  = "arn:aws:iam::0:role/x"
              session_duration          = 3600
              execution_subject_keys    = ["space"]
              health_subject_keys       = ["account"]
              account_test_subject_keys = ["type"]

              custom_claims = {
                "a" = "b"
              }
            }

            resource "octopusdeploy_azure_openid_connect" "account_03" {
              name            = "Account 03"
              subscription_id = "0c8f1f0e-7f7d-4b1c-9a51-5f3f0c1d2e11"
              tenant_id       = "1d9a2b3c-8e6f-4c2d-ab62-6a4b1d2e3f22"
              application_id  = "2eab3c4d-9f70-4d3e-bc73-7b5c2e3f4a33"
              audience        = "api"
            }

            resource "octopusdeploy_azure_service_principal" "account_04" {
              name                      = "Account 04"
              subscription_id           = "0c8f1f0e-7f7d-4b1c-9a51-5f3f0c1d2e11"
              tenant_id                 = "1d9a2b3c-8e6f-4c2d-ab62-6a4b1d2e3f22"
              application_id            = "2eab3c4d-9f70-4d3e-bc73-7b5c2e3f4a33"
              password                  = var.account_account_04_password
              resource_manager_endpoint = "https://rm.example"
              authentication_endpoint   = "https://ad.example"
            }

            resource "octopusdeploy_azure_subscription_account" "account_05" {
              name                    = "Account 05"
              subscription_id         = "0c8f1f0e-7f7d-4b1c-9a51-5f3f0c1d2e11"
              certificate             = var.account_account_05_certificate
              certificate_thumbprint  = "AB"
              azure_environment       = "AzureCloud"
              management_endpoint     = "https://m.example"
              storage_endpoint_suffix = "core.example"
            }

            resource "octopusdeploy_generic_oidc_account" "account_06" {
              name                   = "Account 06"
              audience               = "a"
              execution_subject_keys = ["space"]
            }

            resource "octopusdeploy_gcp_account" "account_07" {
              name     = "Account 07"
              json_key = var.account_account_07_json_key
            }

            resource "octopusdeploy_ssh_key_account" "account_08" {
              name                   = "Account 08"
              username               = "ops"
              private_key_file       = var.account_account_08_private_key_file
              private_key_passphrase = var.account_account_08_private_key_passphrase
            }

            resource "octopusdeploy_token_account" "account_09" {
              name  = "Account 09"
              token = var.account_account_09_token
            }

            resource "octopusdeploy_username_password_account" "account_10" {
              name                              = "Account 10"
              username                          = "ops"
              environments                      = [octopusdeploy_environment.production.id]
              tenanted_deployment_participation = "TenantedOrUntenanted"
              tenant_tags                       = [octopusdeploy_tag.region_eu.canonical_tag_name]
              tenants                           = [octopusdeploy_tenant.prairie_glow.id]
            }

            resource "octopusdeploy_generic_oidc_account" "account_13" {
              name                   = "Account 13"
              audience               = ""
              execution_subject_keys = []
            }
            --- finish {"do":"document","target":{"collection":"accounts","key":["Account 11"]},"document":{"Name":"Account 11","AccountType":"OfTomorrow","Key":{"$secret":"account_account_11_key"},"EnvironmentIds":[{"$ref":{"collection":"environments","key":["Production"]}}]}}
            --- finish {"do":"document","target":{"collection":"accounts","key":["Account 12"]},"document":{"Name":"Account 12","AccountType":"AzureServicePrincipal","SubscriptionNumber":"#{Subscription}","Password":{"$secret":"account_account_12_password"}}}
            --- finish {"do":"document","target":{"collection":"accounts","key":["Account 14"]},"document":{"Name":"Account 14","AccountType":"AzureSubscription","SubscriptionNumber":"0c8f1f0e-7f7d-4b1c-9a51-5f3f0c1d2e11","ServiceManagementEndpointSuffix":"core.example"}}
            --- finish {"do":"set","target":{"collection":"accounts","key":["Account 02"]},"path":["Audience"],"value":{"json":"sts"}}
            --- finish {"do":"set","target":{"collection":"accounts","key":["Account 03"]},"path":["Audience"],"value":{"json":"api"}}
            --- finish {"do":"set","target":{"collection":"accounts","key":["Account 03"]},"path":["AzureEnvironment"],"value":{"json":"AzureCloud"}}
            --- finish {"do":"set","target":{"collection":"accounts","key":["Account 04"]},"path":["AzureEnvironment"],"value":{"json":"AzureChinaCloud"}}
        "##]].assert_eq(&convert("accounts.tf", &documents));
    }
}
