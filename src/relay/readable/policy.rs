//! Machine policies: the provider's client (2.111.0, `machinepolicies/machine_policy.go`) checks what it reads, and refuses the whole list where one has a
//! value that it does not know, or nothing where it wants something. What it would refuse is shown as its own default; a policy of the module that has such
//! a value is left alone by Terraform (`kinds/machine_policy.rs`).

use serde_json::{Value, json};

use crate::relay::log::Intervention;

/// The way to a value, what the client takes there, and its default. Nothing at all is refused as well; where the object around it is absent, the
/// client does not look.
const TAKEN: [(&[&str], &[&str], &str); 9] = [
    (
        &["MachineCleanupPolicy", "DeleteMachinesBehavior"],
        &["DeleteUnavailableMachines", "DoNotDelete"],
        "DoNotDelete",
    ),
    (
        &["MachineConnectivityPolicy", "MachineConnectivityBehavior"],
        &["ExpectedToBeOnline", "MayBeOfflineAndCanBeSkipped"],
        "ExpectedToBeOnline",
    ),
    (&["MachineHealthCheckPolicy", "HealthCheckType"], &["OnlyConnectivity", "RunScript"], "RunScript"),
    (&["MachineHealthCheckPolicy", "BashHealthCheckPolicy", "RunType"], RUN_TYPES, "InheritFromDefault"),
    (
        &["MachineHealthCheckPolicy", "PowerShellHealthCheckPolicy", "RunType"],
        RUN_TYPES,
        "InheritFromDefault",
    ),
    (&["MachinePackageCacheRetentionPolicy", "Strategy"], &["Default", "Quantities"], "Default"),
    (
        &["MachineUpdatePolicy", "CalamariUpdateBehavior"],
        &["UpdateAlways", "UpdateOnDeployment", "UpdateOnNewMachine"],
        "UpdateOnDeployment",
    ),
    (&["MachineUpdatePolicy", "TentacleUpdateBehavior"], &["NeverUpdate", "Update"], "NeverUpdate"),
    (
        &["MachineUpdatePolicy", "KubernetesAgentUpdateBehavior"],
        &["NeverUpdate", "Update", "Block"],
        "Update",
    ),
];

const RUN_TYPES: &[&str] = &["InheritFromDefault", "Inline", "OnlyConnectivity"];

/// Texts that must be something, and what is shown in the place of nothing.
const WANTED: [(&[&str], &str); 6] = [
    (&["MachineHealthCheckPolicy", "HealthCheckCronTimezone"], "UTC"),
    (&["ConnectionConnectTimeout"], "00:01:00"),
    (&["ConnectionRetrySleepInterval"], "00:00:01"),
    (&["ConnectionRetryTimeLimit"], "00:05:00"),
    (&["PollingRequestQueueTimeout"], "00:02:00"),
    (&["Name"], "?"),
];

/// Units, of which the client takes one, or none.
const UNITS: [&str; 2] = ["PackageUnit", "VersionUnit"];

/// The object that holds the last name of a way; `None`: it is not there.
fn around<'v>(policy: &'v mut Value, way: &[&str]) -> Option<&'v mut Value> {
    let (_, objects) = way.split_last()?;
    objects.iter().try_fold(policy, |place, name| place.get_mut(name)).filter(|object| object.is_object())
}

/// Shows a policy as the client can read it; what was changed.
pub(super) fn show(policy: &mut Value) -> Option<Intervention> {
    if !policy.is_object() {
        return None;
    }
    let before = policy.clone();
    if policy["ConnectionRetryCountLimit"] == 0 || policy["ConnectionRetryCountLimit"].is_null() {
        policy["ConnectionRetryCountLimit"] = json!(5);
    }
    if let Some(health) = policy.get_mut("MachineHealthCheckPolicy").filter(|health| health.is_object()) {
        for script in ["BashHealthCheckPolicy", "PowerShellHealthCheckPolicy"] {
            if health[script].is_null() {
                health[script] = json!({"RunType": "InheritFromDefault", "ScriptBody": null});
            }
        }
    }
    for (way, taken, default) in TAKEN {
        let (Some(object), Some(name)) = (around(policy, way), way.last()) else { continue };
        if !object[*name].as_str().is_some_and(|text| taken.contains(&text)) {
            object[*name] = json!(default);
        }
    }
    for (way, default) in WANTED {
        let (Some(object), Some(name)) = (around(policy, way), way.last()) else { continue };
        if object[*name].as_str().is_none_or(str::is_empty) {
            object[*name] = json!(default);
        }
    }
    if let Some(cache) = policy.get_mut("MachinePackageCacheRetentionPolicy") {
        for unit in UNITS {
            if cache[unit].as_str().is_some_and(|text| !matches!(text, "" | "Items")) {
                cache[unit] = json!("Items");
            }
        }
    }
    (*policy != before).then(|| Intervention {
        what: "shown with another value, without which the provider reads no machine policy",
        place: format!("machinepolicies/{}", before["Name"].as_str().unwrap_or_default()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_client_refuses_is_shown_as_its_default() {
        let fine = json!({"Name": "a", "ConnectionRetryCountLimit": 3, "ConnectionConnectTimeout": "00:01:00", "ConnectionRetrySleepInterval": "00:00:01",
            "ConnectionRetryTimeLimit": "00:05:00", "PollingRequestQueueTimeout": "00:02:00", "MachineConnectivityPolicy": null,
            "MachineHealthCheckPolicy": {"HealthCheckCronTimezone": "UTC", "HealthCheckType": "RunScript",
                "BashHealthCheckPolicy": {"RunType": "Inline", "ScriptBody": "x"}, "PowerShellHealthCheckPolicy": {"RunType": "Inline", "ScriptBody": ""}},
            "MachineUpdatePolicy": {"CalamariUpdateBehavior": "UpdateAlways", "TentacleUpdateBehavior": "Update", "KubernetesAgentUpdateBehavior": "Block"},
            "MachinePackageCacheRetentionPolicy": {"Strategy": "Quantities", "PackageUnit": "Items", "VersionUnit": null}});
        assert!(show(&mut fine.clone()).is_none());
        let mut odd = fine.clone();
        odd["ConnectionRetryCountLimit"] = json!(0);
        odd["MachineHealthCheckPolicy"]["HealthCheckCronTimezone"] = Value::Null;
        odd["MachineHealthCheckPolicy"]["BashHealthCheckPolicy"] = Value::Null;
        odd["MachineUpdatePolicy"]["TentacleUpdateBehavior"] = json!("OfTomorrow");
        odd["MachinePackageCacheRetentionPolicy"]["PackageUnit"] = json!("Gigabytes");
        assert!(show(&mut odd).is_some());
        assert_eq!(odd["ConnectionRetryCountLimit"], 5);
        assert_eq!(odd["MachineHealthCheckPolicy"]["HealthCheckCronTimezone"], "UTC");
        assert_eq!(odd["MachineHealthCheckPolicy"]["BashHealthCheckPolicy"]["RunType"], "InheritFromDefault");
        assert_eq!(odd["MachineUpdatePolicy"]["TentacleUpdateBehavior"], "NeverUpdate");
        assert_eq!(odd["MachinePackageCacheRetentionPolicy"]["PackageUnit"], "Items");
        assert!(show(&mut odd).is_none());
    }
}
