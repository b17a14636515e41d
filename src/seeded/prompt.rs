//! What a run of a deploying runbook asks a person: variables of the library set `Octoferry` with a prompt. `migrate` answers them for its own
//! runs, so nothing at the source changes for them and nothing needs to be put back.

use serde_json::{Value, json};

use crate::mark::name;

/// A variable that says what deployments do; the set has the default, which a person may change there.
#[derive(Debug, Clone, Copy)]
pub struct Prompt {
    pub variable: &'static str,
    pub default: &'static str,
    label: &'static str,
    description: &'static str,
    /// The values that there are, each with its words; none: a checkbox.
    options: &'static [(&'static str, &'static str)],
}

/// All of them, in the order of their names in the portal.
pub const ALL: [Prompt; 4] = [
    Prompt {
        variable: name::DEPLOY_ALLOW_DESTROY,
        default: "False",
        label: "Allow deletion at the destination",
        description: "A deployment stops before it deletes projects, tenants, targets, environments, accounts, feeds and the like, and names them. With this it deletes what is gone from the source.",
        options: &[],
    },
    Prompt {
        variable: name::DEPLOY_ENABLE_TRIGGERS,
        default: "False",
        label: "Enable triggers at the destination",
        description: "Triggers, subscriptions and automatic releases that are enabled at the source are enabled at the destination too. Otherwise nothing there starts work by itself.",
        options: &[],
    },
    Prompt {
        variable: name::DEPLOY_EXISTING,
        default: "fail",
        label: "Things of the same name at the destination",
        description: "What octoferry did not make, and would: stop before anything is written and name it, or take it over and make it as the source has it.",
        options: &[("fail", "Stop and name them"), ("adopt", "Take them over")],
    },
    Prompt {
        variable: name::DEPLOY_PLACEHOLDERS,
        default: "True",
        label: "Deploy without missing secrets",
        description: "Secrets that no run can read and nobody entered as a variable arrive as recognisable placeholders and are listed. Otherwise the deployment stops when one is missing.",
        options: &[],
    },
];

/// What the runbook that re-homes Tentacles is asked at its start; looking does no harm.
pub const REHOME: Prompt = Prompt {
    variable: name::REHOME_WHAT,
    default: "check",
    label: "What Tentacles are told",
    description: "First let them know the destination beside this server, then look whether the destination reaches them. When all deploys from there, let them forget this server: the destination does that, so that one that it does not reach keeps this server.",
    options: &[
        ("check", "Look whether the destination reaches them"),
        ("add", "Know the destination beside this server"),
        ("remove", "Forget this server"),
    ],
};

impl Prompt {
    /// The fields of the variable besides name, value and scope. Nobody must answer: what starts runs by itself takes the value in the set.
    #[must_use]
    pub fn fields(&self) -> Value {
        let display = if self.options.is_empty() {
            json!({"Octopus.ControlType": "Checkbox"})
        } else {
            let options: Vec<String> =
                self.options.iter().map(|(value, words)| format!("{value}|{words}")).collect();
            json!({"Octopus.ControlType": "Select", "Octopus.SelectOptions": options.join("\n")})
        };
        json!({
            "Description": self.description,
            "Prompt": {
                "Label": self.label,
                "Description": self.description,
                "Required": false,
                "DisplaySettings": display,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_must_answer_and_everybody_can_read_what_is_asked() {
        for prompt in ALL.into_iter().chain([REHOME]) {
            let fields = prompt.fields();
            assert_eq!(fields["Prompt"]["Required"], false);
            assert!(fields["Description"].as_str().unwrap().len() > 60);
            let is_an_option =
                prompt.options.is_empty() || prompt.options.iter().any(|(value, _)| *value == prompt.default);
            assert!(is_an_option, "{}", prompt.variable);
        }
    }
}
