//! The procedures of the protocol: schema, validation, plan, apply, read, import, data sources.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use prost::Message;
use serde_json::Value as Json;
use tokio::sync::OnceCell;

use crate::http::{Api, Settings, is_gone};
use crate::resources::{self, Call};
use crate::schema::{Attribute, Block, PROVIDER};
use crate::value::Value;
use crate::wire::{self, AttributePath, Diagnostic, DynamicValue};
use crate::{behaviour, data, plan, validate};

/// The provider: what it was configured with, and the connection once there is one.
#[derive(Default)]
pub struct Service {
    api: OnceCell<Arc<Api>>,
}

impl Service {
    /// Answers one procedure; `None` when there is none of that name.
    pub async fn call(&self, name: &str, body: Bytes) -> Option<Vec<u8>> {
        Some(match name {
            "GetProviderSchema" => schema().encode_to_vec(),
            "ValidateProviderConfig" => wire::DiagnosticsAtTwo::default().encode_to_vec(),
            "ConfigureProvider" => {
                let diagnostics = self
                    .configure(body)
                    .await
                    .err()
                    .map(|error| failure("unable to load API client", &error));
                wire::DiagnosticsAtOne { diagnostics: diagnostics.into_iter().collect() }.encode_to_vec()
            }
            "ValidateResourceConfig" => {
                let diagnostics =
                    validate_resource(body).unwrap_or_else(|error| vec![failure("invalid request", &error)]);
                wire::DiagnosticsAtOne { diagnostics }.encode_to_vec()
            }
            "ValidateDataResourceConfig" => wire::DiagnosticsAtOne::default().encode_to_vec(),
            "UpgradeResourceState" => {
                upgrade(body).unwrap_or_else(|error| refused("can't read the state", &error)).encode_to_vec()
            }
            "ReadResource" => self
                .read(body)
                .await
                .unwrap_or_else(|error| refused("unable to load", &error))
                .encode_to_vec(),
            "PlanResourceChange" => self
                .plan_change(body)
                .await
                .unwrap_or_else(|error| wire::PlanResponse {
                    diagnostics: vec![failure("can't plan", &error)],
                    ..Default::default()
                })
                .encode_to_vec(),
            "ApplyResourceChange" => self.apply(body).await.encode_to_vec(),
            "ImportResourceState" => import(body)
                .unwrap_or_else(|error| wire::ImportResponse {
                    diagnostics: vec![failure("Resource Import Not Implemented", &error)],
                    ..Default::default()
                })
                .encode_to_vec(),
            "ReadDataSource" => self
                .read_data(body)
                .await
                .unwrap_or_else(|error| refused("unable to load data source", &error))
                .encode_to_vec(),
            "StopProvider" => wire::StopResponse::default().encode_to_vec(),
            _ => return None,
        })
    }

    async fn configure(&self, body: Bytes) -> Result<()> {
        let request = wire::ConfigureRequest::decode(body)?;
        let config = Value::decode(request.config.as_ref())?.to_json();
        let setting = |name: &str, variables: &[&str]| {
            let configured = config[name].as_str().unwrap_or_default().to_owned();
            if !configured.is_empty() {
                return configured;
            }
            #[allow(
                clippy::disallowed_methods,
                reason = "the stand-in is a program of its own; the official provider reads these"
            )]
            variables.iter().find_map(|variable| std::env::var(variable).ok()).unwrap_or_default()
        };
        let settings = Settings {
            address: setting("address", &["OCTOPUS_URL"]),
            api_key: setting("api_key", &["OCTOPUS_APIKEY", "OCTOPUS_API_KEY"]),
            access_token: setting("access_token", &["OCTOPUS_ACCESS_TOKEN"]),
            space_id: setting("space_id", &[]),
        };
        let api = Api::connect(settings).await?;
        self.api.set(Arc::new(api)).ok().context("configured twice")
    }

    fn call_for<'a>(&'a self, type_name: &'a str, block: &'a Block, state: Json) -> Result<Call<'a>> {
        let api = self.api.get().context("the provider was not configured")?;
        Ok(Call::new(api, type_name, block, state))
    }

    async fn read(&self, body: Bytes) -> Result<wire::StateResponse> {
        let request = wire::ReadRequest::decode(body)?;
        let block = resource(&request.type_name)?;
        let state = Value::decode(request.state.as_ref())?;
        let call = self.call_for(&request.type_name, block, state.to_json())?;
        let mut diagnostics = Vec::new();
        let fresh = match resources::read(&call).await {
            Ok(Some(document)) => fit(&request.type_name, block, &document, &state),
            Ok(None) => Value::Null,
            Err(error) if is_gone(&error) => {
                diagnostics.push(warning(&format!(
                    "{} was not found and is removed from the state",
                    request.type_name
                )));
                Value::Null
            }
            Err(error) => return Err(error),
        };
        diagnostics.extend(call.take_warnings().iter().map(|text| warning(text)));
        Ok(wire::StateResponse { state: Some(fresh.encode()), diagnostics })
    }

    async fn plan_change(&self, body: Bytes) -> Result<wire::PlanResponse> {
        let request = wire::PlanRequest::decode(body)?;
        let block = resource(&request.type_name)?;
        let behaviour = behaviour::of(&request.type_name);
        let prior = Value::decode(request.prior.as_ref())?;
        let proposed = Value::decode(request.proposed.as_ref())?;
        let config = Value::decode(request.config.as_ref())?;
        if proposed.is_null() {
            return Ok(wire::PlanResponse { planned: Some(Value::Null.encode()), ..Default::default() });
        }
        let planned = plan::plan(block, behaviour, &prior, &proposed, &config);
        let mut diagnostics = Vec::new();
        let planned = match self.api.get() {
            Some(api) => {
                let call = Call::new(api, &request.type_name, block, prior.to_json());
                let planned = resources::adjust_plan(&call, planned, &prior).await?;
                diagnostics.extend(call.take_warnings().iter().map(|text| warning(text)));
                planned
            }
            None => planned,
        };
        let requires_replace = plan::replacing(behaviour, &prior, &planned)
            .iter()
            .map(|name| AttributePath::top(name))
            .collect();
        Ok(wire::PlanResponse {
            planned: Some(planned.encode()),
            requires_replace,
            diagnostics,
            legacy_type_system: behaviour.sdk,
            ..Default::default()
        })
    }

    async fn apply(&self, body: Bytes) -> wire::ApplyResponse {
        let Ok(request) = wire::ApplyRequest::decode(body) else { return wire::ApplyResponse::default() };
        let sdk = behaviour::of(&request.type_name).sdk;
        let mut response = wire::ApplyResponse { legacy_type_system: sdk, ..Default::default() };
        let (state, failed) = self.change(&request, &mut response.diagnostics).await;
        if let Some(error) = failed {
            response.diagnostics.push(failure(&format!("unable to change {}", request.type_name), &error));
        }
        response.new_state = Some(state.encode());
        response
    }

    /// Creates, updates or deletes. A failed create that left something behind answers its state with the error.
    async fn change(
        &self,
        request: &wire::ApplyRequest,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> (Value, Option<anyhow::Error>) {
        let before = Value::decode(request.prior.as_ref()).unwrap_or(Value::Null);
        let result = async {
            let block = resource(&request.type_name)?;
            let planned = Value::decode(request.planned.as_ref())?;
            let config = Value::decode(request.config.as_ref())?;
            let mut call = self.call_for(&request.type_name, block, before.to_json())?;
            call.config = config.to_json();
            let answer = if planned.is_null() {
                resources::delete(&call).await?;
                return Ok(Value::Null);
            } else if before.is_null() {
                resources::create(&call, &planned.to_json()).await?
            } else {
                resources::update(&call, &planned.to_json()).await?
            };
            diagnostics.extend(call.take_warnings().iter().map(|text| warning(text)));
            Ok(fit(&request.type_name, block, &answer, &planned))
        }
        .await;
        match result {
            Ok(state) => (state, None),
            Err(error) => (before, Some(error)),
        }
    }

    async fn read_data(&self, body: Bytes) -> Result<wire::StateResponse> {
        let request = wire::TypeAndConfigRequest::decode(body)?;
        let block = PROVIDER.data_sources.get(&request.type_name).context("no such data source")?;
        let config = Value::decode(request.config.as_ref())?;
        let call = self.call_for(&request.type_name, block, config.to_json())?;
        let state = block.shape(&data::read(&call).await?);
        Ok(wire::StateResponse {
            state: Some(plan::settle(&state, &with_unknown(&config, &state)).encode()),
            diagnostics: Vec::new(),
        })
    }
}

/// What the configuration leaves open is the provider's to say.
fn with_unknown(config: &Value, state: &Value) -> Value {
    match (config, state) {
        (Value::Map(config), Value::Map(state)) => Value::Map(
            state
                .keys()
                .map(|key| match config.get(key) {
                    Some(value) if !value.is_empty() => (key.clone(), value.clone()),
                    _ => (key.clone(), Value::Unknown),
                })
                .collect(),
        ),
        _ => Value::Unknown,
    }
}

fn resource(type_name: &str) -> Result<&'static Block> {
    if !resources::is_built(type_name) {
        bail!("{type_name} is not built in the stand-in provider");
    }
    PROVIDER.resources.get(type_name).with_context(|| format!("no type {type_name}"))
}

/// Fits an answer to the schema and to what was expected.
fn fit(type_name: &str, block: &Block, answer: &Json, expected: &Value) -> Value {
    let mut state = block.shape(answer);
    let behaviour = behaviour::of(type_name);
    for path in &behaviour.any_order {
        state = plan::reorder(state, expected, path);
    }
    let Value::Map(entries) = expected else { return state };
    // After an import nothing but ids is known; what the server has is then the only word on the rest.
    let imported = entries.iter().filter(|(_, value)| !value.is_empty()).count() <= 3;
    let reference = entries.iter().map(|(name, value)| {
        let attribute = block.attributes.get(name);
        let computed =
            attribute.is_none_or(|attribute| attribute.computed) || behaviour.default.contains_key(name);
        let open = imported && value.is_empty() && computed;
        (name.clone(), if open { Value::Unknown } else { value.clone() })
    });
    let reference: BTreeMap<String, Value> = reference.collect();
    if let Value::Map(state) = &mut state {
        if behaviour.sdk && !imported {
            // Blocks that are not configured stay out of the state of the older types.
            for name in block.blocks.keys().filter(|name| expected.get(name).is_empty()) {
                state.insert(name.clone(), Value::List(Vec::new()));
            }
        }
        for (name, value) in state.iter_mut() {
            if value.is_null() && reference.get(name) == Some(&Value::Unknown) {
                *value = block.attributes.get(name).map_or(Value::Null, blank);
            }
        }
    }
    plan::settle(&state, &Value::Map(reference))
}

/// What the official provider makes of a null of the server where the value is its own to say.
fn blank(attribute: &Attribute) -> Value {
    match attribute.kind.as_ref().map(|kind| kind.as_str().or_else(|| kind[0].as_str())) {
        Some(Some("string")) => Value::Text(String::new()),
        Some(Some("bool")) => Value::Bool(false),
        Some(Some("list" | "set")) => Value::List(Vec::new()),
        _ => Value::Null,
    }
}

fn schema() -> wire::GetProviderSchemaResponse {
    wire::GetProviderSchemaResponse {
        provider: Some(PROVIDER.provider_config.to_wire()),
        resource_schemas: PROVIDER
            .resources
            .iter()
            .filter(|(name, _)| resources::is_built(name))
            .map(|(name, block)| (name.clone(), block.to_wire()))
            .collect(),
        data_source_schemas: PROVIDER
            .data_sources
            .iter()
            .filter(|(name, _)| data::is_built(name))
            .map(|(name, block)| (name.clone(), block.to_wire()))
            .collect(),
        diagnostics: Vec::new(),
        server_capabilities: Some(wire::ServerCapabilities { plan_destroy: false }),
    }
}

fn validate_resource(body: Bytes) -> Result<Vec<Diagnostic>> {
    let request = wire::TypeAndConfigRequest::decode(body)?;
    let config = Value::decode(request.config.as_ref())?;
    let errors = validate::resource(&request.type_name, resource(&request.type_name)?, &config);
    Ok(errors.iter().map(|text| error("Invalid Attribute Value", text)).collect())
}

fn upgrade(body: Bytes) -> Result<wire::StateResponse> {
    let request = wire::UpgradeRequest::decode(body)?;
    let json = request.raw_state.map(|raw| raw.json).unwrap_or_default();
    Ok(wire::StateResponse {
        state: Some(DynamicValue { msgpack: Vec::new(), json }),
        diagnostics: Vec::new(),
    })
}

fn import(body: Bytes) -> Result<wire::ImportResponse> {
    let request = wire::ImportRequest::decode(body)?;
    let block = resource(&request.type_name)?;
    if behaviour::of(&request.type_name).no_import {
        bail!("{} does not support import", request.type_name);
    }
    let state = block.shape(&resources::import(&request.type_name, &request.id)?);
    let imported = wire::ImportedResource { type_name: request.type_name, state: Some(state.encode()) };
    Ok(wire::ImportResponse { imported: vec![imported], diagnostics: Vec::new() })
}

fn refused(summary: &str, error: &anyhow::Error) -> wire::StateResponse {
    wire::StateResponse { state: None, diagnostics: vec![failure(summary, error)] }
}

fn failure(summary: &str, error: &anyhow::Error) -> Diagnostic {
    Diagnostic { severity: 1, summary: summary.to_owned(), detail: format!("{error:#}"), attribute: None }
}

fn error(summary: &str, detail: &str) -> Diagnostic {
    Diagnostic { severity: 1, summary: summary.to_owned(), detail: detail.to_owned(), attribute: None }
}

fn warning(summary: &str) -> Diagnostic {
    Diagnostic { severity: 2, summary: summary.to_owned(), detail: String::new(), attribute: None }
}
