//! Lists that the provider can read: one document of a type that it does not know, or half a sign-in, and its data source answers an empty list
//! (feeds, accounts) or the provider crashes (accounts, Git credentials, worker pools). Such a document is shown to Terraform as of a type that it knows, so that it and its
//! neighbours are found by name. The provider also crashes on a trigger that makes releases without saying of which Git reference, or that starts
//! on a date of the month without a day of the week, and on others of [`edited`]; and it reads no
//! list with a machine policy that has a value which it does not know ([`policy`]).
//!
//! Tried with provider 1.17.0; the types are those of its client, version 2.111.0.

pub(super) mod edited;
mod policy;

use serde_json::{Map, Value, json};

use crate::relay::address::Address;
use crate::relay::header;
use crate::relay::log::Intervention;
use documents::complete::{is_complete_account, is_complete_feed, is_name_of_account};

/// Whether answers of this address may hold such documents.
pub(super) fn looks_at(address: &Address) -> bool {
    edited::looks_at(address)
        || matches!(
            address.parts().as_slice(),
            ["accounts" | "feeds" | "git-credentials" | "workerpools" | "machinepolicies"]
                | ["subscriptions", ..]
                | ["machinepolicies", _]
                | ["projecttriggers"]
                | ["projecttriggers", _]
                | ["projects", _, "triggers", ..]
        )
}

/// The documents of an answer: those of a list, or the one that it is.
fn documents(answer: &mut Value) -> Vec<&mut Value> {
    for list in ["Items", "DeploymentFreezes"] {
        if answer[list].is_array() {
            return answer[list].as_array_mut().into_iter().flatten().collect();
        }
    }
    vec![answer]
}

/// A trigger with an empty Git reference in the place of none; whether there was none.
fn give_git_reference(trigger: &mut Value) -> bool {
    let action = &trigger["Action"];
    let lacks = action["ActionType"] == "DeployNewRelease" && action["VersionControlReference"].is_null();
    if lacks {
        trigger["Action"]["VersionControlReference"] = json!({"GitRef": "", "GitCommit": ""});
    }
    lacks
}

/// A day of the week in the place of none, in a trigger of days of the month; whether there was none.
fn give_day(trigger: &mut Value) -> bool {
    let filter = &trigger["Filter"];
    let lacks = filter["FilterType"] == "DaysPerMonthSchedule"
        && filter["DayOfWeek"].as_str().is_none_or(str::is_empty);
    if lacks {
        trigger["Filter"]["DayOfWeek"] = json!("Sunday");
    }
    lacks
}

/// Shows them as of a type that the provider knows; what was changed.
pub(super) fn make_readable(address: &Address, answer: &mut Value) -> Vec<Intervention> {
    let mut changes = Vec::new();
    if !looks_at(address) {
        return changes;
    }
    if edited::looks_at(address) {
        return edited::show(address, documents(answer));
    }
    if header::looks_at(address) {
        return documents(answer).into_iter().filter_map(header::show).collect();
    }
    if address.kind() == "machinepolicies" {
        return documents(answer).into_iter().filter_map(policy::show).collect();
    }
    if address.parts().iter().any(|part| matches!(*part, "projecttriggers" | "triggers")) {
        for trigger in documents(answer).into_iter().filter(|document| document.is_object()) {
            let place = format!("projecttriggers/{}", trigger["Name"].as_str().unwrap_or_default());
            if give_git_reference(trigger) {
                let what = "shown with a Git reference, without which the provider crashes";
                changes.push(Intervention { what, place: place.clone() });
            }
            if edited::give_parts_of_trigger(trigger) {
                let what = "shown with what is missing, without which the provider crashes";
                changes.push(Intervention { what, place: place.clone() });
            }
            if give_day(trigger) {
                let what = "shown with a day of the week, without which the provider crashes";
                changes.push(Intervention { what, place });
            }
        }
        return changes;
    }
    let items = answer.get_mut("Items").and_then(Value::as_array_mut);
    if let Some(items) = items.filter(|_| address.kind() == "accounts") {
        items.retain(|account| {
            let name = account["Name"].as_str().unwrap_or_default();
            let stays = is_name_of_account(name);
            if !stays {
                let what = "left out of what Terraform sees: its provider reads no list with this name";
                changes.push(Intervention { what, place: format!("accounts/{name}") });
            }
            stays
        });
    }
    for item in answer.get_mut("Items").and_then(Value::as_array_mut).into_iter().flatten() {
        let name = item["Name"].as_str().unwrap_or_default().to_owned();
        if let Some(shown) = readable(address.kind(), item) {
            *item = shown;
            changes.push(Intervention {
                what: "shown to Terraform as of a type that its provider knows",
                place: format!("{}/{name}", address.kind()),
            });
        }
    }
    changes
}

/// The document as the provider can read it, where it can't read it as it is.
fn readable(collection: &str, document: &Value) -> Option<Value> {
    let text = |field: &str| document[field].as_str().unwrap_or_default();
    let is = |complete: fn(&Map<String, Value>) -> bool| document.as_object().is_some_and(complete);
    let (is_known, shown) = match collection {
        "accounts" => (is(is_complete_account), json!({"AccountType": "UsernamePassword"})),
        "feeds" => (is(is_complete_feed), json!({"FeedType": "NuGet", "FeedUri": "https://feed.invalid"})),
        "git-credentials" => {
            let name = document["Details"]["Type"].as_str().unwrap_or_default();
            let known = ["Anonymous", "GitHub", "Reference", "UsernamePassword"].contains(&name);
            (known, json!({"Details": {"Type": "Anonymous"}}))
        }
        _ => {
            let known = ["DynamicWorkerPool", "StaticWorkerPool"].contains(&text("WorkerPoolType"));
            (known, json!({"WorkerPoolType": "StaticWorkerPool"}))
        }
    };
    if is_known {
        return None;
    }
    let mut shown = shown;
    for field in ["Id", "Name", "SpaceId", "Description", "SortOrder", "IsDefault"] {
        if let Some(value) = document.get(field) {
            shown[field] = value.clone();
        }
    }
    Some(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_documents_of_unknown_types_are_shown_as_others() {
        let feed = |kind: &str| json!({"Id": "Feeds-9", "Name": "Later", "FeedType": kind, "Secret": 1});
        let mut answer = json!({"Items": [feed("Docker"), feed("OfTomorrow")]});
        let changes = make_readable(&Address::parse("/api/Spaces-2/feeds?take=10"), &mut answer);
        assert_eq!(changes.len(), 1);
        assert_eq!(
            answer["Items"],
            json!([feed("Docker"), {"FeedType": "NuGet", "FeedUri": "https://feed.invalid", "Id": "Feeds-9", "Name": "Later"}])
        );
        let known = "0c8f1f0e-7f7d-4b1c-9a51-5f3f0c1d2e11";
        let azure = |id: &str| {
            json!({"Id": "Accounts-1", "Name": "a", "AccountType": "AzureOidc", "ClientId": id,
                "TenantId": known, "SubscriptionNumber": known})
        };
        let all = json!({"Id": "Accounts-2", "Name": "All", "AccountType": "UsernamePassword"});
        let mut answer = json!({"Items": [azure(known), azure("#{Id}"), all]});
        assert_eq!(make_readable(&Address::parse("/api/Spaces-2/accounts"), &mut answer).len(), 2);
        assert_eq!(answer["Items"][1]["AccountType"], "UsernamePassword");
        assert_eq!(answer["Items"].as_array().expect("items").len(), 2);
        let mut trigger = json!({"Id": "ProjectTriggers-1", "Action": {"ActionType": "DeployNewRelease"}});
        let address = Address::parse("/api/Spaces-2/projecttriggers/ProjectTriggers-1");
        assert_eq!(make_readable(&address, &mut trigger).len(), 1);
        assert_eq!(trigger["Action"]["VersionControlReference"]["GitRef"], "");
        assert!(make_readable(&address, &mut trigger).is_empty());
        let mut monthly = json!({"Id": "ProjectTriggers-1",
            "Filter": {"FilterType": "DaysPerMonthSchedule", "DateOfMonth": "L", "DayOfWeek": null}});
        assert_eq!(make_readable(&address, &mut monthly).len(), 1);
        assert_eq!(monthly["Filter"]["DayOfWeek"], "Sunday");
        assert!(make_readable(&address, &mut monthly).is_empty());
        let policy = |count: u8| {
            json!({"Name": "a", "ConnectionRetryCountLimit": count, "ConnectionConnectTimeout": "00:01:00", "ConnectionRetrySleepInterval": "00:00:01",
                "ConnectionRetryTimeLimit": "00:05:00", "PollingRequestQueueTimeout": "00:02:00"})
        };
        let mut policies = json!({"Items": [policy(0), policy(3)]});
        assert_eq!(
            make_readable(&Address::parse("/api/Spaces-2/machinepolicies?take=9"), &mut policies).len(),
            1
        );
        assert_eq!(policies["Items"], json!([policy(5), policy(3)]));
        let mut one = policy(0);
        assert_eq!(
            make_readable(&Address::parse("/api/Spaces-2/machinepolicies/MachinePolicies-1"), &mut one).len(),
            1
        );
        assert_eq!(one, policy(5));
        let mut one = json!({"Details": {"Type": "SshKeyPair"}});
        assert!(make_readable(&Address::parse("/api/Spaces-2/git-credentials/x"), &mut one).is_empty());
    }
}
