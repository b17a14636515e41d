//! The stand-in's GetProviderSchema against the official schema data: every type that is there has exactly the official
//! attributes, flags, nesting and sensitivity. The answer is read back from its wire form, not from the tables.

#![allow(clippy::unwrap_used, reason = "a test: what can't be read fails it")]

use std::collections::BTreeMap;

use bytes::Bytes;
use prost::Message;
use serde_json::{Map, Value as Json, json};
use standin_provider::service::Service;
use standin_provider::wire::{Attribute, Block, GetProviderSchemaResponse, NestedBlock};

/// Types that octoferry writes, without which the road is not whole.
const WRITTEN: &[&str] = &[
    "environment",
    "lifecycle",
    "project_group",
    "tag_set",
    "tag",
    "username_password_account",
    "aws_account",
    "azure_service_principal",
    "token_account",
    "ssh_key_account",
    "aws_openid_connect_account",
    "azure_openid_connect",
    "azure_subscription_account",
    "gcp_account",
    "generic_oidc_account",
    "docker_container_registry",
    "nuget_feed",
    "maven_feed",
    "github_repository_feed",
    "helm_feed",
    "npm_feed",
    "pypi_feed",
    "oci_registry_feed",
    "s3_feed",
    "gcs_storage_feed",
    "artifactory_generic_feed",
    "aws_elastic_container_registry",
    "azure_container_registry",
    "google_container_registry",
    "static_worker_pool",
    "dynamic_worker_pool",
    "library_variable_set",
    "script_module",
    "variable",
    "project",
    "project_versioning_strategy",
    "built_in_trigger",
    "channel",
    "process",
    "process_step",
    "process_child_step",
    "process_templated_step",
    "process_templated_child_step",
    "process_steps_order",
    "process_child_steps_order",
    "runbook",
    "project_scheduled_trigger",
    "project_deployment_target_trigger",
    "external_feed_create_release_trigger",
    "git_trigger",
    "machine_policy",
    "machine_proxy",
    "certificate",
    "git_credential",
    "space_default_lifecycle_release_retention_policy",
    "space_default_lifecycle_tentacle_retention_policy",
    "space_default_runbook_retention_policy",
    "cloud_region_deployment_target",
    "listening_tentacle_deployment_target",
    "ssh_connection_deployment_target",
    "kubernetes_cluster_deployment_target",
    "polling_tentacle_deployment_target",
    "offline_package_drop_deployment_target",
    "azure_web_app_deployment_target",
    "azure_cloud_service_deployment_target",
    "azure_service_fabric_cluster_deployment_target",
    "kubernetes_agent_deployment_target",
    "kubernetes_agent_worker",
    "listening_tentacle_worker",
    "ssh_connection_worker",
    "tenant",
    "tenant_project",
    "tenant_project_variable",
    "tenant_common_variable",
    "step_template",
    "community_step_template",
    "parent_environment",
    "subscription",
    "team",
    "user_role",
    "scoped_user_role",
    "deployment_freeze",
    "deployment_freeze_project",
    "deployment_freeze_tenant",
    "project_deployment_freeze",
];

const NESTINGS: [&str; 6] = ["", "single", "list", "set", "map", "group"];

/// An attribute in the form of the schema file.
fn attribute(attribute: &Attribute) -> Json {
    let mut json = match &attribute.nested_type {
        Some(object) => {
            json!({"nested": NESTINGS[usize::try_from(object.nesting).unwrap()], "attributes": attributes(&object.attributes)})
        }
        None => json!({"type": serde_json::from_slice::<Json>(&attribute.r#type).unwrap()}),
    };
    let flags = [
        ("required", attribute.required),
        ("optional", attribute.optional),
        ("computed", attribute.computed),
        ("sensitive", attribute.sensitive),
        ("deprecated", attribute.deprecated),
    ];
    for (name, _) in flags.into_iter().filter(|(_, flag)| *flag) {
        json[name] = json!(true);
    }
    json
}

fn attributes(list: &[Attribute]) -> Json {
    list.iter()
        .map(|inner| (inner.name.clone(), attribute(inner)))
        .collect::<BTreeMap<_, _>>()
        .into_iter()
        .collect::<Map<_, _>>()
        .into()
}

fn block(block: &Block) -> Map<String, Json> {
    let mut json = Map::new();
    json.insert("attributes".to_owned(), attributes(&block.attributes));
    if !block.block_types.is_empty() {
        let blocks: Map<String, Json> =
            block.block_types.iter().map(|inner| (inner.type_name.clone(), nested(inner))).collect();
        json.insert("blocks".to_owned(), Json::Object(blocks));
    }
    if block.deprecated {
        json.insert("deprecated".to_owned(), json!(true));
    }
    json
}

fn nested(nested: &NestedBlock) -> Json {
    let mut json = block(nested.block.as_ref().unwrap());
    json.insert("nesting".to_owned(), json!(NESTINGS[usize::try_from(nested.nesting).unwrap()]));
    for (name, items) in [("min_items", nested.min_items), ("max_items", nested.max_items)] {
        if items > 0 {
            json.insert(name.to_owned(), json!(items));
        }
    }
    Json::Object(json)
}

async fn answer() -> GetProviderSchemaResponse {
    let bytes = Service::default().call("GetProviderSchema", Bytes::new()).await.unwrap();
    GetProviderSchemaResponse::decode(bytes.as_slice()).unwrap()
}

fn official() -> Json {
    serde_json::from_str(include_str!("../../schema/octopusdeploy-1.17.0.json")).unwrap()
}

#[tokio::test(flavor = "current_thread")]
async fn every_type_is_as_the_official_one() {
    let (answer, official) = (answer().await, official());
    for (kind, schemas) in
        [("resources", &answer.resource_schemas), ("data_sources", &answer.data_source_schemas)]
    {
        assert!(!schemas.is_empty());
        for (name, schema) in schemas {
            let mut ours = block(schema.block.as_ref().unwrap());
            ours.insert("schema_version".to_owned(), json!(schema.version));
            let mut theirs = official[kind][name].clone();
            // The file writes empty parts now and then.
            prune(&mut theirs);
            let mut ours = Json::Object(ours);
            prune(&mut ours);
            assert_eq!(ours, theirs, "{name}");
        }
    }
    let provider = block(answer.provider.as_ref().unwrap().block.as_ref().unwrap());
    assert_eq!(provider["attributes"], official["provider_config"]["attributes"]);
}

/// Without empty objects, false flags and the version 0.
fn prune(json: &mut Json) {
    if let Json::Object(members) = json {
        members.values_mut().for_each(prune);
        members.retain(|name, value| {
            !(value == &json!({})
                || value == &json!(false)
                || (name == "schema_version" && value == &json!(0)))
        });
    }
}

#[tokio::test(flavor = "current_thread")]
async fn all_that_octoferry_writes_is_there() {
    let answer = answer().await;
    for name in WRITTEN {
        assert!(answer.resource_schemas.contains_key(&format!("octopusdeploy_{name}")), "{name}");
    }
}
