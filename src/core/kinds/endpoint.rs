//! Endpoints: how a server reaches a machine. Targets and workers have them alike; the provider has resources of their own for each, whose
//! arguments are called otherwise here and there.

use serde_json::Value;

use crate::convert::context::{At, Context};
use crate::convert::model::*;
use crate::convert::table::carry_one;
use crate::hcl::Block;
use documents::collection::Collection;

/// The object in the document of a machine, with what every endpoint has.
pub(super) const ENDPOINT: Inside = Inside {
    field: "Endpoint",
    fields: &[
        ignored("CommunicationStyle", "tells the Terraform type"),
        computed("CertificateSignatureAlgorithm", OF_THE_MACHINE),
        computed("TentacleVersionDetails", OF_THE_MACHINE),
        computed("KubernetesAgentDetails", OF_THE_MACHINE),
        ID,
    ],
};

/// What the document of any machine has beside its endpoint.
pub(super) const MACHINE: &[Field] = &[
    ignored("Thumbprint", "a copy of the endpoint's"),
    ignored("Uri", "a copy of the endpoint's"),
    computed("Architecture", OF_THE_MACHINE),
    computed("HasLatestCalamari", OF_THE_MACHINE),
    computed("HealthStatus", OF_THE_MACHINE),
    computed("IsInProcess", OF_THE_MACHINE),
    computed("OperatingSystem", OF_THE_MACHINE),
    computed("OperatingSystemVersion", OF_THE_MACHINE),
    computed("ShellName", OF_THE_MACHINE),
    computed("ShellVersion", OF_THE_MACHINE),
    computed("Status", OF_THE_MACHINE),
    computed("StatusSummary", OF_THE_MACHINE),
    computed("SkipInitialHealthCheck", "counts only while the machine is made"),
    slug(),
    ID,
    SPACE_ID,
];

const OF_THE_MACHINE: &str = "the server learns it from the machine";

pub(super) const ACCOUNT: Field = reference("AccountId", Collection::Accounts).keep_empty();
pub(super) const POOL: Field = reference("DefaultWorkerPoolId", Collection::WorkerPools);
pub(super) const PROXY: Field = reference("ProxyId", Collection::Proxies);
pub(super) const URI: Field = plain("Uri").keep_empty();
pub(super) const THUMBPRINT: Field = plain("Thumbprint").keep_empty();

/// By what a server knows a Tentacle that polls it. Each server has one of its own with each Tentacle, which the Tentacle makes up when it is
/// told to poll that server (`server-comms`, `register-with`): written when the machine is made, later what the destination has stays.
pub(super) const POLLED_TARGET: Field = custom("Uri", |context, at, value, into| {
    polled(context, at, value, "tentacle_url", into);
})
.writes(&["tentacle_url"]);
const POLLED_AGENT: Field =
    custom("Uri", |context, at, value, into| polled(context, at, value, "uri", into)).writes(&["uri"]);

fn polled(context: &mut Context<'_>, at: &At, value: &Value, argument: &'static str, into: &mut Block) {
    carry_one(context, at, &URI.named(argument), value, into);
    into.ignore_changes(argument);
}

/// What a Kubernetes agent has; `namespace`: the provider has an argument for it with a target only.
pub(super) const fn agent(namespace: Field) -> [Field; 3] {
    [inline("TentacleEndpointConfiguration", TENTACLE), namespace, flag("UpgradeLocked")]
}

const TENTACLE: &[Field] = &[
    POLLED_AGENT,
    THUMBPRINT,
    plain("CommunicationMode"),
    computed("CertificateSignatureAlgorithm", OF_THE_MACHINE),
];

/// What a machine that is reached by SSH has.
pub(super) const fn ssh(port: Field, platform: Field) -> [Field; 7] {
    [
        ACCOUNT,
        plain("Host").keep_empty(),
        port,
        plain("Fingerprint").keep_empty(),
        platform,
        PROXY,
        ignored("Uri", "made of host and port"),
    ]
}

/// Why the provider would not write an endpoint as it is: the address goes through a parser of Go that writes it anew (`net/url`, `URL.String`), so an expression
/// (`#{…}`), capitals in the scheme or a space arrive as something else; and its word about TLS is a flag.
pub(super) fn refused(endpoint: &Value) -> Option<&'static str> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let address = match endpoint["CommunicationStyle"].as_str().unwrap_or_default() {
        "Kubernetes" => text(&endpoint["ClusterUrl"]),
        "TentacleActive" | "TentaclePassive" => text(&endpoint["Uri"]),
        "Ssh" => format!("ssh://{}/", text(&endpoint["Host"])),
        _ => text(&endpoint["TentacleEndpointConfiguration"]["Uri"]),
    };
    if !address.is_empty() && !is_kept_by_go(&address) {
        return Some("the provider writes this address otherwise");
    }
    let word = endpoint["SkipTlsVerification"].as_str().unwrap_or_default();
    if !["", "true", "false"].contains(&word.to_ascii_lowercase().as_str()) {
        return Some("the provider takes a flag for the check of the certificate, and this is an expression");
    }
    refused_agent(endpoint)
}

/// Whether Go's `url.Parse` and `String` give the same text. Stricter than they are: only what addresses of machines look like.
fn is_kept_by_go(address: &str) -> bool {
    let Some((scheme, rest)) = address.split_once("://") else { return false };
    let is_scheme =
        !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/=&@[]".contains(&byte);
    let (path, query) = rest.split_once('?').unwrap_or((rest, "-"));
    is_scheme && path.bytes().all(is_plain) && !query.is_empty() && query.bytes().all(is_plain)
}

/// The provider accepts agents that poll, and no others (1.17.0, `schema_kubernetes_agent_deployment_target.go`).
fn refused_agent(endpoint: &Value) -> Option<&'static str> {
    let agent = &endpoint["TentacleEndpointConfiguration"];
    let mode = agent["CommunicationMode"].as_str().unwrap_or("Polling");
    if mode != "Polling" {
        return Some("the provider makes no Kubernetes agent that does not poll");
    }
    (endpoint["CommunicationStyle"] == "KubernetesTentacle" && !agent.is_object())
        .then_some("the provider makes no Kubernetes agent without its address")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_go_writes_otherwise() {
        for kept in [
            "https://k8s.example/",
            "https://K8S.example:443/a-b?x=1",
            "poll://abc123/",
            "https://[::1]:10933/",
        ] {
            assert!(is_kept_by_go(kept), "{kept}");
        }
        for other in [
            "#{K8s.Url}",
            "HTTPS://k8s.example",
            "https://k8s.example/a b",
            "https://x/?",
            "k8s.example",
            "https://#{Host}/",
        ] {
            assert!(!is_kept_by_go(other), "{other}");
        }
    }
}
