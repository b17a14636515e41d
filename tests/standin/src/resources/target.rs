//! Deployment targets: one collection, told apart by `Endpoint.CommunicationStyle`.

use serde_json::{Map, Value as Json, json};

use super::document::Document;
use super::items;
use crate::mapping::How::{Leave, Name, Read, SecretIfGiven, Send};
use crate::mapping::{Rules, put};

/// The members of all targets, before the ones of the style.
macro_rules! rules {
    ($($rule:expr),* $(,)?) => {{
        const RULES: Rules = &[
            ("environments", Name("EnvironmentIds")),
            ("tenants", Name("TenantIds")),
            ("endpoint", Leave),
            ("tentacle_version_details", Leave),
            ("has_latest_calamari", Read("HasLatestCalamari")),
            ("health_status", Read("HealthStatus")),
            ("is_in_process", Read("IsInProcess")),
            ("operating_system", Read("OperatingSystem")),
            ("shell_name", Read("ShellName")),
            ("shell_version", Read("ShellVersion")),
            ("status", Read("Status")),
            ("status_summary", Read("StatusSummary")),
            $($rule),*
        ];
        RULES
    }};
}

/// The endpoint's fixed members stand in `fixed`; `Endpoint` itself is merged by `before`.
fn target(rules: Rules, before: super::document::Before) -> Document {
    Document::new("machines", r#"{"IsDisabled":false,"HasLatestCalamari":false,"IsInProcess":false,"OperatingSystem":"Unknown","ShellName":"Unknown","ShellVersion":"Unknown"}"#, rules)
        .before(before)
}

/// The table of a type of target.
pub(super) fn document(name: &str) -> Option<Document> {
    Some(match name {
        "cloud_region_deployment_target" => {
            target(rules![("default_worker_pool_id", Name("Endpoint.DefaultWorkerPoolId"))], |body, _, _| {
                style(body, "None");
                or(body, "Endpoint.DefaultWorkerPoolId", json!(""));
            })
        }
        "listening_tentacle_deployment_target" => target(
            rules![
                ("tentacle_url", Name("Endpoint.Uri")),
                ("thumbprint", Name("Endpoint.Thumbprint")),
                ("uri", Read("Uri")),
                ("proxy_id", Name("Endpoint.ProxyId")),
                ("certificate_signature_algorithm", Name("Endpoint.CertificateSignatureAlgorithm")),
            ],
            |body, plan, _| {
                style(body, "TentaclePassive");
                body.insert("Thumbprint".to_owned(), plan["thumbprint"].clone());
            },
        ),
        "polling_tentacle_deployment_target" => target(
            rules![
                ("tentacle_url", Name("Endpoint.Uri")),
                ("thumbprint", Name("Endpoint.Thumbprint")),
                ("uri", Read("Uri")),
                ("certificate_signature_algorithm", Name("Endpoint.CertificateSignatureAlgorithm")),
            ],
            |body, plan, _| {
                style(body, "TentacleActive");
                or(body, "Endpoint.Thumbprint", json!(""));
                if !plan["thumbprint"].is_null() {
                    body.insert("Thumbprint".to_owned(), plan["thumbprint"].clone());
                }
            },
        ),
        "ssh_connection_deployment_target" => target(
            rules![
                ("account_id", Name("Endpoint.AccountId")),
                ("dot_net_core_platform", Name("Endpoint.DotNetCorePlatform")),
                ("fingerprint", Name("Endpoint.Fingerprint")),
                ("host", Name("Endpoint.Host")),
                ("port", Name("Endpoint.Port")),
                ("proxy_id", Name("Endpoint.ProxyId")),
            ],
            |body, plan, _| {
                style(body, "Ssh");
                let port = plan["port"].as_i64().unwrap_or(22);
                let uri = format!("ssh://{}:{port}/", plan["host"].as_str().unwrap_or_default());
                put(body, "Endpoint.Uri", json!(uri));
                or(body, "Endpoint.DotNetCorePlatform", json!(""));
            },
        ),
        "offline_package_drop_deployment_target" => target(
            rules![
                ("applications_directory", Name("Endpoint.ApplicationsDirectory")),
                ("working_directory", Name("Endpoint.OctopusWorkingDirectory")),
                ("destination", crate::mapping::How::One("Endpoint.Destination")),
            ],
            |body, _, _| {
                style(body, "OfflineDrop");
                // The password has no argument: the client sends none.
                or(body, "Endpoint.SensitiveVariablesEncryptionPassword", Json::Null);
            },
        ),
        "azure_web_app_deployment_target" => target(
            rules![
                ("account_id", Name("Endpoint.AccountId")),
                ("resource_group_name", Name("Endpoint.ResourceGroupName")),
                ("web_app_name", Name("Endpoint.WebAppName")),
                ("web_app_slot_name", Name("Endpoint.WebAppSlotName")),
            ],
            |body, _, _| {
                style(body, "AzureWebApp");
                // There is no argument for the pool.
                put(body, "Endpoint.DefaultWorkerPoolId", json!(""));
                or(body, "Endpoint.WebAppSlotName", json!(""));
            },
        ),
        "azure_cloud_service_deployment_target" => target(
            rules![
                ("account_id", Name("Endpoint.AccountId")),
                ("cloud_service_name", Name("Endpoint.CloudServiceName")),
                ("default_worker_pool_id", Name("Endpoint.DefaultWorkerPoolId")),
                ("slot", Name("Endpoint.Slot")),
                ("storage_account_name", Name("Endpoint.StorageAccountName")),
                ("swap_if_possible", Name("Endpoint.SwapIfPossible")),
                ("use_current_instance_count", Name("Endpoint.UseCurrentInstanceCount")),
            ],
            |body, _, _| {
                style(body, "AzureCloudService");
                // The client has no way to leave these out.
                or(body, "Endpoint.DefaultWorkerPoolId", json!(""));
                or(body, "Endpoint.SwapIfPossible", json!(false));
                or(body, "Endpoint.UseCurrentInstanceCount", json!(false));
            },
        ),
        "azure_service_fabric_cluster_deployment_target" => target(
            rules![
                ("aad_client_credential_secret", Name("Endpoint.AadClientCredentialSecret")),
                ("aad_credential_type", Name("Endpoint.AadCredentialType")),
                ("aad_user_credential_password", SecretIfGiven("Endpoint.AadUserCredentialPassword")),
                ("aad_user_credential_username", Name("Endpoint.AadUserCredentialUsername")),
                ("certificate_store_location", Name("Endpoint.CertificateStoreLocation")),
                ("certificate_store_name", Name("Endpoint.CertificateStoreName")),
                ("client_certificate_variable", Name("Endpoint.ClientCertVariable")),
                ("connection_endpoint", Name("Endpoint.ConnectionEndpoint")),
                ("security_mode", Name("Endpoint.SecurityMode")),
                ("server_certificate_thumbprint", Name("Endpoint.ServerCertThumbprint")),
            ],
            |body, _, _| style(body, "AzureServiceFabricCluster"),
        ),
        "kubernetes_agent_deployment_target" => {
            Document::new("machines", r#"{"IsDisabled":false}"#, AGENT).before(agent)
        }
        "kubernetes_cluster_deployment_target" => target(
            rules![
                ("cluster_url", Name("Endpoint.ClusterUrl")),
                ("cluster_certificate", Name("Endpoint.ClusterCertificate")),
                ("cluster_certificate_path", Name("Endpoint.ClusterCertificatePath")),
                ("namespace", Name("Endpoint.Namespace")),
                ("container_options", Name("Endpoint.ContainerOptions")),
                ("default_worker_pool_id", Name("Endpoint.DefaultWorkerPoolId")),
                ("proxy_id", Name("Endpoint.ProxyId")),
                ("running_in_container", Name("Endpoint.RunningInContainer")),
                ("skip_tls_verification", Leave),
                ("container", crate::mapping::How::One("Endpoint.Container")),
                ("authentication", Leave),
                ("aws_account_authentication", Leave),
                ("azure_service_principal_authentication", Leave),
                ("certificate_authentication", Leave),
                ("gcp_account_authentication", Leave),
                ("pod_authentication", Leave),
            ],
            kubernetes,
        )
        .after(read_kubernetes),
        _ => return None,
    })
}

/// Agents in clusters: targets and workers alike.
pub(super) const AGENT: Rules = &[
    ("environments", Name("EnvironmentIds")),
    ("tenants", Name("TenantIds")),
    ("uri", Name("Endpoint.TentacleEndpointConfiguration.Uri")),
    ("thumbprint", Name("Endpoint.TentacleEndpointConfiguration.Thumbprint")),
    ("communication_mode", Name("Endpoint.TentacleEndpointConfiguration.CommunicationMode")),
    ("default_namespace", Name("Endpoint.DefaultNamespace")),
    // Sent, and never read.
    ("upgrade_locked", Send("Endpoint.UpgradeLocked")),
    ("agent_version", Read("Endpoint.KubernetesAgentDetails.AgentVersion")),
    ("agent_tentacle_version", Read("Endpoint.KubernetesAgentDetails.TentacleVersion")),
    ("agent_upgrade_status", Read("Endpoint.KubernetesAgentDetails.UpgradeStatus")),
    ("agent_helm_release_name", Read("Endpoint.KubernetesAgentDetails.HelmReleaseName")),
    ("agent_kubernetes_namespace", Read("Endpoint.KubernetesAgentDetails.KubernetesNamespace")),
];

pub(super) fn agent(body: &mut Map<String, Json>, plan: &Json, _: &Json) {
    style(body, "KubernetesTentacle");
    or(body, "Endpoint.UpgradeLocked", json!(false));
    body.insert("Thumbprint".to_owned(), plan["thumbprint"].clone());
}

/// What the client leaves out of an endpoint when it is empty (2.111.0, `machines/*_endpoint.go`, "omitempty").
const LEFT_OUT: [&str; 10] = [
    "AadCredentialType",
    "AadUserCredentialUsername",
    "CertificateSignatureAlgorithm",
    "CertificateStoreLocation",
    "CertificateStoreName",
    "ClientCertVariable",
    "DefaultNamespace",
    "ProxyId",
    "SecurityMode",
    "ServerCertThumbprint",
];

fn style(body: &mut Map<String, Json>, style: &str) {
    put(body, "Endpoint.CommunicationStyle", json!(style));
    if let Some(endpoint) = body.get_mut("Endpoint").and_then(Json::as_object_mut) {
        endpoint.retain(|name, value| value != "" || !LEFT_OUT.contains(&name.as_str()));
    }
}

/// Puts a member unless there is one.
fn or(body: &mut Map<String, Json>, path: &str, value: Json) {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    if body.get(first).and_then(|inner| inner.get(rest)).is_none() {
        put(body, path, value);
    }
}

/// Block, `AuthenticationType`.
const AUTHENTICATIONS: [(&str, &str); 6] = [
    ("authentication", "KubernetesStandard"),
    ("aws_account_authentication", "KubernetesAws"),
    ("azure_service_principal_authentication", "KubernetesAzure"),
    ("certificate_authentication", "KubernetesCertificate"),
    ("gcp_account_authentication", "KubernetesGoogleCloud"),
    ("pod_authentication", "KubernetesPodService"),
];

/// The two arguments whose member is spelt otherwise.
fn authentication_member(argument: &str) -> String {
    match argument {
        "assume_role_session_duration" => "AssumeRoleSessionDurationSeconds".to_owned(),
        _ => crate::mapping::pascal(argument),
    }
}

fn kubernetes(body: &mut Map<String, Json>, plan: &Json, _: &Json) {
    style(body, "Kubernetes");
    or(body, "Endpoint.RunningInContainer", json!(false));
    or(body, "Endpoint.DefaultWorkerPoolId", json!(""));
    // The client writes this flag as text.
    let skip = if plan["skip_tls_verification"] == json!(true) { "True" } else { "False" };
    put(body, "Endpoint.SkipTlsVerification", json!(skip));
    for (block, kind) in AUTHENTICATIONS {
        let Some(arguments) = items(plan, block).first().and_then(Json::as_object) else { continue };
        let mut authentication = Map::new();
        authentication.insert("AuthenticationType".to_owned(), json!(kind));
        for (argument, value) in arguments {
            let flag = matches!(
                argument.as_str(),
                "assume_role"
                    | "use_instance_role"
                    | "impersonate_service_account"
                    | "use_vm_service_account"
            );
            let absent = value.is_null() || value == &json!("") || value == &json!(0);
            if flag {
                authentication.insert(authentication_member(argument), json!(value == &json!(true)));
            } else if !absent {
                authentication.insert(authentication_member(argument), value.clone());
            }
        }
        put(body, "Endpoint.Authentication", Json::Object(authentication));
    }
}

fn read_kubernetes(value: &mut Json, document: &Json, expected: &Json) {
    let endpoint = &document["Endpoint"];
    value["skip_tls_verification"] = match &endpoint["SkipTlsVerification"] {
        Json::String(text) => json!(text.eq_ignore_ascii_case("true")),
        other => other.clone(),
    };
    if items(expected, "container").is_empty()
        && endpoint["Container"]["Image"].as_str().unwrap_or_default().is_empty()
    {
        value["container"] = json!([]);
    }
    let authentication = &endpoint["Authentication"];
    for (block, kind) in AUTHENTICATIONS {
        if authentication["AuthenticationType"] != json!(kind) {
            continue;
        }
        let arguments =
            crate::schema::PROVIDER.resources["octopusdeploy_kubernetes_cluster_deployment_target"].blocks
                [block]
                .block
                .attributes
                .keys();
        let read: Map<String, Json> = arguments
            .map(|argument| (argument.clone(), authentication[authentication_member(argument)].clone()))
            .collect();
        value[block] = json!([read]);
    }
}
