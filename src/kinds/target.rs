//! Deployment targets: one shape for each way of reaching a machine.

use serde_json::Value;

use crate::convert::context::{At, Context};
use crate::convert::fields::{carry, is_empty, odd, unknown};
use crate::hcl::Block;
use crate::kinds::model::*;

pub(super) const KIND: Kind = Kind {
    collection: "machines",
    noun: "deployment target",
    file: "deployment_targets.tf",
    discriminator: "Endpoint/CommunicationStyle",
    no_shape: "the provider has no resource for this type of target",
    first: &[
        plain("Name"),
        references("EnvironmentIds", "environments").named("environments").keep_empty(),
        plain("Roles").keep_empty(),
        reference("MachinePolicyId", "machinepolicies"),
        flag("IsDisabled"),
        plain("TenantedDeploymentParticipation").unless(Literal::Text("Untenanted")),
        tags("TenantTags"),
        references("TenantIds", "tenants").named("tenants"),
    ],
    shapes: &[
        Shape {
            when: "AzureCloudService",
            resource: "octopusdeploy_azure_cloud_service_deployment_target",
            fields: &[inline(
                "Endpoint",
                &[
                    reference("AccountId", "accounts").keep_empty(),
                    plain("CloudServiceName").keep_empty(),
                    plain("StorageAccountName").keep_empty(),
                    plain("Slot"),
                    flag("SwapIfPossible"),
                    flag("UseCurrentInstanceCount"),
                    POOL,
                    STYLE,
                    ID,
                ],
            )],
        },
        Shape {
            when: "AzureServiceFabricCluster",
            resource: "octopusdeploy_azure_service_fabric_cluster_deployment_target",
            fields: &[inline(
                "Endpoint",
                &[
                    plain("ConnectionEndpoint").keep_empty(),
                    plain("SecurityMode"),
                    plain("ServerCertThumbprint").named("server_certificate_thumbprint"),
                    plain("ClientCertVariable").named("client_certificate_variable"),
                    plain("CertificateStoreLocation"),
                    plain("CertificateStoreName"),
                    plain("AadCredentialType"),
                    plain("AadUserCredentialUsername"),
                    secret("AadUserCredentialPassword", "Password of Entra ID", NOTHING),
                    custom("AadClientCredentialSecret", |context, at, value, _| {
                        secret_by_finish(context, at, value, "Client secret of Entra ID");
                    }),
                    finish(
                        "DefaultWorkerPoolId",
                        "the provider has no argument for it with this type of target",
                    ),
                    STYLE,
                    ID,
                ],
            )],
        },
        Shape {
            when: "AzureWebApp",
            resource: "octopusdeploy_azure_web_app_deployment_target",
            fields: &[inline(
                "Endpoint",
                &[
                    reference("AccountId", "accounts").keep_empty(),
                    plain("ResourceGroupName").keep_empty(),
                    plain("WebAppName").keep_empty(),
                    plain("WebAppSlotName"),
                    finish(
                        "DefaultWorkerPoolId",
                        "the provider has no argument for it with this type of target",
                    ),
                    STYLE,
                    ID,
                ],
            )],
        },
        Shape {
            when: "None",
            resource: "octopusdeploy_cloud_region_deployment_target",
            fields: &[inline("Endpoint", &[POOL, STYLE, ID])],
        },
        Shape {
            when: "Kubernetes",
            resource: "octopusdeploy_kubernetes_cluster_deployment_target",
            fields: &[inline(
                "Endpoint",
                &[
                    plain("ClusterUrl").keep_empty(),
                    reference("ClusterCertificate", "certificates"),
                    plain("ClusterCertificatePath"),
                    plain("Namespace"),
                    custom("SkipTlsVerification", skip_tls_verification).writes(&["skip_tls_verification"]),
                    POOL,
                    PROXY,
                    flag("RunningInContainer"),
                    plain("ContainerOptions"),
                    custom("Authentication", kubernetes_authentication).writes(&[
                        "authentication",
                        "aws_account_authentication",
                        "azure_service_principal_authentication",
                        "certificate_authentication",
                        "gcp_account_authentication",
                        "pod_authentication",
                    ]),
                    custom("Container", container).writes(&["container"]),
                    STYLE,
                    ID,
                ],
            )],
        },
        Shape {
            when: "KubernetesTentacle",
            resource: "octopusdeploy_kubernetes_agent_deployment_target",
            fields: &[inline(
                "Endpoint",
                &[
                    inline(
                        "TentacleEndpointConfiguration",
                        &[
                            plain("Uri").keep_empty(),
                            plain("Thumbprint").keep_empty(),
                            plain("CommunicationMode"),
                            ignored("CertificateSignatureAlgorithm", OF_THE_MACHINE),
                        ],
                    ),
                    plain("DefaultNamespace"),
                    flag("UpgradeLocked"),
                    ignored("KubernetesAgentDetails", OF_THE_MACHINE),
                    STYLE,
                    ID,
                ],
            )],
        },
        Shape {
            when: "TentaclePassive",
            resource: "octopusdeploy_listening_tentacle_deployment_target",
            fields: &[inline(
                "Endpoint",
                &[
                    PROXY,
                    plain("Uri").named("tentacle_url").keep_empty(),
                    plain("Thumbprint").keep_empty(),
                    ignored("CertificateSignatureAlgorithm", OF_THE_MACHINE),
                    ignored("TentacleVersionDetails", OF_THE_MACHINE),
                    STYLE,
                    ID,
                ],
            )],
        },
        Shape {
            when: "OfflineDrop",
            resource: "octopusdeploy_offline_package_drop_deployment_target",
            fields: &[inline(
                "Endpoint",
                &[
                    plain("ApplicationsDirectory").keep_empty(),
                    plain("OctopusWorkingDirectory").named("working_directory").keep_empty(),
                    block("Destination", &[plain("DestinationType"), plain("DropFolderPath")]),
                    custom("SensitiveVariablesEncryptionPassword", |context, at, value, _| {
                        secret_by_finish(context, at, value, "Password that encrypts sensitive variables");
                    }),
                    STYLE,
                    ID,
                ],
            )],
        },
        Shape {
            when: "TentacleActive",
            resource: "octopusdeploy_polling_tentacle_deployment_target",
            fields: &[inline(
                "Endpoint",
                &[
                    plain("Uri").named("tentacle_url").keep_empty(),
                    plain("Thumbprint"),
                    ignored("CertificateSignatureAlgorithm", OF_THE_MACHINE),
                    ignored("TentacleVersionDetails", OF_THE_MACHINE),
                    STYLE,
                    ID,
                ],
            )],
        },
        Shape {
            when: "Ssh",
            resource: "octopusdeploy_ssh_connection_deployment_target",
            fields: &[inline(
                "Endpoint",
                &[
                    reference("AccountId", "accounts").keep_empty(),
                    plain("Host").keep_empty(),
                    plain("Port"),
                    plain("Fingerprint").keep_empty(),
                    plain("DotNetCorePlatform"),
                    PROXY,
                    ignored("Uri", "made of host and port"),
                    STYLE,
                    ID,
                ],
            )],
        },
    ],
    last: &[
        ignored("Thumbprint", "a copy of the endpoint's"),
        ignored("Uri", "a copy of the endpoint's"),
        ignored("Architecture", OF_THE_MACHINE),
        ignored("HasLatestCalamari", OF_THE_MACHINE),
        ignored("HealthStatus", OF_THE_MACHINE),
        ignored("IsInProcess", OF_THE_MACHINE),
        ignored("OperatingSystem", OF_THE_MACHINE),
        ignored("ShellName", OF_THE_MACHINE),
        ignored("ShellVersion", OF_THE_MACHINE),
        ignored("Status", OF_THE_MACHINE),
        ignored("StatusSummary", OF_THE_MACHINE),
        ignored("SkipInitialHealthCheck", "counts only while a target is created"),
        slug(),
        ID,
        SPACE_ID,
    ],
    lookup: Some(Lookup {
        list: "deployment_targets",
        data_source: "octopusdeploy_deployment_targets",
        noun: "deployment target",
    }),
    ..Kind::DEFAULT
};

const OF_THE_MACHINE: &str = "the server learns it from the machine";
const NOTHING: &str = "no variable of a step reveals the credentials of a target";
const STYLE: Field = ignored("CommunicationStyle", "tells the Terraform type");
const POOL: Field = reference("DefaultWorkerPoolId", "workerpools");
const PROXY: Field = reference("ProxyId", "proxies");

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

const ACCOUNT: Field = reference("AccountId", "accounts").keep_empty();
const AUTHENTICATION_TYPE: Field = ignored("AuthenticationType", "tells the block");

/// The type of authentication → block and fields.
const AUTHENTICATIONS: &[(&str, &str, &[Field])] = &[
    ("KubernetesStandard", "authentication", &[reference("AccountId", "accounts"), AUTHENTICATION_TYPE]),
    (
        "KubernetesAws",
        "aws_account_authentication",
        &[
            ACCOUNT,
            plain("ClusterName").keep_empty(),
            plain("AssumeRole"),
            plain("AssumeRoleSessionDurationSeconds")
                .named("assume_role_session_duration")
                .unless(Literal::Number(0)),
            plain("AssumeRoleExternalId"),
            plain("AssumedRoleArn"),
            plain("AssumedRoleSession"),
            plain("UseInstanceRole"),
            AUTHENTICATION_TYPE,
        ],
    ),
    (
        "KubernetesAzure",
        "azure_service_principal_authentication",
        &[
            ACCOUNT,
            plain("ClusterName").keep_empty(),
            plain("ClusterResourceGroup").keep_empty(),
            plain("AdminLogin"),
            AUTHENTICATION_TYPE,
        ],
    ),
    (
        "KubernetesCertificate",
        "certificate_authentication",
        &[reference("ClientCertificate", "certificates"), AUTHENTICATION_TYPE],
    ),
    (
        "KubernetesGoogleCloud",
        "gcp_account_authentication",
        &[
            ACCOUNT,
            plain("ClusterName").keep_empty(),
            plain("Project").keep_empty(),
            plain("Region"),
            plain("Zone"),
            plain("ServiceAccountEmails"),
            plain("ImpersonateServiceAccount"),
            plain("UseVmServiceAccount"),
            AUTHENTICATION_TYPE,
        ],
    ),
    ("KubernetesPodService", "pod_authentication", &[plain("TokenPath").keep_empty(), AUTHENTICATION_TYPE]),
];

fn kubernetes_authentication(context: &mut Context<'_>, at: &At, value: &Value, into: &mut Block) {
    let Value::Object(fields) = value else {
        if !is_empty(value) {
            odd(context, at, value);
        }
        return;
    };
    let name = fields.get("AuthenticationType").and_then(Value::as_str).unwrap_or_default();
    match AUTHENTICATIONS.iter().find(|(authentication, _, _)| *authentication == name) {
        Some((_, argument, table)) => {
            let mut block = Block::new(argument, &[]);
            carry(context, *table, fields, at, &mut block);
            into.blocks.push(block);
        }
        None if name == "None" || name.is_empty() => {}
        None => context.set(at, value, "the provider has no block for this type of authentication"),
    }
}

/// Servers answer an object of nulls where there is no container.
fn container(context: &mut Context<'_>, at: &At, value: &Value, into: &mut Block) {
    match value {
        Value::Object(fields) if fields.values().all(is_empty) => {}
        Value::Object(fields) => {
            let mut block = Block::new("container", &[]);
            let table = [
                reference("FeedId", "feeds"),
                plain("Image"),
                finish("GitUrl", "the provider has no argument for it"),
                finish("Dockerfile", "the provider has no argument for it"),
            ];
            carry(context, &table, fields, at, &mut block);
            into.blocks.push(block);
        }
        other if is_empty(other) => {}
        other => unknown(context, at, other),
    }
}

/// A secret that the provider has no safe argument for.
fn secret_by_finish(context: &mut Context<'_>, at: &At, value: &Value, what: &'static str) {
    let has_value = value.get("HasValue").and_then(Value::as_bool) == Some(true);
    if has_value || value.as_str().is_some_and(|text| !text.is_empty()) {
        let words = snake_case(at.path.last().and_then(Value::as_str).unwrap_or_default());
        let hidden = Hidden { what, revealed: None, because: NOTHING };
        context.finish_secret(&hidden, &words, at, "the provider has no argument for it");
    }
}
