//! Which properties of an action become files beside the module, and what these files are called.

/// Where a property's text goes: `<folder>/<slug of the action><suffix><extension>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TextFile {
    /// `scripts` for what is run, `files` for what is read.
    pub(crate) folder: &'static str,
    /// Empty, or `.` and a word that tells it from the action's other files.
    pub(crate) suffix: String,
    /// With its dot.
    pub(crate) extension: &'static str,
}

/// A text of more lines than this, or longer than [`LONG`], is a file whatever it is.
const MANY_LINES: usize = 12;
/// In bytes.
const LONG: usize = 1000;

/// The properties that hold a language of their own: name, suffix, extension. An empty extension follows from the text.
const KNOWN: &[(&str, &str, &str)] = &[
    ("Octopus.Action.KubernetesContainers.CustomResourceYaml", "", ".yaml"),
    ("Octopus.Action.KubernetesContainers.DeploymentYaml", ".deployment", ".yaml"),
    ("Octopus.Action.KubernetesContainers.ServiceYaml", ".service", ".yaml"),
    ("Octopus.Action.Helm.YamlValues", ".values", ".yaml"),
    ("Octopus.Action.Aws.CloudFormationTemplate", "", ""),
    ("Octopus.Action.Azure.ResourceGroupTemplate", "", ""),
    ("Octopus.Action.Azure.TemplateInlined", "", ""),
    ("Octopus.Action.Terraform.Template", "", ".tf"),
    ("Octopus.Action.GoogleCloud.Template", "", ".yaml"),
    ("Octopus.Action.Email.Body", "", ".html"),
];

/// The file for a property, or `None` for text that is better read in the module itself: one line, or a few lines of no language.
pub(crate) fn text_file(property: &str, text: &str, syntax: Option<&str>) -> Option<TextFile> {
    let lines = text.trim_end_matches(['\r', '\n']).split('\n').count();
    if property == "Octopus.Action.Script.ScriptBody" && (text.contains('\n') || text.len() > LONG) {
        return Some(TextFile {
            folder: "scripts",
            suffix: String::new(),
            extension: extension_of_syntax(syntax),
        });
    }
    if lines < 2 && text.len() <= LONG {
        return None;
    }
    if let Some(event) = property.strip_prefix("Octopus.Action.CustomScripts.") {
        let (event, extension) = event.rsplit_once('.').unwrap_or((event, ""));
        let extension = extension_of_custom_script(extension);
        return Some(TextFile { folder: "scripts", suffix: suffix_of(event), extension });
    }
    if let Some((_, suffix, extension)) = KNOWN.iter().find(|(name, ..)| *name == property) {
        let extension = if extension.is_empty() { extension_of_template(text) } else { extension };
        return Some(TextFile { folder: "files", suffix: (*suffix).to_owned(), extension });
    }
    (lines > MANY_LINES || text.len() > LONG).then(|| TextFile {
        folder: "files",
        suffix: suffix_of(property.rsplit('.').next().unwrap_or(property)),
        extension: if is_json(text) { ".json" } else { ".txt" },
    })
}

fn extension_of_syntax(syntax: Option<&str>) -> &'static str {
    match syntax {
        Some("Bash") => ".sh",
        Some("CSharp") => ".csx",
        Some("FSharp") => ".fsx",
        Some("Python") => ".py",
        // What a server takes when no syntax is given.
        Some("PowerShell") | None => ".ps1",
        Some(_) => ".txt",
    }
}

fn extension_of_custom_script(extension: &str) -> &'static str {
    match extension {
        "sh" => ".sh",
        "csx" => ".csx",
        "fsx" => ".fsx",
        "py" => ".py",
        "ps1" => ".ps1",
        _ => ".txt",
    }
}

fn extension_of_template(text: &str) -> &'static str {
    if is_json(text) { ".json" } else { ".yaml" }
}

fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

/// `PostDeploy` → `.post-deploy`; characters that don't suit a file's name are left out.
fn suffix_of(word: &str) -> String {
    let mut suffix = String::from(".");
    let mut after_small = false;
    for character in word.chars() {
        if character.is_ascii_alphanumeric() {
            if character.is_ascii_uppercase() && after_small {
                suffix.push('-');
            }
            after_small = !character.is_ascii_uppercase();
            suffix.push(character.to_ascii_lowercase());
        }
    }
    if suffix.len() == 1 { String::from(".property") } else { suffix }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(property: &str, text: &str, syntax: Option<&str>) -> String {
        text_file(property, text, syntax)
            .map_or("inline".to_owned(), |file| format!("{}/x{}{}", file.folder, file.suffix, file.extension))
    }

    #[test]
    fn scripts_of_more_than_a_line_are_files_in_their_language() {
        let body = "Octopus.Action.Script.ScriptBody";
        assert_eq!(name(body, "a\nb", Some("Bash")), "scripts/x.sh");
        assert_eq!(name(body, "a\nb", None), "scripts/x.ps1");
        assert_eq!(name(body, "a\nb", Some("Python")), "scripts/x.py");
        assert_eq!(name(body, "Restart-Service a", Some("PowerShell")), "inline");
        assert_eq!(name(body, "Restart-Service a\n", Some("PowerShell")), "scripts/x.ps1");
        assert_eq!(name(body, &"x".repeat(2000), Some("Bash")), "scripts/x.sh");
        assert_eq!(
            name("Octopus.Action.CustomScripts.PostDeploy.sh", "a\nb\n", None),
            "scripts/x.post-deploy.sh"
        );
        assert_eq!(name("Octopus.Action.CustomScripts.PostDeploy.sh", "reload\n", None), "inline");
    }

    #[test]
    fn templates_are_files() {
        assert_eq!(name("Octopus.Action.Helm.YamlValues", "a: 1\nb: 2", None), "files/x.values.yaml");
        assert_eq!(name("Octopus.Action.Aws.CloudFormationTemplate", "{\n}", None), "files/x.json");
        assert_eq!(name("Octopus.Action.Aws.CloudFormationTemplate", "A:\n b: 1", None), "files/x.yaml");
    }

    #[test]
    fn other_text_stays_in_the_module_unless_it_is_long() {
        assert_eq!(name("Octopus.Action.Manual.Instructions", "look\n\n* here\n* there", None), "inline");
        assert_eq!(
            name("Octopus.Action.Manual.Instructions", &"x\n".repeat(20), None),
            "files/x.instructions.txt"
        );
        assert_eq!(
            name("Octopus.Action.KubernetesContainers.Containers", &"[1]".repeat(500), None),
            "files/x.containers.json"
        );
        assert_eq!(name("💧", &"x".repeat(2000), None), "files/x.property.txt");
    }
}
