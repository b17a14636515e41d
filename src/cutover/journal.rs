//! The journal of a cutover: one text variable in a library set of its own at the source, linked to no project. `unseed` leaves it there:
//! without it nothing could be taken back.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Switch;
use documents::collection::Collection;
use documents::document::Document;
use documents::inventory::Inventory;
use failure::Failure;
use octopus::server::Server;
use octopus::upsert;

/// Name of the library set.
pub const SET: &str = "Octoferry Cutover";
/// Last line of its description; a set of this name without it is a person's own.
pub const MARK: &str = "Made by octoferry cutover; octoferry cutover --back removes it.";
/// Not one of octoferry's names: steps refuse those that seed did not make.
const VARIABLE: &str = "Cutover.Journal";
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Journal {
    format: u32,
    switches: Vec<Switch>,
}

fn is_ours(set: &Document) -> bool {
    set.name() == SET && set.text("Description").is_some_and(|text| text.trim_end().ends_with(MARK))
}

/// The ids of the journal's library set and variable set, when there has been a cutover.
#[must_use]
pub fn place(inventory: &Inventory) -> Option<(String, String)> {
    let set = inventory.all(Collection::LibraryVariableSets).find(|set| is_ours(set))?;
    Some((set.id().to_owned(), set.text("VariableSetId")?.to_owned()))
}

/// The switches that a variable set holds.
///
/// # Errors
/// When somebody has written something else there.
pub fn parse(variables: &Document) -> Result<Vec<Switch>, Failure> {
    let Some(text) = variables
        .list("Variables")
        .iter()
        .find(|variable| variable["Name"] == VARIABLE)
        .and_then(|variable| variable["Value"].as_str())
    else {
        return Ok(Vec::new());
    };
    let unread = |why: String| {
        Failure::failed(format!("the journal of the cutover can't be read: {why}")).hint(format!(
            "Look at the variable {VARIABLE} of the library variable set {SET:?}: somebody has changed it. Its audit trail has the older text."
        ))
    };
    let journal: Journal = serde_json::from_str(text).map_err(|error| unread(error.to_string()))?;
    if journal.format != FORMAT {
        return Err(unread(format!("its format is {}, and this octoferry knows {FORMAT}", journal.format)));
    }
    Ok(journal.switches)
}

fn set_of() -> Value {
    json!({"Name": SET, "Description": format!("How things stood before the cutover.\n\n{MARK}"), "Templates": []})
}

fn variables_of(switches: &[Switch]) -> Value {
    let journal = Journal { format: FORMAT, switches: switches.to_vec() };
    let text = serde_json::to_string(&journal).expect("a journal has only texts as keys");
    json!([{"Name": VARIABLE, "Value": text, "Type": "String", "IsSensitive": false, "IsEditable": true, "Scope": {}}])
}

/// The switches that are recorded at the source; empty when there has been no cutover.
///
/// # Errors
/// When they can't be read.
pub async fn read(source: &Server) -> Result<Vec<Switch>, Failure> {
    match set(source).await? {
        Some(set) => parse(&variables(source, &set).await?),
        None => Ok(Vec::new()),
    }
}

/// Adds the journal to what was read of a space, where only a part of it was.
///
/// # Errors
/// When it can't be read: then what the cutover has disabled would look as if people had.
pub async fn add(source: &Server, inventory: &mut Inventory) -> Result<(), Failure> {
    if place(inventory).is_none()
        && let Some(set) = set(source).await?
    {
        inventory.insert(Collection::Variables, variables(source, &set).await?);
        inventory.insert(Collection::LibraryVariableSets, set);
    }
    match place(inventory).and_then(|(_, variables)| inventory.get(Collection::Variables, &variables)) {
        Some(variables) => parse(variables).map(|_| ()),
        None => Ok(()),
    }
}

/// Records the switches, in place of those that were there.
///
/// # Errors
/// When the source refuses.
pub async fn write(source: &Server, switches: &[Switch]) -> Result<(), Failure> {
    let there = set(source).await?;
    let set = upsert::ensure(source, Collection::LibraryVariableSets, there.as_ref(), &set_of()).await?;
    let path = format!("variables/{}", set.text("VariableSetId").unwrap_or_default());
    let wanted = variables_of(switches);
    upsert::edit(source, &path, |document| {
        document.fields_mut().insert("Variables".to_owned(), wanted.clone());
        true
    })
    .await?;
    Ok(())
}

/// Takes the journal away.
///
/// # Errors
/// When the source refuses.
pub async fn remove(source: &Server) -> Result<(), Failure> {
    if let Some(set) = set(source).await? {
        source.client.delete(&source.path(&format!("libraryvariablesets/{}", set.id()))).await?;
    }
    Ok(())
}

async fn set(source: &Server) -> Result<Option<Document>, Failure> {
    let named = format!("partialName={}", SET.replace(' ', "%20"));
    Ok(upsert::search(source, Collection::LibraryVariableSets, &named).await?.into_iter().find(is_ours))
}

async fn variables(source: &Server, set: &Document) -> Result<Document, Failure> {
    let id = set.text("VariableSetId").unwrap_or_default();
    upsert::document(source.client.get(&source.path(&format!("variables/{id}"))).await?)
}

/// The journal's two documents, as a server would hold them.
#[cfg(test)]
pub(super) fn documents(id: &str, variables: &str, switches: &[Switch]) -> (Value, Value) {
    let mut set = set_of();
    set["Id"] = json!(id);
    set["VariableSetId"] = json!(variables);
    (set, json!({"Id": variables, "OwnerId": id, "Variables": variables_of(switches)}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use octopus::role::Role;

    #[test]
    fn what_is_recorded_is_read() {
        let of_project = Switch {
            project: Some("Web".to_owned()),
            side: Role::Destination,
            collection: Collection::Projects,
            id: "Projects-7".into(),
            subject: "project \"Web\"".into(),
            field: "ReleaseCreationStrategy".into(),
            before: Value::Null,
            after: json!({"ChannelId": "Channels-1"}),
        };
        // As older octoferries read and write it.
        let of_space = Switch { project: None, ..of_project.clone() };
        assert_eq!(serde_json::to_value(&of_space).unwrap()["project"], "");
        let switches = vec![of_project, of_space];
        let (_, variables) = documents("LibraryVariableSets-1", "variableset-1", &switches);
        assert_eq!(parse(&Document::new(variables.clone()).unwrap()).unwrap(), switches);
        let mut odd = variables;
        odd["Variables"][0]["Value"] = json!("hello");
        assert!(parse(&Document::new(odd).unwrap()).unwrap_err().to_string().contains("can't be read"));
    }
}
