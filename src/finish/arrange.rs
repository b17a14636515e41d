//! The order of the documents of a collection, where an update of one takes none.

use serde_json::{Value, json};

use super::Finish;
use documents::collection::Collection;
use documents::composed::is_same_composed;
use failure::Failure;

impl Finish<'_> {
    /// Puts the documents of these names into this order; those of other names stay behind them.
    pub(super) async fn arrange(&mut self, collection: Collection, names: &[String]) -> Result<(), Failure> {
        let Some(order) = collection.row().order else {
            self.report.leave(format!("the order of the {collection}: no server takes one"));
            return Ok(());
        };
        let server = &self.directory.server;
        let mut documents = server.client.list(&server.path(collection.name())).await?;
        let place = |document: &Value| {
            let name = document["Name"].as_str().unwrap_or_default();
            names.iter().position(|wanted| wanted == name || is_same_composed(wanted, name))
        };
        documents.sort_by_key(|document| (document["SortOrder"].as_i64(), place(document)));
        if documents.iter().filter_map(place).is_sorted() {
            self.report.already += 1;
            return Ok(());
        }
        documents.sort_by_key(|document| place(document).unwrap_or(names.len()));
        let ids: Vec<&Value> = documents.iter().map(|document| &document["Id"]).collect();
        server.client.put(&server.path(order), &json!(ids)).await?;
        let mut after = server.client.list(&server.path(collection.name())).await?;
        after.sort_by_key(|document| (document["SortOrder"].as_i64(), place(document)));
        let stayed = after.iter().filter_map(place).is_sorted();
        self.directory.wrote(collection);
        if stayed {
            self.report.done.push(format!("the order of the {collection}"));
        } else {
            self.report.leave(format!("the order of the {collection}: the destination did not keep it"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;
    use crate::testing;

    #[tokio::test]
    async fn an_order_is_written_once_and_only_where_it_is_another() {
        for (wanted, written) in [
            (["A", "B"], vec![]),
            (["B", "A"], vec![("PUT workerpools/sortorder".to_owned(), json!(["P-2", "P-1", "P-3"]))]),
        ] {
            let (server, requests) = testing::server(|_, _| {
                json!({"TotalResults": 3, "Items": [
                    {"Id": "P-3", "Name": "Theirs", "SortOrder": 1}, {"Id": "P-1", "Name": "A", "SortOrder": 0}, {"Id": "P-2", "Name": "B", "SortOrder": 7}]})
            })
            .await;
            let secrets = BTreeMap::new();
            let mut finish = Finish::new(server, &secrets, Path::new("."));
            finish.arrange(Collection::WorkerPools, &wanted.map(str::to_owned)).await.ok().unwrap();
            assert_eq!(testing::written(&requests), written);
            // This server answers the same list for ever.
            let lost = usize::from(!written.is_empty());
            assert_eq!((finish.report.open.len(), finish.report.done.len()), (lost, 0));
        }
    }
}
