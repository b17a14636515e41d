//! Script modules without the variables that hold body and language: the provider (1.17.0; its client's `scriptmodules/script_module_service.go`) makes the
//! module first and its variables after, and an update changes variables and makes none. One whose variables are gone, or were never made since the
//! provider died in between, would stay without, an "inconsistent result" at each deployment. So they are made when such a module is changed.

use axum::http::Method;
use serde_json::{Value, json};

use crate::relay::log::Intervention;
use crate::relay::request::Request;
use failure::Failure;
use octopus::client::Client;

/// What the names of the two variables begin with; the module's name follows.
const VARIABLES: [&str; 2] = ["Octopus.Script.Module", "Octopus.Script.Module.Language"];

/// Makes the variables that the set of a module lacks, before Terraform's change of the module goes on.
pub(super) async fn complete(
    client: &Client,
    request: &Request,
    module: &Value,
) -> Result<Option<Intervention>, Failure> {
    let (method, parts) = request.parts();
    let (&Method::PUT, ["libraryvariablesets", _]) = (method, parts.as_slice()) else { return Ok(None) };
    if module["ContentType"] != "ScriptModule" {
        return Ok(None);
    }
    let Some(there) = client.find(&request.address.path).await? else { return Ok(None) };
    let Some(set) = there["VariableSetId"].as_str() else { return Ok(None) };
    let path = format!("{}/variables/{set}", request.address.prefix);
    let Some(mut set) = client.find(&path).await? else { return Ok(None) };
    let name = there["Name"].as_str().unwrap_or_default();
    let Some(variables) = set["Variables"].as_array_mut() else { return Ok(None) };
    if !add_missing(variables, name) {
        return Ok(None);
    }
    client.put(&path, &set).await?;
    let what = "made the variables of a script module, which the provider makes with the module alone";
    Ok(Some(Intervention { what, place: format!("libraryvariablesets/{name}") }))
}

/// Whether one was missing.
fn add_missing(variables: &mut Vec<Value>, module: &str) -> bool {
    let before = variables.len();
    for prefix in VARIABLES {
        let start = format!("{prefix}[");
        let is_there = variables
            .iter()
            .any(|variable| variable["Name"].as_str().is_some_and(|name| name.starts_with(&start)));
        if !is_there {
            variables.push(json!({"Name": format!("{start}{module}]"), "Value": "", "Type": "String", "Scope": {}, "IsEditable": true,
                "IsSensitive": false}));
        }
    }
    variables.len() > before
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_stays() {
        let mut variables = vec![json!({"Name": "Octopus.Script.Module[Old name]", "Value": "x"})];
        assert!(add_missing(&mut variables, "New"));
        let names: Vec<&str> = variables.iter().filter_map(|variable| variable["Name"].as_str()).collect();
        assert_eq!(names, ["Octopus.Script.Module[Old name]", "Octopus.Script.Module.Language[New]"]);
        assert!(!add_missing(&mut variables, "New"));
    }
}
