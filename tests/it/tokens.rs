//! Terraform's state holds tokens: they change when the secret does, and only then, and take the place of what an older octoferry has left.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use octopus_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::{
    Ended, Run, files_below, http, octoferry, sandbox_with, sandbox_with_empty_space, terraform_config,
};

const TOKEN: &str = "octoferrytoken01";

/// A space's module and a workstation that deploys it.
struct Workstation {
    destination: Sandbox,
    folder: tempfile::TempDir,
    /// Octopus variable → value, as the file of secrets has them.
    secrets: BTreeMap<String, String>,
    /// Octopus variable → the name of the secret in the module.
    names: BTreeMap<String, String>,
}

impl Workstation {
    fn new() -> Self {
        let source = sandbox_with("small-web");
        let folder = tempfile::tempdir().expect("a folder");
        octoferry(["serialize", "space", "--out", "modules/space"])
            .source(&source, "Spaces-2")
            .in_folder(folder.path())
            .ends_with(3);
        let manifest = std::fs::read(folder.path().join("modules/space/octoferry.json")).expect("a manifest");
        let manifest: Value = serde_json::from_slice(&manifest).expect("JSON");
        let mut names = BTreeMap::new();
        for secret in manifest["secrets"].as_array().expect("secrets") {
            let text = |field: &str| secret[field].as_str().expect("a text").to_owned();
            names.insert(text("octopus_variable"), text("name"));
        }
        let secrets = names.keys().map(|name| (name.clone(), format!("planted-value-of-{name}"))).collect();
        Self { destination: sandbox_with_empty_space("New"), folder, secrets, names }
    }

    fn deploy(&self) -> Run {
        let file = self.folder.path().join("secrets.json");
        std::fs::write(&file, json!(self.secrets).to_string()).expect("the file of secrets");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("its rights");
        octoferry(["deploy", "modules/space"])
            .option("--secrets", &file)
            .state_below(&self.folder.path().join("state"))
            .destination(&self.destination, "New")
            .env("TF_CLI_CONFIG_FILE", terraform_config())
            .in_folder(self.folder.path())
    }

    fn state_file(&self) -> PathBuf {
        let folder = self.folder.path().join("state");
        let files = files_below(&folder);
        folder.join(files.iter().find(|file| file.ends_with("/space.tfstate")).expect("a state"))
    }

    fn state(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.state_file()).expect("the state")).expect("JSON")
    }

    /// Whatever lies in the folder of the state.
    fn kept(&self) -> String {
        let folder = self.folder.path().join("state");
        let files = files_below(&folder);
        files.iter().map(|file| std::fs::read_to_string(folder.join(file)).expect("a text")).collect()
    }

    /// Address → token.
    fn tokens(&self) -> BTreeMap<String, String> {
        let mut tokens = BTreeMap::new();
        for resource in self.state()["resources"].as_array().expect("resources") {
            let attributes = resource["instances"][0]["attributes"].as_object().expect("attributes");
            let texts = attributes.values().filter_map(Value::as_str);
            for text in texts.filter(|text| text.starts_with(TOKEN)) {
                tokens.insert(resource["type"].as_str().expect("a type").to_owned(), text.to_owned());
            }
        }
        tokens
    }

    /// What the destination holds.
    fn arrived(&self) -> Vec<String> {
        let dump = self.destination.dump();
        let values = dump["Secrets"].as_object().expect("secrets").values();
        let values = values.flat_map(|values| values.as_object().expect("values").values());
        let mut values: Vec<String> =
            values.map(|value| value.as_str().expect("a text").to_owned()).collect();
        values.sort();
        values
    }

    #[track_caller]
    fn all_arrived(&self) {
        let mut expected: Vec<String> = self.secrets.values().cloned().collect();
        expected.sort();
        assert_eq!(self.arrived(), expected);
    }

    /// Deploys; the writes that the destination got.
    #[track_caller]
    fn writes(&self, run: Run) -> (Ended, Vec<String>) {
        let before = self.destination.requests().len();
        let ended = run.ends_with_one_of(&[0, 3]).1;
        let requests = self.destination.requests();
        let writes = requests[before..].iter().filter(|request| request["Method"] != "GET");
        let writes = writes.map(|request| format!("{} {}", request["Method"], request["Path"])).collect();
        (ended, writes)
    }

    /// Gives the state the values in place of their tokens, as an older octoferry would have left it.
    fn make_old(&self, value_of: impl Fn(&str) -> String) {
        let tokens = self.tokens();
        let mut text = std::fs::read_to_string(self.state_file()).expect("the state");
        for (kind, token) in &tokens {
            let name = match kind.as_str() {
                "octopusdeploy_aws_account" => "account_letterbox_backup_secret_key",
                "octopusdeploy_username_password_account" => "account_letterbox_deploy_login_password",
                "octopusdeploy_docker_container_registry" => "feed_letterbox_images_password",
                "octopusdeploy_variable" => "letterbox_shared_mail_password",
                other => panic!("a secret in {other}"),
            };
            let found = self.names.iter().find(|(_, of)| of.as_str() == name);
            let (variable, _) = found.unwrap_or_else(|| panic!("{name} is not among {:?}", self.names));
            text = text.replace(token.as_str(), &value_of(variable));
        }
        assert!(!text.contains(TOKEN));
        std::fs::write(self.state_file(), text).expect("the state is written");
        // It recorded nothing of what it deployed.
        std::fs::remove_file(self.state_file().with_file_name("deployed.tfstate")).expect("the record");
    }
}

#[test]
fn a_token_changes_with_its_secret_and_with_the_key_and_nothing_else_does() {
    let mut workstation = Workstation::new();
    workstation.writes(workstation.deploy());
    workstation.all_arrived();
    let first = workstation.tokens();
    assert_eq!(first.len(), 4);
    assert!(!workstation.kept().contains("planted-value-of"));
    let (_, writes) = workstation.writes(workstation.deploy());
    assert_eq!(writes, Vec::<String>::new());
    assert_eq!(workstation.tokens(), first);

    // Renewed at the source: this account is written, and nothing else.
    let (variable, _) =
        workstation.names.iter().find(|(_, name)| name.contains("secret_key")).expect("the AWS account");
    workstation.secrets.insert(variable.clone(), "planted-value-renewed".to_owned());
    let (_, writes) = workstation.writes(workstation.deploy());
    assert!(writes.len() == 1 && writes[0].contains("accounts/Accounts-"), "{writes:?}");
    workstation.all_arrived();
    let second = workstation.tokens();
    assert_eq!(first.iter().filter(|(kind, token)| second[*kind] != **token).count(), 1);

    // Another key of modules: each is written once more, with the value that it has.
    let other = || workstation.deploy().env("OCTOFERRY_MODULE_KEY", "a-long-random-text-of-the-workstation");
    assert!(workstation.writes(other()).1.len() >= 4);
    workstation.all_arrived();
    assert!(second.iter().all(|(kind, token)| workstation.tokens()[kind] != *token));
    assert_eq!(workstation.writes(other()).1, Vec::<String>::new());
    assert!(!workstation.kept().contains("planted-value-of"));
}

#[test]
fn what_an_older_octoferry_left_in_the_state_is_replaced_and_nothing_is_written_for_it() {
    let workstation = Workstation::new();
    workstation.writes(workstation.deploy());
    let made = workstation.tokens();
    workstation.make_old(|variable| workstation.secrets[variable].clone());
    assert!(workstation.kept().contains("planted-value-of"));

    workstation
        .deploy()
        .arg("--plan")
        .ends_with(4)
        .says("the state holds secrets in clear text (4)")
        .never_says("planted-value-of");
    assert!(workstation.kept().contains("planted-value-of"), "a plan writes nothing");

    let (ended, writes) = workstation.writes(workstation.deploy());
    ended.says("the state held secrets in clear text (4)").says("Older versions of the state file");
    assert_eq!(writes, Vec::<String>::new());
    assert!(!workstation.kept().contains("planted-value-of"), "no copy beside the state has one");
    assert_eq!(workstation.tokens(), made);
    workstation.all_arrived();
    let (ended, writes) = workstation.writes(workstation.deploy());
    ended.never_says("in clear text");
    assert_eq!(writes, Vec::<String>::new());
}

#[test]
fn a_secret_that_is_another_one_since_an_older_octoferry_wrote_it_is_brought() {
    let workstation = Workstation::new();
    workstation.writes(workstation.deploy());
    workstation.make_old(|_| "what-was-there-long-ago".to_owned());
    let (ended, writes) = workstation.writes(workstation.deploy());
    ended.never_says("the state held secrets");
    assert!(writes.len() >= 4, "{writes:?}");
    workstation.all_arrived();
    assert!(!workstation.state().to_string().contains("what-was-there-long-ago"));
}

#[test]
fn a_placeholder_and_a_secret_that_is_no_longer_given_leave_what_is_there() {
    let mut workstation = Workstation::new();
    workstation.writes(workstation.deploy());
    let given = workstation.secrets.clone();
    let there = workstation.arrived();
    // The feed's password comes from a person; nobody gives it this time.
    let (variable, _) =
        workstation.names.iter().find(|(_, name)| name.starts_with("feed_")).expect("the feed");
    workstation.secrets.remove(variable);
    workstation.writes(workstation.deploy().arg("--placeholders"));
    assert_eq!(workstation.arrived(), there);
    assert_eq!(workstation.tokens().len(), 3);
    workstation.secrets = given;
    workstation.writes(workstation.deploy());
    workstation.all_arrived();
    assert_eq!(workstation.tokens().len(), 4);
}

#[test]
fn an_altered_module_can_not_have_a_secret_written_where_it_can_be_read() {
    let workstation = Workstation::new();
    let module = workstation.folder.path().join("modules/space");
    let file = files_below(&module).into_iter().find(|file| file.contains("accounts")).expect("accounts");
    let text = std::fs::read_to_string(module.join(&file)).expect("the accounts");
    let secret =
        workstation.names.values().find(|name| name.contains("secret_key")).expect("the AWS account");
    let altered: Vec<String> = text
        .lines()
        .map(|line| {
            let (name, _) = line.split_once('=').unwrap_or((line, ""));
            if name.trim() == "description" { format!("{name}= var.{secret}") } else { line.to_owned() }
        })
        .collect();
    assert_ne!(altered.join("\n"), text.trim_end());
    std::fs::write(module.join(&file), altered.join("\n")).expect("it is altered");
    workstation.deploy().ends_with(1).says("octoferry did not send POST").says("not for Description here");
    let (_, accounts) = http(&workstation.destination, "GET", "/api/Spaces-2/accounts?take=100", None);
    assert!(!accounts.to_string().contains("planted-value"), "{accounts}");
    assert!(!accounts.to_string().contains(TOKEN), "{accounts}");
}

#[test]
fn a_variable_that_goes_past_the_relay_is_given_as_it_is_and_named() {
    let mut workstation = Workstation::new();
    let module = workstation.folder.path().join("modules/space");
    let own = "variable \"own_key\" {\n  type      = string\n  sensitive = true\n}\n\nresource \"terraform_data\" \"own\" {\n  input = var.own_key\n}\n";
    std::fs::write(module.join("own.tf"), own).expect("the owner's file");
    workstation.secrets.insert("Octoferry.Secret.own_key".to_owned(), "planted-in-vain".to_owned());
    let (ended, _) = workstation.writes(workstation.deploy());
    ended.says("the secret own_key stands in Terraform's state in clear text").says("terraform_data.own");
    assert!(workstation.state().to_string().contains("planted-in-vain"));
    assert!(!workstation.kept().contains("planted-value-of"));
}
