//! Machine policies: health checks, updates, clean-up, connection times of targets and workers.

use serde_json::{Value, json};

use crate::convert::context::{At, Context, Subject};
use crate::convert::fields::{is_empty, odd, read_value};
use crate::convert::model::*;
use crate::convert::table::carry_one;
use crate::convert::time::nanoseconds;
use crate::convert::{make, resource};
use crate::hcl::{Block, Expr};
use documents::collection::Collection;
use documents::document::Document;

pub(super) const KIND: Kind = Kind {
    collection: Collection::MachinePolicies,
    noun: "machine policy",
    file: "machine_policies.tf",
    heading: Some("The provider takes durations in nanoseconds."),
    shapes: &[Shape {
        resource: "octopusdeploy_machine_policy",
        fields: &[
            plain("Name"),
            plain("Description"),
            timespan("ConnectionConnectTimeout"),
            plain("ConnectionRetryCountLimit"),
            timespan("ConnectionRetrySleepInterval"),
            timespan("ConnectionRetryTimeLimit"),
            timespan("PollingRequestQueueTimeout"),
            block(
                "MachineCleanupPolicy",
                &[
                    plain("DeleteMachinesBehavior").accepts(&["DeleteUnavailableMachines", "DoNotDelete"]),
                    timespan("DeleteMachinesElapsedTimeSpan")
                        .named("delete_machines_elapsed_timespan")
                        .unless(Literal::Text("00:00:00")),
                ],
            ),
            block(
                "MachineConnectivityPolicy",
                &[plain("MachineConnectivityBehavior")
                    .accepts(&["ExpectedToBeOnline", "MayBeOfflineAndCanBeSkipped"])],
            ),
            block(
                "MachineHealthCheckPolicy",
                &[
                    plain("HealthCheckCron"),
                    plain("HealthCheckCronTimezone"),
                    custom("HealthCheckInterval", health_check_interval).writes(&["health_check_interval"]),
                    plain("HealthCheckType").accepts(&["OnlyConnectivity", "RunScript"]),
                    custom("BashHealthCheckPolicy", |context, at, value, into| {
                        script_policy(context, at, value, into, "sh")
                    })
                    .writes(&["bash_health_check_policy"]),
                    custom("PowerShellHealthCheckPolicy", |context, at, value, into| {
                        script_policy(context, at, value, into, "ps1")
                    })
                    .writes(&["powershell_health_check_policy"]),
                ],
            ),
            block(
                "MachinePackageCacheRetentionPolicy",
                &[
                    plain("Strategy").keep_empty(),
                    plain("QuantityOfPackagesToKeep"),
                    plain("PackageUnit").accepts(&["Items"]),
                    plain("QuantityOfVersionsToKeep"),
                    plain("VersionUnit").accepts(&["Items"]),
                ],
            ),
            block(
                "MachineUpdatePolicy",
                &[
                    plain("CalamariUpdateBehavior").accepts(&[
                        "UpdateAlways",
                        "UpdateOnDeployment",
                        "UpdateOnNewMachine",
                    ]),
                    plain("KubernetesAgentUpdateBehavior").accepts(&["NeverUpdate", "Update"]),
                    plain("TentacleUpdateBehavior").accepts(&["NeverUpdate", "Update"]),
                    reference("TentacleUpdateAccountId", Collection::Accounts),
                ],
            ),
            finish("PollingRequestMaximumMessageProcessingTimeout", NO_ARGUMENT)
                .unless(Literal::Text("00:10:00")),
            custom("MachineRpcCallRetryPolicy", rpc_retry),
            ignored("IsDefault", "the server's own policy is the default one, and the module takes it over"),
            slug(),
            ID,
            SPACE_ID,
        ],
        ..Shape::DEFAULT
    }],
    adopt: Some(Adopt {
        name: "Default Machine Policy",
        slug: "default-machine-policy",
        flagged: true,
        condition: "x.is_default",
        ..Adopt::DEFAULT
    }),
    lookup: Some(Lookup {
        list: "machine_policies",
        data_source: "octopusdeploy_machine_policies",
        noun: "machine policy",
    }),
    expand: Some(expand),
    ..Kind::DEFAULT
};

/// What servers and provider have when nobody says otherwise.
fn rpc_retry(context: &mut Context<'_>, at: &At, value: &Value, _: &mut Block) {
    let default =
        json!({ "Enabled": true, "HealthCheckRetryDuration": "00:02:30", "RetryDuration": "00:02:30" });
    if !is_empty(value) && *value != default {
        context.set(at, value, NO_ARGUMENT);
    }
}

/// The provider reads only `hh:mm:ss`: a duration with days or a fraction is written right and read back wrong, an endless difference. And
/// Terraform can't leave a part of a block alone that is a set, as those of a policy are. So it leaves such a policy alone once it is made, and
/// finish sets its fields at each deploy, its name among them.
fn expand(context: &mut Context<'_>, subject: &Subject<'_>) {
    let Some(shape) = KIND.shape(subject.document) else { return };
    let mut block = resource(context, &KIND, shape, subject);
    let odd = subject.document.fields().values().any(holds_odd_duration);
    let refused = !block.take_ignored().is_empty();
    if odd || refused || holds_nothing(subject.document) {
        block.ignore_all_changes();
        let comment = if odd {
            "The provider can't read back durations of a day or more, or with fractions."
        } else if refused {
            "The provider refuses one of its values."
        } else {
            "The provider takes 0 for its default."
        };
        block.comment = Some(comment.to_owned());
        // Its name, too, so finish has to know the one that it had.
        context.found_by_name(subject);
        let name = subject.document.name().into();
        context.set(&subject.at.field("Name"), &name, "Terraform leaves the policy alone");
        for field in KIND.fields_of(shape) {
            let left = matches!(
                field.carry,
                Carry::Ignored(_) | Carry::Computed(_) | Carry::Slug | Carry::Finish(_)
            );
            let carried = !left && field.api != "Name";
            if let Some(value) = subject.document.get(field.api).filter(|value| carried && !is_empty(value)) {
                context.set(&subject.at.field(field.api), value, "Terraform leaves the policy alone");
            }
        }
    }
    make(context, &KIND, subject, block);
}

/// Whether a number or duration of the connection is 0, in whose place the provider writes its default (`schema_machine_policy.go`, `GetOk`).
fn holds_nothing(policy: &Document) -> bool {
    const DURATIONS: [&str; 4] = [
        "ConnectionConnectTimeout",
        "ConnectionRetrySleepInterval",
        "ConnectionRetryTimeLimit",
        "PollingRequestQueueTimeout",
    ];
    policy.get("ConnectionRetryCountLimit") == Some(&json!(0))
        || DURATIONS.into_iter().any(|field| policy.text(field).and_then(nanoseconds) == Some(0))
}

fn holds_odd_duration(value: &Value) -> bool {
    match value {
        Value::String(text) => nanoseconds(text).is_some() && text.len() != 8,
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| *name != "ScriptBody")
            .any(|(_, value)| holds_odd_duration(value)),
        _ => false,
    }
}

/// Without an interval the provider writes 24 hours and reads 0.
fn health_check_interval(context: &mut Context<'_>, at: &At, value: &Value, into: &mut Block) {
    let interval = timespan("HealthCheckInterval");
    if value.is_null() {
        into.set(&interval.argument(), Expr::number(0));
        context.set(at, value, "the provider can't write a policy without an interval");
    } else {
        carry_one(context, at, &interval, value, into);
    }
}

fn script_policy(context: &mut Context<'_>, at: &At, value: &Value, into: &mut Block, ending: &str) {
    // Both blocks are required.
    let argument = if ending == "sh" { "bash_health_check_policy" } else { "powershell_health_check_policy" };
    let mut block = Block::new(argument, &[]);
    read_value(context, at, value, |context, fields| {
        fields.carry(
            context,
            [plain("RunType").accepts(&["InheritFromDefault", "Inline", "OnlyConnectivity"])],
            &mut block,
        );
        let at = fields.at("ScriptBody");
        match fields.take("ScriptBody") {
            Value::String(body) if body.contains('\n') => {
                let policy = at.target.key.last().cloned().unwrap_or_default();
                let expression = context.file(&at, "scripts/machine-policies", &policy, ending, body);
                block.set("script_body", expression);
            }
            Value::String(body) if !body.is_empty() => {
                let expression = context.free_text(&at, body);
                block.set("script_body", expression);
            }
            // Without the argument the provider writes an empty text.
            Value::Null if fields.names().any(|name| name == "ScriptBody") && !is_default(context, &at) => {
                context.set(&at, &Value::Null, "the provider can't write a policy without a script");
            }
            other if is_empty(other) => {}
            other => odd(context, &at, other),
        }
    });
    into.blocks.push(block);
}

/// The server's own policy, which has no texts and is taken over as it is.
fn is_default(context: &Context<'_>, at: &At) -> bool {
    context.inventory.get(Collection::MachinePolicies, &at.id).is_some_and(|policy| policy.flag("IsDefault"))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use crate::kinds::testing::convert;

    #[test]
    fn a_policy_with_durations_that_the_provider_reads_back_wrong() {
        let documents = json!({"machinepolicies": [{"Id": "MachinePolicies-1", "Name": "Slow", "ConnectionRetrySleepInterval": "00:00:00.5000000",
            "MachineHealthCheckPolicy": {"HealthCheckInterval": "1.00:00:00", "HealthCheckType": "RunScript", "BashHealthCheckPolicy": {"RunType": "InheritFromDefault", "ScriptBody": null}, "PowerShellHealthCheckPolicy": {"RunType": "InheritFromDefault", "ScriptBody": null}}}]});
        expect![[r##"
            # The provider takes durations in nanoseconds.

            # The provider can't read back durations of a day or more, or with fractions.
            resource "octopusdeploy_machine_policy" "slow" {
              name                            = "Slow"
              connection_retry_sleep_interval = 500000000 # 00:00:00.5000000

              machine_health_check_policy {
                health_check_interval = 86400000000000 # 1.00:00:00
                health_check_type     = "RunScript"

                bash_health_check_policy {
                  run_type = "InheritFromDefault"
                }

                powershell_health_check_policy {
                  run_type = "InheritFromDefault"
                }
              }

              lifecycle {
                ignore_changes = all
              }
            }
            --- finish {"do":"set","target":{"collection":"machinepolicies","key":["Slow"]},"path":["MachineHealthCheckPolicy","BashHealthCheckPolicy","ScriptBody"],"value":{"json":null}}
            --- finish {"do":"set","target":{"collection":"machinepolicies","key":["Slow"]},"path":["MachineHealthCheckPolicy","PowerShellHealthCheckPolicy","ScriptBody"],"value":{"json":null}}
            --- finish {"do":"set","target":{"collection":"machinepolicies","key":["Slow"]},"path":["Name"],"value":{"json":"Slow"}}
            --- finish {"do":"set","target":{"collection":"machinepolicies","key":["Slow"]},"path":["ConnectionRetrySleepInterval"],"value":{"json":"00:00:00.5000000"}}
            --- finish {"do":"set","target":{"collection":"machinepolicies","key":["Slow"]},"path":["MachineHealthCheckPolicy"],"value":{"json":{"HealthCheckInterval":"1.00:00:00","HealthCheckType":"RunScript","BashHealthCheckPolicy":{"RunType":"InheritFromDefault","ScriptBody":null},"PowerShellHealthCheckPolicy":{"RunType":"InheritFromDefault","ScriptBody":null}}}}
        "##]].assert_eq(&convert("machine_policies.tf", &documents));
    }

    #[test]
    fn a_full_machine_policy() {
        let documents = json!({"machinepolicies": [{"Id": "MachinePolicies-1", "SpaceId": "Spaces-2", "Name": "Patient", "Description": "Slow line.", "IsDefault": false, "Slug": "patient",
            "ConnectionConnectTimeout": "00:01:30", "ConnectionRetryCountLimit": 8, "ConnectionRetrySleepInterval": "00:00:05", "ConnectionRetryTimeLimit": "00:10:00",
            "PollingRequestQueueTimeout": "00:03:00", "PollingRequestMaximumMessageProcessingTimeout": "00:20:00",
            "MachineRpcCallRetryPolicy": {"Enabled": false, "HealthCheckRetryDuration": "00:02:30", "RetryDuration": "00:02:30"},
            "MachineCleanupPolicy": {"DeleteMachinesBehavior": "DeleteUnavailableMachines", "DeleteMachinesElapsedTimeSpan": "02:00:00"},
            "MachineConnectivityPolicy": {"MachineConnectivityBehavior": "MayBeOfflineAndCanBeSkipped"},
            "MachineHealthCheckPolicy": {"HealthCheckCron": "0 0 * * *", "HealthCheckCronTimezone": "UTC", "HealthCheckInterval": null, "HealthCheckType": "RunScript",
                "BashHealthCheckPolicy": {"RunType": "Inline", "ScriptBody": "echo 1\necho 2\n"}, "PowerShellHealthCheckPolicy": {"RunType": "Inline", "ScriptBody": "exit 0"}},
            "MachinePackageCacheRetentionPolicy": {"Strategy": "Quantities", "QuantityOfPackagesToKeep": 3, "PackageUnit": "Items", "QuantityOfVersionsToKeep": 2, "VersionUnit": "Items"},
            "MachineUpdatePolicy": {"CalamariUpdateBehavior": "UpdateAlways", "KubernetesAgentUpdateBehavior": "Update", "TentacleUpdateBehavior": "Update", "TentacleUpdateAccountId": "Accounts-1"}}]});
        expect![[r##"
            # The provider takes durations in nanoseconds.

            resource "octopusdeploy_machine_policy" "patient" {
              name                            = "Patient"
              description                     = "Slow line."
              connection_connect_timeout      = 90000000000 # 00:01:30
              connection_retry_count_limit    = 8
              connection_retry_sleep_interval = 5000000000   # 00:00:05
              connection_retry_time_limit     = 600000000000 # 00:10:00
              polling_request_queue_timeout   = 180000000000 # 00:03:00

              machine_cleanup_policy {
                delete_machines_behavior         = "DeleteUnavailableMachines"
                delete_machines_elapsed_timespan = 7200000000000 # 02:00:00
              }

              machine_connectivity_policy {
                machine_connectivity_behavior = "MayBeOfflineAndCanBeSkipped"
              }

              machine_health_check_policy {
                health_check_cron          = "0 0 * * *"
                health_check_cron_timezone = "UTC"
                health_check_interval      = 0
                health_check_type          = "RunScript"

                bash_health_check_policy {
                  run_type    = "Inline"
                  script_body = file("${path.module}/scripts/machine-policies/patient.sh")
                }

                powershell_health_check_policy {
                  run_type    = "Inline"
                  script_body = "exit 0"
                }
              }

              machine_package_cache_retention_policy {
                strategy                     = "Quantities"
                quantity_of_packages_to_keep = 3
                package_unit                 = "Items"
                quantity_of_versions_to_keep = 2
                version_unit                 = "Items"
              }

              machine_update_policy {
                calamari_update_behavior         = "UpdateAlways"
                kubernetes_agent_update_behavior = "Update"
                tentacle_update_behavior         = "Update"
                tentacle_update_account_id       = octopusdeploy_username_password_account.login.id
              }
            }
            --- scripts/machine-policies/patient.sh: "echo 1\necho 2\n"
            --- finish {"do":"set","target":{"collection":"machinepolicies","key":["Patient"]},"path":["MachineHealthCheckPolicy","HealthCheckInterval"],"value":{"json":null}}
            --- finish {"do":"set","target":{"collection":"machinepolicies","key":["Patient"]},"path":["PollingRequestMaximumMessageProcessingTimeout"],"value":{"json":"00:20:00"}}
            --- finish {"do":"set","target":{"collection":"machinepolicies","key":["Patient"]},"path":["MachineRpcCallRetryPolicy"],"value":{"json":{"Enabled":false,"HealthCheckRetryDuration":"00:02:30","RetryDuration":"00:02:30"}}}
        "##]].assert_eq(&convert("machine_policies.tf", &documents));
    }

    #[test]
    fn what_the_provider_takes_for_its_default_is_for_finish() {
        let policy = json!({"Id": "MachinePolicies-9", "Name": "Never again", "ConnectionRetryCountLimit": 0, "ConnectionRetryTimeLimit": "00:00:00"});
        let told = convert("machine_policies.tf", &json!({"machinepolicies": [policy]}));
        assert!(
            told.contains("# The provider takes 0 for its default.") && told.contains("ignore_changes = all"),
            "{told}"
        );
        for value in [
            "\"path\":[\"ConnectionRetryCountLimit\"],\"value\":{\"json\":0}",
            "[\"ConnectionRetryTimeLimit\"],\"value\":{\"json\":\"00:00:00\"}",
        ] {
            assert!(told.contains(value), "{told}");
        }
    }
}
