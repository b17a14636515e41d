//! Machine policies: durations in nanoseconds, sub documents in blocks.

use serde_json::{Map, Value as Json, json};

use super::document::Document;
use crate::mapping::How::{Name, Nanoseconds, One, Read};

pub(super) const DOCUMENT: Document = Document::new(
    "machinepolicies",
    "{}",
    &[
        ("is_default", Read("IsDefault")),
        ("connection_connect_timeout", Nanoseconds("ConnectionConnectTimeout")),
        ("connection_retry_sleep_interval", Nanoseconds("ConnectionRetrySleepInterval")),
        ("connection_retry_time_limit", Nanoseconds("ConnectionRetryTimeLimit")),
        ("polling_request_queue_timeout", Nanoseconds("PollingRequestQueueTimeout")),
        ("machine_cleanup_policy", One("MachineCleanupPolicy")),
        (
            "machine_cleanup_policy.delete_machines_elapsed_timespan",
            Nanoseconds("DeleteMachinesElapsedTimeSpan"),
        ),
        ("machine_connectivity_policy", One("MachineConnectivityPolicy")),
        ("machine_health_check_policy", One("MachineHealthCheckPolicy")),
        ("machine_health_check_policy.health_check_interval", Nanoseconds("HealthCheckInterval")),
        ("machine_health_check_policy.bash_health_check_policy", One("BashHealthCheckPolicy")),
        ("machine_health_check_policy.powershell_health_check_policy", One("PowerShellHealthCheckPolicy")),
        ("machine_package_cache_retention_policy", One("MachinePackageCacheRetentionPolicy")),
        ("machine_update_policy", One("MachineUpdatePolicy")),
        ("machine_update_policy.tentacle_update_account_id", Name("TentacleUpdateAccountId")),
    ],
)
.before(before);

/// What the official client sends whether configured or not.
fn before(body: &mut Map<String, Json>, _: &Json, state: &Json) {
    body.insert(
        "IsDefault".to_owned(),
        state.get("is_default").filter(|flag| !flag.is_null()).cloned().unwrap_or(json!(false)),
    );
    // 0 is "not given" to it.
    for (name, nothing, default) in [
        ("ConnectionConnectTimeout", json!("00:00:00"), json!("00:01:00")),
        ("ConnectionRetrySleepInterval", json!("00:00:00"), json!("00:00:01")),
        ("ConnectionRetryTimeLimit", json!("00:00:00"), json!("00:05:00")),
        ("PollingRequestQueueTimeout", json!("00:00:00"), json!("00:02:00")),
        ("ConnectionRetryCountLimit", json!(0), json!(5)),
    ] {
        if body.get(name) == Some(&nothing) {
            body.insert(name.to_owned(), default);
        }
    }
    let missing: [(&str, Json); 5] = [
        ("MachinePackageCacheRetentionPolicy", json!({"Strategy": "Default"})),
        (
            "MachineCleanupPolicy",
            json!({"DeleteMachinesBehavior": "DoNotDelete", "DeleteMachinesElapsedTimeSpan": "01:00:00"}),
        ),
        ("MachineConnectivityPolicy", json!({"MachineConnectivityBehavior": "ExpectedToBeOnline"})),
        (
            "MachineHealthCheckPolicy",
            json!({
                "HealthCheckType": "RunScript", "HealthCheckCronTimezone": "UTC", "HealthCheckInterval": "01.00:00:00",
                "BashHealthCheckPolicy": {"RunType": "InheritFromDefault", "ScriptBody": null},
                "PowerShellHealthCheckPolicy": {"RunType": "InheritFromDefault", "ScriptBody": null},
            }),
        ),
        (
            "MachineUpdatePolicy",
            json!({"CalamariUpdateBehavior": "UpdateOnDeployment", "TentacleUpdateBehavior": "NeverUpdate",
                "KubernetesAgentUpdateBehavior": "Update"}),
        ),
    ];
    for (name, value) in missing {
        body.entry(name).or_insert(value);
    }
    body.insert("PollingRequestMaximumMessageProcessingTimeout".to_owned(), json!("00:10:00"));
    for script in ["BashHealthCheckPolicy", "PowerShellHealthCheckPolicy"] {
        if let Some(Json::Object(policy)) =
            body.get_mut("MachineHealthCheckPolicy").and_then(|policy| policy.get_mut(script))
        {
            policy.entry("ScriptBody").or_insert(json!(""));
        }
    }
}
