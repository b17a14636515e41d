//! Deployment targets: one shape for each way of reaching a machine.

use serde_json::Value;

use crate::convert::context::{At, Context};
use crate::convert::fields::{carry, is_empty, odd};
use crate::hcl::Block;
use crate::kinds::endpoint::{self, ACCOUNT, POOL, PROXY, THUMBPRINT, URI};
use crate::kinds::model::*;
use documents::collection::Collection;
use documents::document::Document;

pub(super) const KIND: Kind = Kind {
    collection: Collection::Machines,
    noun: "deployment target",
    file: "deployment_targets.tf",
    discriminator: "Endpoint/CommunicationStyle",
    by_finish,
    inside: Some(endpoint::ENDPOINT),
    first: &[
        plain("Name"),
        references("EnvironmentIds", Collection::Environments).named("environments").keep_empty(),
        custom("Roles", super::target_tag::roles).writes(&["roles"]),
        reference("MachinePolicyId", Collection::MachinePolicies),
        flag("IsDisabled"),
        plain("TenantedDeploymentParticipation").accepts(PARTICIPATIONS).unless(Literal::Text("Untenanted")),
        tags("TenantTags"),
        references("TenantIds", Collection::Tenants).named("tenants"),
    ],
    shapes: &[
        Shape {
            when: "AzureCloudService",
            resource: "octopusdeploy_azure_cloud_service_deployment_target",
            fields: &[
                ACCOUNT,
                plain("CloudServiceName").keep_empty(),
                plain("StorageAccountName").keep_empty(),
                plain("Slot"),
                flag("SwapIfPossible"),
                flag("UseCurrentInstanceCount"),
                POOL,
            ],
        },
        Shape {
            when: "AzureServiceFabricCluster",
            resource: "octopusdeploy_azure_service_fabric_cluster_deployment_target",
            fields: &[
                plain("ConnectionEndpoint").keep_empty(),
                plain("SecurityMode"),
                plain("ServerCertThumbprint").named("server_certificate_thumbprint"),
                plain("ClientCertVariable").named("client_certificate_variable"),
                plain("CertificateStoreLocation"),
                plain("CertificateStoreName"),
                plain("AadCredentialType"),
                plain("AadUserCredentialUsername"),
                secret("AadUserCredentialPassword", "Password of Entra ID", NOTHING),
                finish_secret("AadClientCredentialSecret", "Client secret of Entra ID", NOTHING, NO_ARGUMENT),
                finish("DefaultWorkerPoolId", NO_POOL),
            ],
        },
        Shape {
            when: "AzureWebApp",
            resource: "octopusdeploy_azure_web_app_deployment_target",
            fields: &[
                ACCOUNT,
                plain("ResourceGroupName").keep_empty(),
                plain("WebAppName").keep_empty(),
                plain("WebAppSlotName"),
                finish("DefaultWorkerPoolId", NO_POOL),
            ],
        },
        Shape { when: "None", resource: "octopusdeploy_cloud_region_deployment_target", fields: &[POOL] },
        Shape {
            when: "Kubernetes",
            resource: "octopusdeploy_kubernetes_cluster_deployment_target",
            fields: &[
                plain("ClusterUrl").keep_empty(),
                reference("ClusterCertificate", Collection::Certificates),
                plain("ClusterCertificatePath"),
                plain("Namespace"),
                custom("SkipTlsVerification", skip_tls_verification).writes(&["skip_tls_verification"]),
                POOL,
                PROXY,
                flag("RunningInContainer"),
                plain("ContainerOptions"),
                one_of("Authentication", &super::kubernetes::AUTHENTICATION),
                custom("Container", container).writes(&["container"]),
            ],
        },
        Shape {
            when: "KubernetesTentacle",
            resource: "octopusdeploy_kubernetes_agent_deployment_target",
            fields: &endpoint::agent(plain("DefaultNamespace")),
        },
        Shape {
            when: "TentaclePassive",
            resource: "octopusdeploy_listening_tentacle_deployment_target",
            fields: &[PROXY, URI.named("tentacle_url"), THUMBPRINT],
        },
        Shape {
            when: "OfflineDrop",
            resource: "octopusdeploy_offline_package_drop_deployment_target",
            fields: &[
                plain("ApplicationsDirectory").keep_empty(),
                plain("OctopusWorkingDirectory").named("working_directory").keep_empty(),
                block("Destination", &[plain("DestinationType"), plain("DropFolderPath")]),
                finish_secret(
                    "SensitiveVariablesEncryptionPassword",
                    "Password that encrypts sensitive variables",
                    NOTHING,
                    NO_ARGUMENT,
                ),
            ],
        },
        Shape {
            when: "TentacleActive",
            resource: "octopusdeploy_polling_tentacle_deployment_target",
            fields: &[URI.named("tentacle_url"), plain("Thumbprint")],
        },
        Shape {
            when: "Ssh",
            resource: "octopusdeploy_ssh_connection_deployment_target",
            fields: &endpoint::ssh(plain("Port"), plain("DotNetCorePlatform")),
        },
    ],
    last: endpoint::MACHINE,
    lookup: Some(Lookup {
        list: "deployment_targets",
        data_source: "octopusdeploy_deployment_targets",
        noun: "deployment target",
    }),
    ..Kind::DEFAULT
};

fn by_finish(kind: &Kind, document: &Document) -> Option<&'static str> {
    if kind.shape(document).is_none() {
        return Some("the provider has no resource for this type of target");
    }
    if document.list("EnvironmentIds").is_empty() || document.list("Roles").is_empty() {
        return Some("the provider makes no target without an environment and a tag");
    }
    let endpoint = document.get("Endpoint").unwrap_or(&Value::Null);
    if endpoint["CommunicationStyle"] == "Kubernetes" {
        let name = endpoint["Authentication"]["AuthenticationType"].as_str().unwrap_or_default();
        if super::kubernetes::AUTHENTICATION.case(name).is_none() {
            return Some("the provider makes no cluster with this type of authentication");
        }
    }
    endpoint::refused_agent(endpoint)
}

const NO_ARGUMENT: &str = "the provider has no argument for it";
const NO_POOL: &str = "the provider has no argument for it with this type of target";
const NOTHING: &str = "no variable of a step reveals the credentials of a target";

/// A text at the server, a flag in Terraform.
fn skip_tls_verification(context: &mut Context<'_>, at: &At, value: &Value, into: &mut Block) {
    match value {
        Value::Bool(flag) => into.set("skip_tls_verification", *flag),
        Value::String(text) if text.eq_ignore_ascii_case("true") => into.set("skip_tls_verification", true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => into.set("skip_tls_verification", false),
        other if is_empty(other) => {}
        other => odd(context, at, other),
    }
}

/// Servers answer an object of nulls where there is no container.
fn container(context: &mut Context<'_>, at: &At, value: &Value, into: &mut Block) {
    match value {
        Value::Object(fields) if fields.values().all(is_empty) => {}
        Value::Object(fields) => {
            let mut block = Block::new("container", &[]);
            let table = [
                reference("FeedId", Collection::Feeds),
                plain("Image"),
                finish("GitUrl", NO_ARGUMENT),
                finish("Dockerfile", NO_ARGUMENT),
            ];
            carry(context, table, fields, at, &mut block);
            into.blocks.push(block);
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
    fn targets_of_every_type() {
        let documents = json!({"machines": [
            {"Id": "Machines-1", "Name": "Target 01", "EnvironmentIds": ["Environments-1"], "Roles": ["web"], "IsDisabled": true, "MachinePolicyId": "MachinePolicies-1", "TenantedDeploymentParticipation": "TenantedOrUntenanted", "TenantTags": ["Region/EU"], "TenantIds": ["Tenants-1"], "Slug": "own", "HealthStatus": "Unknown", "Endpoint": {"CommunicationStyle": "TentaclePassive", "Uri": "https://a.example:10933/", "Thumbprint": "AB", "ProxyId": "Proxies-1"}},
            {"Id": "Machines-2", "Name": "Target 02", "EnvironmentIds": ["Environments-1"], "Roles": ["web"], "Endpoint": {"CommunicationStyle": "TentacleActive", "Uri": "poll://abc/", "Thumbprint": "AB"}},
            {"Id": "Machines-3", "Name": "Target 03", "EnvironmentIds": ["Environments-1"], "Roles": ["web"], "Endpoint": {"CommunicationStyle": "Ssh", "AccountId": "Accounts-1", "Host": "b.example", "Port": 2222, "Fingerprint": "SHA256:x", "DotNetCorePlatform": "linux-x64", "ProxyId": null, "Uri": "ssh://b.example:2222/"}},
            {"Id": "Machines-4", "Name": "Target 04", "EnvironmentIds": ["Environments-1"], "Roles": ["web"], "Endpoint": {"CommunicationStyle": "None", "DefaultWorkerPoolId": "WorkerPools-1"}},
            {"Id": "Machines-5", "Name": "Target 05", "EnvironmentIds": ["Environments-1"], "Roles": ["web"], "Endpoint": {"CommunicationStyle": "Kubernetes", "ClusterUrl": "https://k.example", "ClusterCertificate": "Certificates-1", "Namespace": "shop", "SkipTlsVerification": "True", "RunningInContainer": true, "ProxyId": "Proxies-1", "DefaultWorkerPoolId": "WorkerPools-1", "Container": {"FeedId": "Feeds-2", "Image": "tools:1", "GitUrl": null, "Dockerfile": null}, "Authentication": {"AuthenticationType": "KubernetesAws", "AccountId": "Accounts-1", "ClusterName": "c", "AssumeRole": true, "AssumeRoleSessionDurationSeconds": 3600, "AssumedRoleArn": "arn", "AssumedRoleSession": "s", "UseInstanceRole": false}}},
            {"Id": "Machines-6", "Name": "Target 06", "EnvironmentIds": ["Environments-1"], "Roles": ["web"], "Endpoint": {"CommunicationStyle": "Kubernetes", "ClusterUrl": "https://k.example", "Container": {"FeedId": null, "Image": null}, "Authentication": {"AuthenticationType": "KubernetesAzure", "AccountId": "Accounts-1", "ClusterName": "c", "ClusterResourceGroup": "g", "AdminLogin": "true"}}},
            {"Id": "Machines-7", "Name": "Target 07", "EnvironmentIds": ["Environments-1"], "Roles": ["web"], "Endpoint": {"CommunicationStyle": "Kubernetes", "ClusterUrl": "https://k.example", "Authentication": {"AuthenticationType": "KubernetesCertificate", "ClientCertificate": "Certificates-1"}}},
            {"Id": "Machines-8", "Name": "Target 08", "EnvironmentIds": ["Environments-1"], "Roles": ["web"], "Endpoint": {"CommunicationStyle": "Kubernetes", "ClusterUrl": "https://k.example", "Authentication": {"AuthenticationType": "KubernetesGoogleCloud", "AccountId": "Accounts-1", "ClusterName": "c", "Project": "p", "Zone": "z", "UseVmServiceAccount": false, "ImpersonateServiceAccount": false}}},
            {"Id": "Machines-9", "Name": "Target 09", "EnvironmentIds": ["Environments-1"], "Roles": ["web"], "Endpoint": {"CommunicationStyle": "Kubernetes", "ClusterUrl": "https://k.example", "Authentication": {"AuthenticationType": "KubernetesPodService", "TokenPath": "/var/token"}}},
            {"Id": "Machines-10", "Name": "Target 10", "EnvironmentIds": ["Environments-1"], "Roles": ["web"], "Endpoint": {"CommunicationStyle": "Kubernetes", "ClusterUrl": "https://k.example", "Authentication": {"AuthenticationType": "KubernetesStandard", "AccountId": "Accounts-1"}}},
            {"Id": "Machines-11", "Name": "Target 11", "EnvironmentIds": ["Environments-1"], "Roles": ["web"], "Endpoint": {"CommunicationStyle": "KubernetesTentacle", "TentacleEndpointConfiguration": {"Uri": "poll://k/", "Thumbprint": "AB", "CommunicationMode": "Polling"}, "DefaultNamespace": "shop", "UpgradeLocked": true, "KubernetesAgentDetails": {"AgentVersion": "1"}}},
            {"Id": "Machines-12", "Name": "Target 12", "EnvironmentIds": ["Environments-1"], "Roles": ["web"], "Endpoint": {"CommunicationStyle": "AzureWebApp", "AccountId": "Accounts-1", "ResourceGroupName": "g", "WebAppName": "w", "WebAppSlotName": "s", "DefaultWorkerPoolId": "WorkerPools-1"}},
            {"Id": "Machines-13", "Name": "Target 13", "EnvironmentIds": ["Environments-1"], "Roles": ["web"], "Endpoint": {"CommunicationStyle": "AzureServiceFabricCluster", "ConnectionEndpoint": "e:19000", "SecurityMode": "SecureAzureAD", "AadCredentialType": "UserCredential", "AadUserCredentialUsername": "u", "AadUserCredentialPassword": {"HasValue": true}, "AadClientCredentialSecret": {"HasValue": true}}},
            {"Id": "Machines-14", "Name": "Target 14", "EnvironmentIds": ["Environments-1"], "Roles": ["web"], "Endpoint": {"CommunicationStyle": "AzureCloudService", "AccountId": "Accounts-1", "CloudServiceName": "c", "StorageAccountName": "s", "Slot": "Staging", "SwapIfPossible": true, "UseCurrentInstanceCount": true}},
            {"Id": "Machines-15", "Name": "Target 15", "EnvironmentIds": ["Environments-1"], "Roles": ["web"], "Endpoint": {"CommunicationStyle": "OfflineDrop", "ApplicationsDirectory": "/apps", "OctopusWorkingDirectory": "/work", "Destination": {"DestinationType": "FileSystem", "DropFolderPath": "/drop"}, "SensitiveVariablesEncryptionPassword": {"HasValue": true}}},
            {"Id": "Machines-16", "Name": "Target 16", "EnvironmentIds": ["Environments-1"], "Roles": ["web"], "Endpoint": {"CommunicationStyle": "StepPackage", "DeploymentTargetType": "aws-ecs-target"}}
        ]});
        expect![[r#"
            resource "octopusdeploy_listening_tentacle_deployment_target" "target_01" {
              name                              = "Target 01"
              environments                      = [octopusdeploy_environment.production.id]
              roles                             = ["web"]
              machine_policy_id                 = octopusdeploy_machine_policy.patient.id
              is_disabled                       = true
              tenanted_deployment_participation = "TenantedOrUntenanted"
              tenant_tags                       = [octopusdeploy_tag.region_eu.canonical_tag_name]
              tenants                           = [octopusdeploy_tenant.prairie_glow.id]
              proxy_id                          = octopusdeploy_machine_proxy.barn.id
              tentacle_url                      = "https://a.example:10933/"
              thumbprint                        = "AB"
            }

            resource "octopusdeploy_polling_tentacle_deployment_target" "target_02" {
              name         = "Target 02"
              environments = [octopusdeploy_environment.production.id]
              roles        = ["web"]
              tentacle_url = "poll://abc/"
              thumbprint   = "AB"
            }

            resource "octopusdeploy_ssh_connection_deployment_target" "target_03" {
              name                  = "Target 03"
              environments          = [octopusdeploy_environment.production.id]
              roles                 = ["web"]
              account_id            = octopusdeploy_username_password_account.login.id
              host                  = "b.example"
              port                  = 2222
              fingerprint           = "SHA256:x"
              dot_net_core_platform = "linux-x64"
            }

            resource "octopusdeploy_cloud_region_deployment_target" "target_04" {
              name                   = "Target 04"
              environments           = [octopusdeploy_environment.production.id]
              roles                  = ["web"]
              default_worker_pool_id = octopusdeploy_static_worker_pool.linux.id
            }

            resource "octopusdeploy_kubernetes_cluster_deployment_target" "target_05" {
              name                   = "Target 05"
              environments           = [octopusdeploy_environment.production.id]
              roles                  = ["web"]
              cluster_url            = "https://k.example"
              cluster_certificate    = octopusdeploy_certificate.shop_example.id
              namespace              = "shop"
              skip_tls_verification  = true
              default_worker_pool_id = octopusdeploy_static_worker_pool.linux.id
              proxy_id               = octopusdeploy_machine_proxy.barn.id
              running_in_container   = true

              aws_account_authentication {
                account_id                   = octopusdeploy_username_password_account.login.id
                cluster_name                 = "c"
                assume_role                  = true
                assume_role_session_duration = 3600
                assumed_role_arn             = "arn"
                assumed_role_session         = "s"
                use_instance_role            = false
              }

              container {
                feed_id = octopusdeploy_docker_container_registry.images.id
                image   = "tools:1"
              }
            }

            resource "octopusdeploy_kubernetes_cluster_deployment_target" "target_06" {
              name         = "Target 06"
              environments = [octopusdeploy_environment.production.id]
              roles        = ["web"]
              cluster_url  = "https://k.example"

              azure_service_principal_authentication {
                account_id             = octopusdeploy_username_password_account.login.id
                cluster_name           = "c"
                cluster_resource_group = "g"
                admin_login            = "true"
              }
            }

            resource "octopusdeploy_kubernetes_cluster_deployment_target" "target_07" {
              name         = "Target 07"
              environments = [octopusdeploy_environment.production.id]
              roles        = ["web"]
              cluster_url  = "https://k.example"

              certificate_authentication {
                client_certificate = octopusdeploy_certificate.shop_example.id
              }
            }

            resource "octopusdeploy_kubernetes_cluster_deployment_target" "target_08" {
              name         = "Target 08"
              environments = [octopusdeploy_environment.production.id]
              roles        = ["web"]
              cluster_url  = "https://k.example"

              gcp_account_authentication {
                account_id                  = octopusdeploy_username_password_account.login.id
                cluster_name                = "c"
                project                     = "p"
                zone                        = "z"
                impersonate_service_account = false
                use_vm_service_account      = false
              }
            }

            resource "octopusdeploy_kubernetes_cluster_deployment_target" "target_09" {
              name         = "Target 09"
              environments = [octopusdeploy_environment.production.id]
              roles        = ["web"]
              cluster_url  = "https://k.example"

              pod_authentication {
                token_path = "/var/token"
              }
            }

            resource "octopusdeploy_kubernetes_cluster_deployment_target" "target_10" {
              name         = "Target 10"
              environments = [octopusdeploy_environment.production.id]
              roles        = ["web"]
              cluster_url  = "https://k.example"

              authentication {
                account_id = octopusdeploy_username_password_account.login.id
              }
            }

            resource "octopusdeploy_kubernetes_agent_deployment_target" "target_11" {
              name               = "Target 11"
              environments       = [octopusdeploy_environment.production.id]
              roles              = ["web"]
              uri                = "poll://k/"
              thumbprint         = "AB"
              communication_mode = "Polling"
              default_namespace  = "shop"
              upgrade_locked     = true
            }

            resource "octopusdeploy_azure_web_app_deployment_target" "target_12" {
              name                = "Target 12"
              environments        = [octopusdeploy_environment.production.id]
              roles               = ["web"]
              account_id          = octopusdeploy_username_password_account.login.id
              resource_group_name = "g"
              web_app_name        = "w"
              web_app_slot_name   = "s"
            }

            resource "octopusdeploy_azure_service_fabric_cluster_deployment_target" "target_13" {
              name                         = "Target 13"
              environments                 = [octopusdeploy_environment.production.id]
              roles                        = ["web"]
              connection_endpoint          = "e:19000"
              security_mode                = "SecureAzureAD"
              aad_credential_type          = "UserCredential"
              aad_user_credential_username = "u"
              aad_user_credential_password = var.deployment_target_target_13_aad_user_credential_password
            }

            resource "octopusdeploy_azure_cloud_service_deployment_target" "target_14" {
              name                       = "Target 14"
              environments               = [octopusdeploy_environment.production.id]
              roles                      = ["web"]
              account_id                 = octopusdeploy_username_password_account.login.id
              cloud_service_name         = "c"
              storage_account_name       = "s"
              slot                       = "Staging"
              swap_if_possible           = true
              use_current_instance_count = true
            }

            resource "octopusdeploy_offline_package_drop_deployment_target" "target_15" {
              name                   = "Target 15"
              environments           = [octopusdeploy_environment.production.id]
              roles                  = ["web"]
              applications_directory = "/apps"
              working_directory      = "/work"

              destination {
                destination_type = "FileSystem"
                drop_folder_path = "/drop"
              }
            }
            --- finish {"do":"document","target":{"collection":"machines","key":["Target 16"]},"document":{"Name":"Target 16","EnvironmentIds":[{"$ref":{"collection":"environments","key":["Production"]}}],"Roles":["web"],"Endpoint":{"CommunicationStyle":"StepPackage","DeploymentTargetType":"aws-ecs-target"}}}
            --- finish {"do":"set","target":{"collection":"machines","key":["Target 01"]},"path":["Slug"],"value":{"json":"own"}}
            --- finish {"do":"set","target":{"collection":"machines","key":["Target 12"]},"path":["Endpoint","DefaultWorkerPoolId"],"value":{"json":{"$ref":{"collection":"workerpools","key":["Linux"]}}}}
            --- finish {"do":"set","target":{"collection":"machines","key":["Target 13"]},"path":["Endpoint","AadClientCredentialSecret"],"value":{"secret":"deployment_target_target_13_aad_client_credential_secret"}}
            --- finish {"do":"set","target":{"collection":"machines","key":["Target 15"]},"path":["Endpoint","SensitiveVariablesEncryptionPassword"],"value":{"secret":"deployment_target_target_15_sensitive_variables_encryption_password"}}
        "#]].assert_eq(&convert("deployment_targets.tf", &documents));
    }
}
