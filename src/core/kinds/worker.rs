//! Workers: one shape for each way of reaching a machine; those that the provider has no resource for are made by finish.

use serde_json::Value;

use crate::convert::context::{At, Context};
use crate::convert::fields::odd;
use crate::hcl::Block;
use crate::kinds::endpoint::{self, PROXY, THUMBPRINT, URI};
use crate::kinds::model::*;
use documents::collection::Collection;
use documents::document::Document;

pub(super) const KIND: Kind = Kind {
    collection: Collection::Workers,
    noun: "worker",
    file: "workers.tf",
    discriminator: "Endpoint/CommunicationStyle",
    by_finish,
    inside: Some(endpoint::ENDPOINT),
    first: &[
        plain("Name"),
        custom("WorkerPoolIds", pools).writes(&["worker_pool_ids"]),
        reference("MachinePolicyId", Collection::MachinePolicies),
        flag("IsDisabled"),
    ],
    shapes: &[
        Shape {
            when: "KubernetesTentacle",
            resource: "octopusdeploy_kubernetes_agent_worker",
            fields: &endpoint::agent(finish(
                "DefaultNamespace",
                "the provider has no argument for it with a worker",
            )),
        },
        Shape {
            when: "Ssh",
            resource: "octopusdeploy_ssh_connection_worker",
            fields: &endpoint::ssh(
                plain("Port").or(Literal::Number(22)),
                plain("DotNetCorePlatform").named("dotnet_platform").keep_empty(),
            ),
        },
        Shape {
            when: "TentaclePassive",
            resource: "octopusdeploy_listening_tentacle_worker",
            fields: &[URI, THUMBPRINT, PROXY],
        },
    ],
    last: endpoint::MACHINE,
    lookup: Some(Lookup { list: "workers", data_source: "octopusdeploy_workers", noun: "worker" }),
    ..Kind::DEFAULT
};

fn pools(context: &mut Context<'_>, at: &At, value: &Value, into: &mut Block) {
    match value.as_array() {
        Some(ids) => {
            let expressions = context.references(Collection::WorkerPools, ids, at);
            into.set("worker_pool_ids", expressions);
            context.keep_order(at, value);
        }
        None => odd(context, at, value),
    }
}

/// The platforms that the provider accepts for SSH workers.
const PLATFORMS: [&str; 4] = ["linux-arm", "linux-arm64", "linux-x64", "osx-x64"];

fn by_finish(kind: &Kind, document: &Document) -> Option<&'static str> {
    if kind.shape(document).is_none() {
        return Some("the provider has no resource for this type of worker");
    }
    if document.text("MachinePolicyId").is_none_or(str::is_empty)
        && document
            .get("Endpoint")
            .is_some_and(|endpoint| endpoint["CommunicationStyle"] != "KubernetesTentacle")
    {
        return Some("the provider makes no worker without a machine policy");
    }
    if document.list("WorkerPoolIds").is_empty() {
        return Some("the provider makes no worker without a pool");
    }
    let endpoint = document.get("Endpoint").unwrap_or(&Value::Null);
    if endpoint["CommunicationStyle"] == "Ssh" {
        let platform = endpoint["DotNetCorePlatform"].as_str().unwrap_or_default();
        if !PLATFORMS.contains(&platform) {
            return Some("the provider makes no SSH worker with this platform, or none");
        }
    }
    endpoint::refused_agent(endpoint)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use crate::kinds::testing::convert;

    #[test]
    fn workers_of_every_type() {
        let documents = json!({"workers": [
            {"Id": "Workers-1", "Name": "Worker 1", "WorkerPoolIds": ["WorkerPools-1"], "MachinePolicyId": "MachinePolicies-1", "IsDisabled": false, "HealthStatus": "Healthy", "Uri": "https://a.example:10933/", "Thumbprint": "AB", "Endpoint": {"CommunicationStyle": "TentaclePassive", "Uri": "https://a.example:10933/", "Thumbprint": "AB"}},
            {"Id": "Workers-2", "Name": "Worker 2", "WorkerPoolIds": ["WorkerPools-1", "WorkerPools-2"], "MachinePolicyId": "MachinePolicies-1", "IsDisabled": true, "Slug": "own", "Endpoint": {"Id": null, "CommunicationStyle": "TentaclePassive", "Uri": "https://a.example:10933/", "Thumbprint": "AB", "ProxyId": "Proxies-1", "CertificateSignatureAlgorithm": "sha256RSA", "TentacleVersionDetails": {"Version": "8"}}},
            {"Id": "Workers-3", "Name": "Worker 3", "WorkerPoolIds": ["WorkerPools-1"], "MachinePolicyId": "MachinePolicies-1", "Endpoint": {"CommunicationStyle": "Ssh", "AccountId": "Accounts-1", "Host": "b.example", "Port": 22, "Fingerprint": "SHA256:x", "DotNetCorePlatform": "linux-x64", "ProxyId": "Proxies-1", "Uri": "ssh://b.example:22/"}},
            {"Id": "Workers-4", "Name": "Worker 4", "WorkerPoolIds": ["WorkerPools-1"], "Endpoint": {"CommunicationStyle": "KubernetesTentacle", "TentacleEndpointConfiguration": {"Uri": "poll://k/", "Thumbprint": "AB", "CommunicationMode": "Polling"}, "UpgradeLocked": true, "DefaultNamespace": "shop"}},
            {"Id": "Workers-5", "SpaceId": "Spaces-2", "Name": "Worker 5", "WorkerPoolIds": ["WorkerPools-1"], "MachinePolicyId": "MachinePolicies-1", "IsDisabled": true, "Status": "Online", "Endpoint": {"CommunicationStyle": "TentacleActive", "Uri": "poll://abc/", "Thumbprint": "AB", "TentacleVersionDetails": {"Version": "8"}}},
            {"Id": "Workers-6", "Name": "Worker 6", "WorkerPoolIds": ["WorkerPools-1"], "Endpoint": {"CommunicationStyle": "Ssh", "AccountId": "Accounts-1", "Host": "b.example", "Port": 22, "Fingerprint": "x", "DotNetCorePlatform": null}}
        ], "workerpools": [
            {"Id": "WorkerPools-1", "Name": "Linux", "WorkerPoolType": "StaticWorkerPool"},
            {"Id": "WorkerPools-2", "Name": "Mac", "WorkerPoolType": "StaticWorkerPool"}
        ]});
        expect![[r#"
            resource "octopusdeploy_listening_tentacle_worker" "worker_1" {
              name              = "Worker 1"
              worker_pool_ids   = [octopusdeploy_static_worker_pool.linux.id]
              machine_policy_id = octopusdeploy_machine_policy.patient.id
              uri               = "https://a.example:10933/"
              thumbprint        = "AB"
            }

            resource "octopusdeploy_listening_tentacle_worker" "worker_2" {
              name              = "Worker 2"
              worker_pool_ids   = [octopusdeploy_static_worker_pool.linux.id, octopusdeploy_static_worker_pool.mac.id]
              machine_policy_id = octopusdeploy_machine_policy.patient.id
              is_disabled       = true
              uri               = "https://a.example:10933/"
              thumbprint        = "AB"
              proxy_id          = octopusdeploy_machine_proxy.barn.id
            }

            resource "octopusdeploy_ssh_connection_worker" "worker_3" {
              name              = "Worker 3"
              worker_pool_ids   = [octopusdeploy_static_worker_pool.linux.id]
              machine_policy_id = octopusdeploy_machine_policy.patient.id
              account_id        = octopusdeploy_username_password_account.login.id
              host              = "b.example"
              port              = 22
              fingerprint       = "SHA256:x"
              dotnet_platform   = "linux-x64"
              proxy_id          = octopusdeploy_machine_proxy.barn.id
            }

            resource "octopusdeploy_kubernetes_agent_worker" "worker_4" {
              name               = "Worker 4"
              worker_pool_ids    = [octopusdeploy_static_worker_pool.linux.id]
              uri                = "poll://k/"
              thumbprint         = "AB"
              communication_mode = "Polling"
              upgrade_locked     = true
            }
            --- finish {"do":"document","target":{"collection":"workers","key":["Worker 5"]},"document":{"Name":"Worker 5","WorkerPoolIds":[{"$ref":{"collection":"workerpools","key":["Linux"]}}],"MachinePolicyId":{"$ref":{"collection":"machinepolicies","key":["Patient"]}},"IsDisabled":true,"Endpoint":{"CommunicationStyle":"TentacleActive","Uri":"poll://abc/","Thumbprint":"AB"}}}
            --- finish {"do":"document","target":{"collection":"workers","key":["Worker 6"]},"document":{"Name":"Worker 6","WorkerPoolIds":[{"$ref":{"collection":"workerpools","key":["Linux"]}}],"Endpoint":{"CommunicationStyle":"Ssh","AccountId":{"$ref":{"collection":"accounts","key":["Login"]}},"Host":"b.example","Port":22,"Fingerprint":"x","DotNetCorePlatform":null}}}
            --- finish {"do":"set","target":{"collection":"workers","key":["Worker 2"]},"path":["WorkerPoolIds"],"value":{"json":[{"$ref":{"collection":"workerpools","key":["Linux"]}},{"$ref":{"collection":"workerpools","key":["Mac"]}}]}}
            --- finish {"do":"set","target":{"collection":"workers","key":["Worker 2"]},"path":["Slug"],"value":{"json":"own"}}
            --- finish {"do":"set","target":{"collection":"workers","key":["Worker 4"]},"path":["Endpoint","DefaultNamespace"],"value":{"json":"shop"}}
            --- finish {"do":"arrange","collection":"workerpools","names":["Linux","Mac"]}
        "#]].assert_eq(&convert("workers.tf", &documents));
    }
}
