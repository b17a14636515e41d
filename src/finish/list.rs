//! Lists of a document: the order of their items, and items that the provider can't carry.

use serde_json::{Value, json};

use super::document::{has_secret, kept, without_nothing, without_secrets};
use super::stayed::Written;
use super::{Finish, field, limited};
use documents::property::{TEMPLATE_ID, TEMPLATE_VERSION};
use failure::Failure;
use octopus::upsert::has_all_of;

/// What an item is known by.
fn name_of(item: &Value) -> &str {
    item["Name"].as_str().or(item["ExtensionId"].as_str()).unwrap_or_default()
}

impl Finish<'_> {
    /// Puts the items of a list into the order of these names; others stay behind them.
    pub(super) fn order(
        &mut self,
        document: &mut Value,
        path: &[Value],
        names: &[String],
        text: String,
        written: &mut Vec<Written>,
    ) {
        let Some(Value::Array(items)) = field::place_of(document, path) else {
            self.report.failed.push(format!("{text}: there is no such list at the destination"));
            return;
        };
        let place = |item: &Value| {
            let name = item["Name"].as_str().unwrap_or_default();
            names.iter().position(|known| known == name).unwrap_or(names.len())
        };
        if items.is_sorted_by_key(place) {
            self.report.already += 1;
        } else {
            items.sort_by_key(place);
            written.push(Written { text: format!("the order of {text}"), path: path.to_vec() });
        }
    }

    /// Makes an item of a list, or brings the one of its name to what is wanted.
    pub(super) async fn item(
        &mut self,
        document: &mut Value,
        path: &[Value],
        (after, item): (&[String], &Value),
        what: &str,
        written: &mut Vec<Written>,
    ) -> Result<(), Failure> {
        let name = name_of(item);
        let text = format!("{}/{name} of {what}", field::described(path));
        let mut wanted = self.directory.resolved(item).await?;
        self.follow_newest(&mut wanted).await?;
        let Some(slot) = field::place_of(document, path) else {
            self.report.failed.push(format!("{text}: there is no such list at the destination"));
            return Ok(());
        };
        if slot.is_null() {
            *slot = json!([]);
        }
        let Some(items) = slot.as_array_mut() else { return Ok(()) };
        // Variables of one name are told apart by their scopes.
        let scope = wanted.get("Scope").map(|scope| json!({ "Scope": scope }));
        let scope = scope.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
        let is =
            |there: &Value| name_of(there) == name && field::fits(there, &scope, |one, other| one == other);
        let position = items.iter().position(is).or_else(|| limited::made_for_fewer(items, &wanted));
        let before = position.map_or(Value::Null, |position| items[position].clone());
        let mut secrets = Vec::new();
        let wanted = self.filled(&wanted, "", Some(&before), &mut secrets);
        if position.is_some() && has_all_of(&before, &without_secrets(&wanted)) && !has_secret(&wanted) {
            self.report.already += 1;
        } else {
            match position {
                Some(position) => items[position] = kept(&before, &wanted),
                None => {
                    let last =
                        items.iter().rposition(|there| after.iter().any(|name| name_of(there) == name));
                    // A step's own action is the first, and may have another name by now.
                    let first =
                        usize::from(path.last().is_some_and(|list| list == "Actions")).min(items.len());
                    items.insert(last.map_or(first, |last| last + 1), without_nothing(&wanted));
                }
            }
            written.push(Written { text: text.clone(), path: path.to_vec() });
        }
        self.tell_secrets(&text, &secrets, &before);
        Ok(())
    }

    /// Versions of step templates are counted anew at each server: an action follows the newest one there.
    async fn follow_newest(&self, part: &mut Value) -> Result<(), Failure> {
        for action in part["Actions"].as_array_mut().into_iter().flatten() {
            Box::pin(self.follow_newest(action)).await?;
        }
        if let Some(id) = part["Properties"][TEMPLATE_ID].as_str() {
            let server = &self.directory.server;
            let path = server.path(&format!("actiontemplates/{}", octopus::client::encode(id)));
            let template = server.client.find(&path).await?;
            if let Some(version) =
                template.as_ref().map(|template| &template["Version"]).filter(|version| !version.is_null())
            {
                part["Properties"][TEMPLATE_VERSION] = json!(version.to_string());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;
    use octopus::client::{Client, Proxies, Transport, Trust};
    use octopus::role::Role;
    use octopus::server::Server;
    use secret::Secret;

    async fn changed(
        mut document: Value,
        change: impl AsyncFnOnce(&mut Finish<'_>, &mut Value, &mut Vec<Written>),
    ) -> (Value, usize) {
        let transport =
            Transport::new(std::time::Duration::from_secs(5), Trust::default(), Proxies::default())
                .ok()
                .unwrap();
        let client =
            Client::new(Role::Destination, "http://127.0.0.1:9", Secret::new("API-X".into()), &transport);
        let secrets = BTreeMap::new();
        let space = documents::document::Document::new(json!({"Id": "Spaces-1"})).unwrap();
        let nothing = String::new();
        let server = Server {
            client: client.ok().unwrap(),
            installation_id: nothing.clone(),
            version: nothing,
            space,
        };
        let mut finish = Finish::new(server, &secrets, Path::new("."));
        let mut written = Vec::new();
        change(&mut finish, &mut document, &mut written).await;
        (document, written.len())
    }

    fn names(document: &Value) -> Vec<&str> {
        document["Steps"].as_array().into_iter().flatten().filter_map(|step| step["Name"].as_str()).collect()
    }

    #[tokio::test]
    async fn an_item_comes_behind_those_before_it_and_is_changed_in_its_place() {
        let steps = json!({"Steps": [{"Name": "a"}, {"Name": "c"}]});
        let item = json!({"Name": "b", "Inputs": {"x": [1]}});
        let path = [json!("Steps")];
        let after = ["a".to_owned(), "gone".to_owned()];
        let (made, written) = changed(steps, async |finish, document, written| {
            finish.item(document, &path, (&after, &item), "p", written).await.ok().unwrap();
        })
        .await;
        assert_eq!((names(&made), written), (vec!["a", "b", "c"], 1));
        let (same, written) = changed(made.clone(), async |finish, document, written| {
            finish.item(document, &path, (&after, &item), "p", written).await.ok().unwrap();
        })
        .await;
        assert_eq!((&same, written), (&made, 0));
        let other = json!({"Name": "b", "Inputs": {"x": [2]}});
        let (other, written) = changed(made, async |finish, document, written| {
            finish.item(document, &path, (&after, &other), "p", written).await.ok().unwrap();
        })
        .await;
        assert_eq!((&other["Steps"][1]["Inputs"]["x"][0], written), (&json!(2), 1));
    }

    #[tokio::test]
    async fn variables_of_one_name_are_reported_apart_by_their_scopes() {
        let there = json!({"Variables": [{"Name": "v", "Scope": {"Tenant": ["1"]}, "Value": "a"}]});
        let path = [json!("Variables")];
        let item = json!({"Name": "v", "Scope": {"Tenant": ["2"]}, "Value": "b"});
        let (made, written) = changed(there, async |finish, document, written| {
            finish.item(document, &path, (&[], &item), "p", written).await.ok().unwrap();
            finish.item(document, &path, (&[], &item), "p", written).await.ok().unwrap();
        })
        .await;
        assert_eq!((made["Variables"].as_array().map(Vec::len), written), (Some(2), 1));
    }

    #[tokio::test]
    async fn items_are_put_in_order() {
        let wanted = ["c".to_owned(), "a".to_owned()];
        let (sorted, written) = changed(
            json!({"Steps": [{"Name": "a"}, {"Name": "new"}, {"Name": "c"}]}),
            async |finish, document, written| {
                finish.order(document, &[json!("Steps")], &wanted, String::new(), written);
            },
        )
        .await;
        assert_eq!((names(&sorted), written), (vec!["c", "a", "new"], 1));
    }
}
