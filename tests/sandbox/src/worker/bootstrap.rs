//! The shell around a Bash script step: writes its files and says how to start them.
//!
//! `bash Bootstrap.<id>.Script.sh <key>` reads `Configure.<id>.sh` (functions and the encrypted variables) and then
//! sources the user's script in the same shell. Nothing is exported to the environment; the key stays in a shell
//! variable. Needs `bash`, `openssl` and coreutils on the worker.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use aes::cipher::{BlockEncryptMut as _, KeyIvInit as _, block_padding::Pkcs7};
use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::octostache::Dictionary;

/// The variable by which a server tells workers of features that are switched on, separated by commas.
pub const TOGGLES: &str = "OctopusEnabledFeatureToggles";
const ARRAY_TOGGLE: &str = "BashParametersArrayFeatureToggle";

/// The written files, and the arguments for `bash`.
pub struct Bootstrap {
    pub arguments: Vec<String>,
    /// Bootstrap and Configure file: they must go after the run, also after a failed one.
    files: Vec<PathBuf>,
}

impl Bootstrap {
    /// Writes Bootstrap and Configure file into the work folder. `script` is the user's script, already there.
    pub fn write(work: &Path, script: &Path, parameters: &str, variables: &Dictionary) -> Result<Self> {
        let key = random::<32>();
        let id = hex(&random::<8>());
        let bootstrap = work.join(format!("Bootstrap.{id}.Script.sh"));
        let configure = work.join(format!("Configure.{id}.sh"));
        let mut code = FUNCTIONS.to_owned();
        code.push_str(&lookup_function(&key, variables)?);
        if wants_array(work, script, variables)? {
            code.push_str(&parameter_array(&key, variables));
        }
        fs::write(&configure, code)?;
        let mut start = format!(
            "#!/bin/bash\nsensitiveVariableKey=$1\nshift\n. '{}'\n",
            quoted(&configure.to_string_lossy())
        );
        start.push_str(MASK_THE_KEY);
        if !variables.flag("Octopus.Action.Script.SuppressEnvironmentLogging") {
            start.push_str(LOG_THE_ENVIRONMENT);
        }
        // The script's parameters are shell text already, and are appended as they are.
        let _ = writeln!(start, ". '{}' {parameters}", quoted(&script.to_string_lossy()));
        fs::write(&bootstrap, start)?;
        let name = bootstrap.file_name().context("the file has a name")?.to_string_lossy().into_owned();
        Ok(Bootstrap { arguments: vec![name, hex(&key)], files: vec![bootstrap, configure] })
    }

    /// Removes the files that hold the variables.
    pub fn remove(&self) {
        for file in &self.files {
            let _ = fs::remove_file(file);
        }
    }
}

/// For use inside single quotes.
fn quoted(text: &str) -> String {
    text.replace('\'', r"'\''")
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system has random numbers");
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// AES-256-CBC with an initialisation vector of its own: base64 text and the vector in hex, as `openssl enc` wants.
fn encrypt(key: &[u8; 32], plain: &[u8]) -> (String, String) {
    let vector = random::<16>();
    let cipher = cbc::Encryptor::<aes::Aes256>::new(key.into(), &vector.into());
    (BASE64.encode(cipher.encrypt_padded_vec_mut::<Pkcs7>(plain)), hex(&vector))
}

/// `get_octopusvariable`: one case per variable, its label the base64 of the name (so with case), its value
/// evaluated and encrypted. An unknown name gives an empty line.
fn lookup_function(key: &[u8; 32], variables: &Dictionary) -> Result<String> {
    let mut code = String::from(
        "function get_octopusvariable\n{\n  local encoded_name\n  encoded_name=$(encode_servicemessagevalue \"$1\")\n  case \"$encoded_name\" in\n",
    );
    for variable in variables.iter() {
        let value = variables.get(&variable.name).map_err(anyhow::Error::msg)?.unwrap_or_default();
        let label = BASE64.encode(&variable.name);
        if value.is_empty() {
            // An encrypted nothing would be a block of padding; there is nothing to print.
            let _ = writeln!(code, "  '{label}') printf '' ;;");
            continue;
        }
        let (cipher, vector) = encrypt(key, value.as_bytes());
        let _ = writeln!(code, "  '{label}') decrypt_variable '{cipher}' '{vector}' ;;");
    }
    code.push_str("  *) echo \"\" ;;\n  esac\n}\n");
    Ok(code)
}

/// The array `octopus_parameters` is made only where the server has the toggle on and the text occurs in the script
/// or in a script module beside it.
fn wants_array(work: &Path, script: &Path, variables: &Dictionary) -> Result<bool> {
    let toggles = variables.raw(TOGGLES).unwrap_or_default();
    if !toggles.split(',').any(|toggle| toggle.trim() == ARRAY_TOGGLE) {
        return Ok(false);
    }
    let mut files = vec![script.to_owned()];
    for entry in fs::read_dir(work)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "sh") {
            files.push(path);
        }
    }
    Ok(files.iter().any(|file| {
        fs::read(file).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains("octopus_parameters["))
    }))
}

/// One encrypted blob of names and *raw* values, each ended by a NUL, without the script modules.
fn parameter_array(key: &[u8; 32], variables: &Dictionary) -> String {
    let mut blob = Vec::new();
    for variable in variables.iter().filter(|variable| !variable.name.starts_with("Octopus.Script.Module")) {
        for part in [&variable.name, &variable.value] {
            blob.extend(part.bytes().filter(|byte| *byte != 0));
            blob.push(0);
        }
    }
    let (cipher, vector) = encrypt(key, &blob);
    format!(
        r#"if (( BASH_VERSINFO[0] > 4 || (BASH_VERSINFO[0] == 4 && BASH_VERSINFO[1] >= 3) )); then
  declare -A octopus_parameters
  while IFS= read -r -d '' parameter_name && IFS= read -r -d '' parameter_value; do
    octopus_parameters["$parameter_name"]=$parameter_value
  done < <(decrypt_variable '{cipher}' '{vector}')
  unset parameter_name parameter_value
fi
"#
    )
}

/// The key must not show in a log. To both streams, so that it is masked before either says anything.
const MASK_THE_KEY: &str = r###"mask_message="##octopus[mask value='$(encode_servicemessagevalue "$sensitiveVariableKey")']"
echo "$mask_message"
echo "$mask_message" >&2
unset mask_message
"###;

const LOG_THE_ENVIRONMENT: &str = r###"echo "##octopus[stdout-verbose]"
echo "Bash environment:"
echo "  System: $(uname -a)"
echo "  User: $(whoami)"
echo "  Host: $(hostname)"
echo "  Processors: $(getconf _NPROCESSORS_ONLN)"
echo "  Folder: $PWD"
echo "##octopus[stdout-default]"
"###;

/// What a script may call.
const FUNCTIONS: &str = include_str!("functions.sh");

#[cfg(test)]
mod tests {
    use std::process::{Command, Output};

    use super::*;

    /// Runs a script as a worker would, in a clean environment.
    fn run(body: &str, parameters: &str, variables: &Dictionary) -> Output {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("Script.sh");
        fs::write(&script, body).unwrap();
        let bootstrap = Bootstrap::write(folder.path(), &script, parameters, variables).unwrap();
        let output = Command::new("bash")
            .args(&bootstrap.arguments)
            .current_dir(folder.path())
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .output()
            .unwrap();
        bootstrap.remove();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "only the script is left");
        output
    }

    fn quiet(variables: &[(&str, &str)]) -> Dictionary {
        let mut dictionary = Dictionary::default();
        dictionary.set("Octopus.Action.Script.SuppressEnvironmentLogging", "True");
        for (name, value) in variables {
            dictionary.set_sensitive(*name, *value);
        }
        dictionary
    }

    /// What the script printed, without the message that masks the key.
    fn printed(output: &Output) -> String {
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        text.split_once('\n').unwrap().1.to_owned()
    }

    #[test]
    fn variables_arrive_exactly_and_missing_ones_are_a_newline() {
        let long = "0123456789".repeat(30_000);
        let odd = "a'b\"c\\d$(e)`f`\u{1F600}\r\nlast line\n";
        let variables = quiet(&[("Odd 'name' é", odd), ("Long", &long), ("Empty", "")]);
        let output = run(
            "get_octopusvariable \"Odd 'name' é\"; echo -n '|'; get_octopusvariable Long | wc -c; get_octopusvariable Empty | wc -c; get_octopusvariable nobody | wc -c; get_octopusvariable long | wc -c",
            "",
            &variables,
        );
        assert_eq!(
            printed(&output),
            format!("{odd}|300000\n0\n1\n1\n"),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    #[test]
    fn the_script_runs_in_the_same_shell_and_nothing_is_exported() {
        let variables = quiet(&[("Secret", "hunter22")]);
        let output = run("echo \"$1 ${#sensitiveVariableKey}\"; env | sort; exit 7", "'a b'", &variables);
        assert_eq!(output.status.code(), Some(7));
        let text = printed(&output);
        assert!(text.starts_with("a b 64\n"), "{text}");
        assert!(!text.contains("hunter22") && !text.contains("sensitiveVariableKey"), "{text}");
        assert!(String::from_utf8_lossy(&output.stderr).starts_with("##octopus[mask value='"));
    }

    #[test]
    fn values_are_evaluated_but_raw_in_the_array() {
        let mut variables = quiet(&[("A", "x"), ("B", "#{A}-##{y}")]);
        let body = "echo \"$(get_octopusvariable B) ${octopus_parameters[B]}\"";
        assert_eq!(printed(&run(body, "", &variables)), "x-#{y} \n", "no array without the toggle");
        variables.set(TOGGLES, "Other,BashParametersArrayFeatureToggle");
        assert_eq!(printed(&run(body, "", &variables)), "x-#{y} #{A}-##{y}\n");
    }

    #[test]
    fn functions_print_service_messages() {
        let body = "echo hi > a.txt; new_octopusartifact a.txt; set_octopusvariable Out 'two words' -sensitive; write_warning 'mind  this'; rm a.txt; fail_step 'no more'";
        let output = run(body, "", &quiet(&[]));
        let text = printed(&output);
        assert!(text.contains("##octopus[createArtifact path='"), "{text}");
        assert!(
            text.contains("##octopus[setVariable name='T3V0' value='dHdvIHdvcmRz' sensitive='VHJ1ZQ==']"),
            "{text}"
        );
        assert!(text.contains("##octopus[stdout-warning]\nmind this\n##octopus[stdout-default]"), "{text}");
        assert!(text.ends_with("##octopus[resultMessage message='bm8gbW9yZQ==']\n"), "{text}");
        assert_eq!(output.status.code(), Some(1));
    }
}
