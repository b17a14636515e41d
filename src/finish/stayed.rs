//! What stayed of what was written. A server drops fields that a request does not take, and answers success: so each write is looked at, and a
//! value that the destination did not keep is named instead of reported as done.

use serde_json::{Value, json};

use super::document::without_secrets;
use super::{Finish, field};
use documents::collection::Collection;
use documents::document::is_nothing;
use failure::Failure;
use module::manifest::Target;

/// One place that was written, and what is said of it.
pub(super) struct Written {
    pub(super) text: String,
    /// Where, ids resolved; the list for an item or an order.
    pub(super) path: Vec<Value>,
}

impl Finish<'_> {
    /// Writes a document. What stayed of the places is reported as done, the rest as open.
    pub(super) async fn write(
        &mut self,
        target: &Target,
        place: &super::directory::Located,
        document: &Value,
        written: Vec<Written>,
    ) -> Result<(), Failure> {
        let answer = self.directory.server.client.put(&place.write, document).await?;
        self.directory.wrote(target.collection);
        let paths: Vec<&[Value]> = written.iter().map(|written| written.path.as_slice()).collect();
        let lost = self.lost(&place.read, document, answer, &paths).await?;
        for (written, lost) in written.into_iter().zip(lost) {
            self.tell(written.text, lost);
        }
        Ok(())
    }

    fn tell(&mut self, text: String, is_lost: bool) {
        if is_lost {
            self.report.leave(format!("{text}: the destination did not keep it"));
        } else {
            self.report.done.push(text);
        }
    }

    /// For each place whether it is not as it was sent: by the answer of the write, else, where that is less than the document, read once.
    async fn lost(
        &self,
        read: &str,
        sent: &Value,
        answer: Value,
        paths: &[&[Value]],
    ) -> Result<Vec<bool>, Failure> {
        let compare =
            |there: &Value| paths.iter().map(|path| !stayed_at(there, sent, path)).collect::<Vec<_>>();
        let lost = compare(&answer);
        if !lost.contains(&true) {
            return Ok(lost);
        }
        Ok(compare(&self.directory.server.client.get(read).await?))
    }

    /// Names the fields of a whole document that the destination did not keep.
    pub(super) async fn name_lost(
        &mut self,
        what: &str,
        place: &super::directory::Located,
        wanted: &Value,
        answer: Value,
    ) -> Result<(), Failure> {
        let fields: Vec<[Value; 1]> =
            wanted.as_object().into_iter().flatten().map(|(name, _)| [json!(name)]).collect();
        let paths: Vec<&[Value]> = fields.iter().map(<[Value; 1]>::as_slice).collect();
        let lost = self.lost(&place.read, wanted, answer, &paths).await?;
        for (path, _) in paths.iter().zip(lost).filter(|(_, lost)| *lost) {
            self.tell(format!("{} of {what}", field::described(path)), true);
        }
        Ok(())
    }

    /// Gives a project or a tenant its icon, which has an address of its own (`POST …/logo/icon` in the API's reference); servers without it
    /// take a field of the document.
    pub(super) async fn icon(
        &mut self,
        target: &Target,
        place: &super::directory::Located,
        what: &str,
        wanted: &Value,
    ) -> Result<(), Failure> {
        let client = &self.directory.server.client;
        let mut document = client.get(&place.read).await?;
        if stayed(&document["Icon"], wanted) {
            self.report.already += 1;
            return Ok(());
        }
        document["Icon"] = wanted.clone();
        let text = format!("Icon of {what}");
        let path = vec![json!("Icon")];
        let body = json!({"IconId": wanted["Id"], "IconColor": wanted["Color"]});
        match client.post(&format!("{}/logo/icon", place.write), &body).await {
            Ok(answer) => {
                self.directory.wrote(target.collection);
                let lost = self.lost(&place.read, &document, answer, &[&path]).await?;
                self.tell(text, lost.contains(&true));
                Ok(())
            }
            Err(failure) if failure.has_no_route_for_write() => {
                self.write(target, place, &document, vec![Written { text, path }]).await
            }
            Err(failure) => Err(failure),
        }
    }
}

/// Whether this is the icon of a document that has an address for it.
pub(super) fn is_icon(collection: Collection, path: &[Value]) -> bool {
    matches!(collection, Collection::Projects | Collection::Tenants)
        && matches!(path, [Value::String(field)] if field == "Icon")
}

/// Whether a place is as it was sent.
fn stayed_at(there: &Value, sent: &Value, path: &[Value]) -> bool {
    let at = |document: &Value| {
        let mut document = document.clone();
        field::place_of(&mut document, path).map(|place| place.clone())
    };
    let (Some(there), Some(sent)) = (at(there), at(sent)) else { return false };
    // The value of a sensitive variable is never shown.
    let is_hidden = there.is_null() && sent.is_string() && path.last().is_some_and(|field| field == "Value");
    is_hidden || stayed(&there, &without_secrets(&sent))
}

/// Whether a value is as it was sent. What the server added doesn't matter, nor how it writes "nothing".
fn stayed(there: &Value, sent: &Value) -> bool {
    match (there, sent) {
        (there, sent) if is_nothing(sent) => is_nothing(there),
        (Value::Object(there), Value::Object(sent)) => {
            sent.iter().all(|(name, sent)| stayed(there.get(name).unwrap_or(&Value::Null), sent))
        }
        (Value::Array(there), Value::Array(sent)) => {
            there.len() == sent.len() && there.iter().zip(sent).all(|(there, sent)| stayed(there, sent))
        }
        _ => there == sent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_adds_is_no_loss_and_what_it_drops_is() {
        assert!(stayed(&json!({"Id": "1", "Name": "a", "Notes": null}), &json!({"Name": "a", "Notes": ""})));
        assert!(!stayed(&json!({"Id": "1"}), &json!({"Name": "a"})));
        assert!(!stayed(&json!([1]), &json!([1, 2])));
        assert!(stayed(&Value::Null, &json!({"Enabled": false, "List": []})));
        let sent = json!({"Password": {"HasValue": true, "NewValue": "x"}, "Icon": {"Id": "star"}});
        let there = json!({"Password": {"HasValue": true, "NewValue": null}, "Icon": null});
        assert!(stayed_at(&there, &sent, &[json!("Password")]));
        assert!(!stayed_at(&there, &sent, &[json!("Icon")]));
        assert!(!stayed_at(&json!({}), &sent, &[json!("Password")]));
    }
}
