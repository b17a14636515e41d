//! Data sources: one list request each, its arguments as the query; the answer's documents mapped by the schema.

use anyhow::{Context, Result};
use serde_json::{Map, Value as Json, json};

use crate::mapping::{How, Mapping, pascal};
use crate::resources::{Call, items, text};
use crate::schema::Attribute;

/// Where a list comes from.
struct Source {
    /// Below the space; with `/` at the start the server's.
    route: &'static str,
    /// The attribute that holds the result.
    result: &'static str,
    /// Always part of the query.
    query: &'static str,
}

fn source(type_name: &str) -> Option<Source> {
    let name = type_name.strip_prefix("octopusdeploy_")?;
    let (route, result, query) = match name {
        "accounts" => ("accounts", "accounts", ""),
        "certificates" => ("certificates", "certificates", ""),
        "channels" => ("channels", "channels", ""),
        "deployment_targets" => ("machines", "deployment_targets", ""),
        "cloud_region_deployment_targets" => ("machines", name_of(type_name), "commStyles=None"),
        "listening_tentacle_deployment_targets" => {
            ("machines", name_of(type_name), "commStyles=TentaclePassive")
        }
        "polling_tentacle_deployment_targets" => {
            ("machines", name_of(type_name), "commStyles=TentacleActive")
        }
        "ssh_connection_deployment_targets" => ("machines", name_of(type_name), "commStyles=Ssh"),
        "kubernetes_cluster_deployment_targets" => ("machines", name_of(type_name), "commStyles=Kubernetes"),
        "deployment_freezes" => ("/api/deploymentfreezes", "deployment_freezes", ""),
        "environments" => ("environments", "environments", ""),
        "parent_environments" => ("environments/v2", "parent_environments", "type=Parent"),
        "feeds" => ("feeds", "feeds", ""),
        "git_credentials" => ("git-credentials", "git_credentials", ""),
        "library_variable_sets" => ("libraryvariablesets", "library_variable_sets", ""),
        "lifecycles" => ("lifecycles", "lifecycles", ""),
        "machine_policies" => ("machinepolicies", "machine_policies", ""),
        "machine_proxies" => ("proxies", "machine_proxies", ""),
        "project_groups" => ("projectgroups", "project_groups", ""),
        "projects" => ("projects", "projects", ""),
        "script_modules" => ("libraryvariablesets", "script_modules", "contentType=ScriptModule"),
        "spaces" => ("/api/spaces", "spaces", ""),
        "step_template" => ("actiontemplates", "step_template", ""),
        "tag_sets" => ("tagsets", "tag_sets", ""),
        "teams" => ("/api/teams", "teams", ""),
        "tenants" => ("tenants", "tenants", ""),
        "users" => ("/api/users", "users", ""),
        "user_roles" => ("/api/userroles", "user_roles", ""),
        "worker_pools" => ("workerpools", "worker_pools", ""),
        "workers" => ("workers", "workers", ""),
        _ => return None,
    };
    Some(Source { route, result, query })
}

/// The result of these is named as the type.
fn name_of(type_name: &str) -> &'static str {
    crate::schema::PROVIDER
        .data_sources
        .get_key_value(type_name)
        .and_then(|(name, _)| name.strip_prefix("octopusdeploy_"))
        .unwrap_or_default()
}

/// Whether the stand-in has this data source.
pub fn is_built(type_name: &str) -> bool {
    source(type_name).is_some()
}

/// Arguments whose query parameter has another name than `camelCase`.
fn parameter(argument: &str) -> String {
    match argument {
        "communication_styles" => "commStyles".to_owned(),
        "environments" => "environmentIds".to_owned(),
        "tenants" => "tenantIds".to_owned(),
        _ => {
            let name = pascal(argument);
            name[..1].to_ascii_lowercase() + &name[1..]
        }
    }
}

/// Reads a data source: `call.state` is its configuration.
///
/// # Errors
/// What the server says.
pub async fn read(call: &Call<'_>) -> Result<Json> {
    let source = source(call.type_name).context("no such data source in the stand-in")?;
    let config = &call.state;
    let by_name_only = matches!(source.result, "step_template");
    let mut query: Vec<String> = Vec::new();
    if !source.query.is_empty() {
        query.push(source.query.to_owned());
    }
    for name in call.block.attributes.keys() {
        let value = match &config[name.as_str()] {
            Json::String(text) => text.clone(),
            Json::Array(list) => list.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(","),
            Json::Number(number) => number.to_string(),
            Json::Bool(flag) => flag.to_string(),
            _ => String::new(),
        };
        if !value.is_empty() && !by_name_only && name != "space_id" && name != "id" {
            query.push(format!("{}={}", parameter(name), escape(&value)));
        }
    }
    let mut address =
        if source.route.starts_with('/') { source.route.to_owned() } else { call.s(config, source.route) };
    if source.result == "channels" && !text(config, "project_id").is_empty() {
        address = call.s(config, &format!("projects/{}/channels", text(config, "project_id")));
        query.retain(|part| !part.starts_with("projectId="));
    }
    if !query.is_empty() {
        address = format!("{address}?{}", query.join("&"));
    }
    // With `take` one page is wanted; without it the client goes through all.
    let documents = if source.result == "deployment_freezes" {
        // This list has a shape of its own.
        items(&call.api.get(&address).await?, "DeploymentFreezes").to_vec()
    } else if config["take"].as_i64().is_some_and(|take| take > 0) {
        items(&call.api.get(&address).await?, "Items").to_vec()
    } else {
        call.api.list(&address).await?
    };
    let mut state = config.clone();
    state["id"] = json!(format!("{} {}", source.result, config));
    if config["space_id"].is_null() && !call.api.space_id.is_empty() {
        state["space_id"] = json!(call.api.space_id);
    }
    if by_name_only {
        let found = documents.iter().find(|document| document["Name"] == config["name"]);
        // Null without a word when nothing fits.
        state[source.result] = found.map_or(Json::Null, |document| result(call, source.result, document));
        return Ok(state);
    }
    state[source.result] = documents.iter().map(|document| result(call, source.result, document)).collect();
    Ok(state)
}

/// Everything but letters, digits and `-._~,` as percent signs.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b',' => {
                escaped.push(char::from(byte))
            }
            other => escaped.push_str(&format!("%{other:02X}")),
        }
    }
    escaped
}

/// Members of results that are spelt otherwise, for all kinds of documents.
fn member(document: &Json, kind: &str, name: &str) -> Json {
    let by_name = match (kind, name) {
        (_, "environments") => "EnvironmentIds",
        (_, "tenants") => "TenantIds",
        ("projects", "included_library_variable_sets") => "IncludedLibraryVariableSetIds",
        ("projects", "tenanted_deployment_participation") => "TenantedDeploymentMode",
        ("projects", "is_discrete_channel_release") => "DiscreteChannelRelease",
        ("teams", "users") => "MemberUserIds",
        ("teams", "external_security_group") => "ExternalSecurityGroups",
        ("feeds", "is_enhanced_mode") => "EnhancedMode",
        ("lifecycles", "phase") => "Phases",
        ("library_variable_sets" | "projects", "template") => "Templates",
        ("git_credentials", "type") => return document["Details"]["Type"].clone(),
        ("git_credentials", "username") => return document["Details"]["Username"].clone(),
        ("workers" | "deployment_targets", "communication_style") => {
            return document["Endpoint"]["CommunicationStyle"].clone();
        }
        ("machine_policies", name)
            if name.contains("timeout") || name.contains("interval") || name.ends_with("time_limit") =>
        {
            return document[pascal(name)]
                .as_str()
                .map_or(Json::Null, |span| json!(crate::timespan::read(span)));
        }
        _ => return document[pascal(name)].clone(),
    };
    document[by_name].clone()
}

/// One document as the result's element. Secrets never come back.
fn result(call: &Call<'_>, name: &str, document: &Json) -> Json {
    if let Some(nested) = call.block.blocks.get(name) {
        let mapping =
            Mapping { block: &nested.block, rules: &[("environments", How::Name("EnvironmentIds"))] };
        return mapping.value(document, &Json::Null);
    }
    let Some(attribute) = call.block.attributes.get(name) else { return Json::Null };
    let element = element_type(attribute);
    if let Some(members) = element {
        return Json::Object(
            members
                .iter()
                .map(|(member, kind)| (member.clone(), value(document, name, member, kind)))
                .collect(),
        );
    }
    let members: Map<String, Json> = attribute
        .attributes
        .iter()
        .map(|(inner, attribute)| (inner.clone(), nested_value(document, name, inner, attribute)))
        .collect();
    Json::Object(members)
}

/// The members of `list(object)` or `object`.
fn element_type(attribute: &Attribute) -> Option<Map<String, Json>> {
    let kind = attribute.kind.as_ref()?;
    object_of(kind).cloned()
}

fn object_of(kind: &Json) -> Option<&Map<String, Json>> {
    match kind.get(0).and_then(Json::as_str) {
        Some("object") => kind.get(1).and_then(Json::as_object),
        Some("list" | "set") => kind.get(1).and_then(object_of),
        _ => None,
    }
}

fn value(document: &Json, kind: &str, name: &str, wanted: &Json) -> Json {
    let found = member(document, kind, name);
    match (object_of(wanted), &found) {
        (Some(members), Json::Array(list)) => list.iter().map(|item| object(item, members)).collect(),
        (Some(members), Json::Object(_)) => object(&found, members),
        _ => fit(found, wanted),
    }
}

fn object(document: &Json, members: &Map<String, Json>) -> Json {
    Json::Object(members.iter().map(|(name, kind)| (name.clone(), value(document, "", name, kind))).collect())
}

fn nested_value(document: &Json, kind: &str, name: &str, attribute: &Attribute) -> Json {
    let found = member(document, kind, name);
    let object = |item: &Json| {
        Json::Object(
            attribute
                .attributes
                .iter()
                .map(|(inner, a)| (inner.clone(), nested_value(item, "", inner, a)))
                .collect(),
        )
    };
    match (&attribute.nested, &found) {
        (Some(_), Json::Array(list)) => list.iter().map(object).collect(),
        (Some(crate::schema::Nesting::Single), Json::Object(_)) => object(&found),
        (Some(_), Json::Object(_)) => json!([object(&found)]),
        (Some(_), _) => Json::Null,
        (None, _) => fit(found, attribute.kind.as_ref().unwrap_or(&Json::Null)),
    }
}

/// A plain value of the wanted type; what is something else (a sensitive value, an object) is not shown.
fn fit(found: Json, wanted: &Json) -> Json {
    let fits = match wanted.as_str() {
        Some("string") => found.is_string(),
        Some("bool") => found.is_boolean(),
        Some("number") => found.is_number(),
        _ => found.is_array() || found.is_object(),
    };
    match (fits, wanted.as_str()) {
        (true, _) => found,
        // The official ones answer "" where the server says nothing.
        (false, Some("string")) => json!(""),
        _ => Json::Null,
    }
}
