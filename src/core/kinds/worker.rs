//! Workers: one shape for each way of reaching a machine; those that the provider has no resource for are made by finish.

use serde_json::Value;

use crate::convert::context::{At, Context};
use crate::convert::fields::odd;
use crate::convert::model::*;
use crate::hcl::Block;
use crate::kinds::endpoint::{self, PROXY, THUMBPRINT, URI};
use documents::collection::Collection;
use documents::document::Document;

pub(super) const KIND: Kind = Kind {
    collection: Collection::Workers,
    noun: "worker",
    file: "workers.tf",
    discriminator: Some("Endpoint/CommunicationStyle"),
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
            let expressions = context.references(at, Collection::WorkerPools, ids);
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
        if endpoint["AccountId"].as_str().is_none_or(str::is_empty) {
            return Some("the provider makes no SSH worker without an account");
        }
    }
    endpoint::refused(endpoint)
}
