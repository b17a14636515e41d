//! Tenants' values: each is seen only by its own tenant's runs, in its own environments, and may restrict a run.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

#[allow(dead_code, reason = "what other tests share")]
mod support;

use octopus_sandbox::Options;
use serde_json::{Value, json};

use crate::support::World;

fn template(name: &str) -> Value {
    json!({"Name": name, "DisplaySettings": {"Octopus.ControlType": "Sensitive"}})
}

fn secret(value: &str) -> Value {
    json!({"HasValue": true, "NewValue": value})
}

/// A project and a library set with a secret template each, and two tenants in both environments.
fn world() -> (World, [String; 2]) {
    let world = World::new(Options::default());
    world.change(&format!("projects/{}", world.project), json!({"Templates": [template("Own.Key")]}));
    world.change(
        &format!("libraryvariablesets/{}", world.set),
        json!({"Templates": [template("Common.Key")]}),
    );
    world.change(&format!("runbooks/{}", world.runbook), json!({"MultiTenancyMode": "TenantedOrUntenanted"}));
    let own = world.get(&format!("projects/{}", world.project))["Templates"][0]["Id"].clone();
    let common = world.get(&format!("libraryvariablesets/{}", world.set))["Templates"][0]["Id"].clone();
    let tenants = ["ann", "bob"].map(|name| {
        let links = json!({&world.project: [world.environment, world.other_environment]});
        let tenant = world.make("tenants", json!({"Name": name, "ProjectEnvironments": links}));
        let value = |environment: &str, text: &str| {
            json!({"OwnerId": world.project, "ProjectId": world.project, "TemplateId": own, "Value": secret(&format!("{name}-{text}")),
                   "Scope": {"EnvironmentIds": [environment]}})
        };
        let values = json!([value(&world.environment, "test"), value(&world.other_environment, "other")]);
        world.send("PUT", &format!("tenants/{tenant}/projectvariables"), json!({"Variables": values}));
        let shared = json!({"OwnerId": world.set, "LibraryVariableSetId": world.set, "TemplateId": common,
                            "Value": secret(&format!("{name}-common")), "Scope": {"EnvironmentIds": []}});
        world.send("PUT", &format!("tenants/{tenant}/commonvariables"), json!({"Variables": [shared]}));
        tenant
    });
    // Masked in the log, so they are told by a digest.
    world.set_script(
        "for name in Own.Key Common.Key; do get_octopusvariable $name | md5sum; done; echo",
        Value::Null,
    );
    world.publish(json!([]));
    (world, tenants)
}

fn digest(text: &str) -> String {
    let command = format!("printf %s '{text}' | md5sum");
    let output = std::process::Command::new("bash").args(["-c", &command]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_value_is_seen_by_its_tenant_in_its_environment_only() {
    let (world, tenants) = world();
    for (tenant, name) in tenants.iter().zip(["ann", "bob"]) {
        for (environment, text) in [(&world.environment, "test"), (&world.other_environment, "other")] {
            let (state, log) = world.run(json!({"TenantId": tenant, "EnvironmentId": environment}));
            assert_eq!(state, "Success", "{log}");
            for expected in [format!("{name}-{text}"), format!("{name}-common")] {
                assert!(log.contains(&digest(&expected)), "{expected}: {log}");
            }
        }
    }
    let (_, log) = world.run(Value::Null);
    // What isn't there is an empty line.
    assert_eq!(log.matches(&digest("\n")).count(), 2, "{log}");
}

#[test]
fn an_account_restricted_to_a_tenant_refuses_the_others() {
    let (world, [ann, bob]) = world();
    let account = json!({"Name": "For Ann", "AccountType": "UsernamePassword", "Username": "u", "Password": secret("p"),
                         "TenantedDeploymentParticipation": "Tenanted", "TenantIds": [ann]});
    let account = world.make("accounts", account);
    world.set_variables(
        &world.project,
        json!([{"Name": "Login", "Type": "UsernamePasswordAccount", "Value": account, "Scope": {}}]),
    );
    world.set_script("get_octopusvariable Login.Username", Value::Null);
    world.publish(json!([]));
    let (state, log) = world.run(json!({"TenantId": ann}));
    assert!(state == "Success" && log.contains("  u"), "{log}");
    for other in [json!({"TenantId": bob}), json!({})] {
        let (state, log) = world.run(other);
        assert!(state == "Failed" && log.contains("The account 'For Ann'"), "{log}");
    }
}
