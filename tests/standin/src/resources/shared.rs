//! Lifecycles, project groups, tag sets, certificates, Git credentials, library sets, tenants, step templates, runbooks, channels.

use serde_json::{Map, Value as Json, json};

use super::document::Document;
use super::{channel, items, template};
use crate::mapping::How::{Leave, Name, One, Read, Secret, Send};

/// The table of a shared type.
pub(super) fn document(name: &str) -> Option<Document> {
    Some(match name {
        "lifecycle" => Document::new(
            "lifecycles",
            "{}",
            &[
                ("phase", Name("Phases")),
                ("phase.release_retention_with_strategy", One("ReleaseRetentionPolicy")),
                ("phase.tentacle_retention_with_strategy", One("TentacleRetentionPolicy")),
                ("release_retention_with_strategy", One("ReleaseRetentionPolicy")),
                ("tentacle_retention_with_strategy", One("TentacleRetentionPolicy")),
            ],
        )
        .before(lifecycle)
        .after(read_lifecycle),
        "project_group" => Document::new("projectgroups", "{}", &[("slug", Read("Slug"))]).before(project_group),
        "tag_set" => Document::new("tagsets", r#"{"Description":""}"#, &[]).before(tag_set).keeping("Tags").locked(),
        "certificate" => Document::new(
            "certificates",
            r#"{"IsExpired":false,"SelfSigned":false,"TenantedDeploymentParticipation":""}"#,
            &[
                ("certificate_data", Secret("CertificateData")),
                ("password", Secret("Password")),
                ("environments", Name("EnvironmentIds")),
                ("tenants", Name("TenantIds")),
                ("archived", Read("Archived")),
                ("certificate_data_format", Read("CertificateDataFormat")),
                ("has_private_key", Read("HasPrivateKey")),
                ("is_expired", Read("IsExpired")),
                ("issuer_common_name", Read("IssuerCommonName")),
                ("issuer_distinguished_name", Read("IssuerDistinguishedName")),
                ("issuer_organization", Read("IssuerOrganization")),
                ("not_after", Read("NotAfter")),
                ("not_before", Read("NotBefore")),
                ("replaced_by", Read("ReplacedBy")),
                ("self_signed", Read("SelfSigned")),
                ("serial_number", Read("SerialNumber")),
                ("signature_algorithm_name", Read("SignatureAlgorithmName")),
                ("subject_alternative_names", Read("SubjectAlternativeNames")),
                ("subject_common_name", Read("SubjectCommonName")),
                ("subject_distinguished_name", Read("SubjectDistinguishedName")),
                ("subject_organization", Read("SubjectOrganization")),
                ("thumbprint", Read("Thumbprint")),
                ("version", Read("Version")),
            ],
        ),
        "git_credential" => Document::new(
            "git-credentials",
            "{}",
            &[
                ("type", Send("Details.Type")),
                ("username", Send("Details.Username")),
                ("password", Secret("Details.Password")),
            ],
        )
        .before(|body, _, _| {
            // Only this type exists; the argument may be absent.
            if let Some(Json::Object(details)) = body.get_mut("Details") {
                details.entry("Type").or_insert(json!("UsernamePassword"));
            }
        })
        .after(|value, document, _| {
            value["username"] = document["Details"]["Username"].clone();
        }),
        "library_variable_set" => Document::new(
            "libraryvariablesets",
            r#"{"ContentType":"Variables"}"#,
            &[
                ("template", Name("Templates")),
                ("template_ids", Leave),
                ("variable_set_id", Read("VariableSetId")),
            ],
        )
        .before(|body, _, state| {
            if let Some(id) = state.get("variable_set_id").filter(|id| !id.is_null()) {
                body.insert("VariableSetId".to_owned(), id.clone());
            }
            template::without_empty_texts(body, "Templates");
        })
        .after(|value, document, _| {
            value["template_ids"] = items(document, "Templates")
                .iter()
                .map(|template| (template["Name"].as_str().unwrap_or_default().to_owned(), template["Id"].clone()))
                .collect();
            template::plain_defaults(value, "template");
        }),
        "tenant" => Document::new("tenants", r#"{"ClonedFromTenantId":"","Description":""}"#, &[("cloned_from_tenant_id", Name("ClonedFromTenantId"))])
            .before(|body, plan, _| {
                if plan["is_disabled"].is_null() {
                    body.insert("IsDisabled".to_owned(), json!(false));
                }
            })
            // The links are another resource's: they are read and sent again.
            .keeping("ProjectEnvironments")
            .locked(),
        "step_template" => template::DOCUMENT,
        "channel" => channel::DOCUMENT,
        "runbook" => Document::new(
            "runbooks",
            r#"{"EnvironmentScope":"","MultiTenancyMode":"","DefaultGuidedFailureMode":"","ForcePackageDownload":false}"#,
            &[
                ("connectivity_policy", One("ConnectivityPolicy")),
                ("retention_policy", Leave),
                ("retention_policy_with_strategy", One("RunRetentionPolicy")),
                ("published_runbook_snapshot_id", Read("PublishedRunbookSnapshotId")),
                ("runbook_process_id", Read("RunbookProcessId")),
            ],
        )
        .before(runbook)
        .after(|value, _, expected| {
            if items(expected, "retention_policy_with_strategy").is_empty() {
                value["retention_policy_with_strategy"] = json!([]);
            }
            without_numbers(value, "retention_policy_with_strategy");
            if items(expected, "connectivity_policy").is_empty() {
                value["connectivity_policy"] = json!([]);
            }
        }),
        _ => return None,
    })
}

const RETENTIONS: [(&str, &str); 2] = [
    ("release_retention_with_strategy", "ReleaseRetentionPolicy"),
    ("tentacle_retention_with_strategy", "TentacleRetentionPolicy"),
];

fn lifecycle(body: &mut Map<String, Json>, _: &Json, _: &Json) {
    for (_, member) in RETENTIONS {
        body.entry(member).or_insert(json!({"Strategy": "Default"}));
    }
    complete_retentions(body);
    for phase in body
        .get_mut("Phases")
        .and_then(Json::as_array_mut)
        .into_iter()
        .flatten()
        .filter_map(Json::as_object_mut)
    {
        complete_retentions(phase);
        // The client sends every member of a phase.
        for (member, empty) in [
            ("AutomaticDeploymentTargets", Json::Null),
            ("OptionalDeploymentTargets", Json::Null),
            ("IsOptionalPhase", json!(false)),
            ("IsPriorityPhase", json!(false)),
            ("MinimumEnvironmentsBeforePromotion", json!(0)),
            ("ReleaseRetentionPolicy", Json::Null),
            ("TentacleRetentionPolicy", Json::Null),
        ] {
            phase.entry(member).or_insert(empty);
        }
    }
}

/// The client always sends all four members of a retention; without numbers it reads "for ever".
fn complete_retentions(part: &mut Map<String, Json>) {
    for (_, member) in RETENTIONS {
        if let Some(Json::Object(policy)) = part.get_mut(member) {
            let counted = policy.get("Strategy") == Some(&json!("Count"));
            policy.entry("QuantityToKeep").or_insert(json!(0));
            policy.entry("Unit").or_insert(json!("Items"));
            policy.insert("ShouldKeepForever".to_owned(), json!(!counted));
        }
    }
}

/// The server's defaults come into the state only where a block is configured.
fn read_lifecycle(value: &mut Json, _: &Json, expected: &Json) {
    for (block, _) in RETENTIONS {
        if items(expected, block).is_empty() && value[block][0]["strategy"] == json!("Default") {
            value[block] = json!([]);
        }
        without_numbers(value, block);
    }
    for phase in value["phase"].as_array_mut().into_iter().flatten() {
        for (block, _) in RETENTIONS {
            without_numbers(phase, block);
        }
    }
}

/// Quantity and unit are only there to be seen when they count.
fn without_numbers(part: &mut Json, block: &str) {
    for policy in part[block].as_array_mut().into_iter().flatten() {
        if policy["strategy"] != json!("Count") {
            policy["quantity_to_keep"] = Json::Null;
            policy["unit"] = Json::Null;
        }
    }
}

fn project_group(body: &mut Map<String, Json>, plan: &Json, state: &Json) {
    // As with environments: only an update sends the slug.
    if !state.is_null() && !plan["slug"].is_null() {
        body.insert("Slug".to_owned(), plan["slug"].clone());
    }
}

fn tag_set(body: &mut Map<String, Json>, _: &Json, _: &Json) {
    if body.get("SortOrder") == Some(&json!(0)) {
        body.remove("SortOrder");
    }
}

fn runbook(body: &mut Map<String, Json>, plan: &Json, state: &Json) {
    body.entry("ConnectivityPolicy")
        .or_insert(json!({"AllowDeploymentsToNoTargets": true, "ExcludeUnhealthyTargets": false,
        "SkipMachineBehavior": "None", "TargetRoles": []}));
    // The older block knows no strategy: 0 and 100 stand for one.
    for policy in items(plan, "retention_policy") {
        let forever = policy["should_keep_forever"] == json!(true);
        let policy = match policy["quantity_to_keep"].as_i64() {
            Some(0) => json!({"Strategy": "Forever"}),
            _ if forever => json!({"Strategy": "Forever"}),
            None | Some(100) => json!({"Strategy": "Default"}),
            Some(quantity) => json!({"Strategy": "Count", "QuantityToKeep": quantity}),
        };
        body.insert("RunRetentionPolicy".to_owned(), policy);
    }
    // Without either block the client sends its own default.
    body.entry("RunRetentionPolicy").or_insert(json!({"Strategy": "Default"}));
    // The client has fixed numbers for the strategies that don't count.
    if let Some(Json::Object(policy)) = body.get_mut("RunRetentionPolicy") {
        let (forever, quantity) = match policy.get("Strategy").and_then(Json::as_str) {
            Some("Forever") => (true, 0),
            _ => (false, 100),
        };
        policy.entry("QuantityToKeep").or_insert(json!(quantity));
        policy.entry("Unit").or_insert(json!("Items"));
        policy.insert("ShouldKeepForever".to_owned(), json!(forever));
    }
    for (attribute, member) in [
        ("runbook_process_id", "RunbookProcessId"),
        ("published_runbook_snapshot_id", "PublishedRunbookSnapshotId"),
    ] {
        if let Some(id) = state.get(attribute).filter(|id| id.as_str().is_some_and(|id| !id.is_empty())) {
            body.insert(member.to_owned(), id.clone());
        }
    }
}
