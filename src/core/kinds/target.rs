//! Deployment targets: one shape for each way of reaching a machine.

use serde_json::Value;

use crate::convert::context::{At, Context};
use crate::convert::fields::{is_empty, odd};
use crate::convert::model::*;
use crate::convert::table::{carry, carry_one};
use crate::hcl::Block;
use crate::kinds::endpoint::{self, ACCOUNT, POOL, PROXY, THUMBPRINT, URI};
use documents::collection::Collection;
use documents::document::Document;

pub(super) const KIND: Kind = Kind {
    collection: Collection::Machines,
    noun: "deployment target",
    file: "deployment_targets.tf",
    discriminator: Some("Endpoint/CommunicationStyle"),
    by_finish,
    inside: Some(endpoint::ENDPOINT),
    first: &[
        plain("Name"),
        references("EnvironmentIds", Collection::Environments).named("environments").keep_empty(),
        custom("Roles", super::target_tag::roles).writes(&["roles"]),
        reference("MachinePolicyId", Collection::MachinePolicies),
        plain("IsDisabled").or(Literal::Flag(false)),
        // Said also when there are none: the provider keeps what is not said.
        plain("TenantedDeploymentParticipation").accepts(PARTICIPATIONS),
        tags("TenantTags").keep_empty(),
        references("TenantIds", Collection::Tenants).named("tenants").keep_empty(),
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
                plain("SecurityMode").keep_empty(),
                plain("ServerCertThumbprint").named("server_certificate_thumbprint").keep_empty(),
                plain("ClientCertVariable").named("client_certificate_variable").keep_empty(),
                plain("CertificateStoreLocation").keep_empty(),
                plain("CertificateStoreName").keep_empty(),
                plain("AadCredentialType").keep_empty(),
                plain("AadUserCredentialUsername").keep_empty(),
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
            fields: &endpoint::agent(plain("DefaultNamespace").keep_empty()),
        },
        Shape {
            when: "TentaclePassive",
            resource: "octopusdeploy_listening_tentacle_deployment_target",
            fields: &[LIFTED_PROXY, URI.named("tentacle_url"), THUMBPRINT],
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
            fields: &[endpoint::POLLED_TARGET, plain("Thumbprint")],
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
        let authentication = &endpoint["Authentication"];
        let name = authentication["AuthenticationType"].as_str().unwrap_or_default();
        let Some(case) = super::kubernetes::AUTHENTICATION.case(name) else {
            return Some("the provider makes no cluster with this type of authentication");
        };
        // It takes a block of nothing but empty values for none, and reads its first item (1.17.0,
        // `schema_kubernetes_certificate_authentication.go` and its like).
        let is_zero = |value: &Value| is_empty(value) || *value == false || *value == 0;
        if case.fields.iter().all(|field| is_zero(&authentication[field.api])) {
            return Some("the provider crashes where the authentication names nothing");
        }
    }
    endpoint::refused(endpoint)
}

/// Said also when there is none: the provider keeps what is not said, and leaves an empty text out of what it sends (1.17.0,
/// `schema_listening_tentacle.go`).
const LIFTED_PROXY: Field = custom("ProxyId", |context, at, value, into| {
    if is_empty(value) {
        into.set("proxy_id", "");
    } else {
        carry_one(context, at, &PROXY, value, into);
    }
})
.writes(&["proxy_id"]);
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
            carry(context, at, table, fields, &mut block);
            into.blocks.push(block);
        }
        other if is_empty(other) => {}
        other => odd(context, at, other),
    }
}
