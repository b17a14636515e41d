//! What has become of the source's secrets since the last migration is said before the next one begins.

use serde_json::json;

use crate::journey::Journey;
use crate::support::http;

#[test]
fn new_lost_and_changed_secrets_are_named() {
    let journey = Journey::with("small-web");
    journey.seed();
    journey.spread();
    journey
        .migrate(3)
        .never_says("the last migration did not know")
        .never_says("was changed at the source since");
    journey
        .migrate(3)
        .never_says("the last migration did not know")
        .never_says("was changed at the source since");

    let ask = |method: &str, path: &str, body: Option<&serde_json::Value>| {
        let (status, answer) = http(&journey.source, method, &format!("/api/Spaces-2/{path}"), body);
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    };
    let mut set = ask("GET", "variables/variableset-Projects-1", None);
    let variables = set["Variables"].as_array_mut().expect("variables");
    variables.retain(|variable| variable["Name"] != "Postage:ApiKey");
    variables.push(json!({"Id": "", "Name": "Courier.Key", "Type": "Sensitive", "IsSensitive": true, "Value": "courier-7d1", "Scope": {}}));
    ask("PUT", "variables/variableset-Projects-1", Some(&set));
    let feeds = ask("GET", "feeds?take=100", None);
    let mut feeds = feeds["Items"].as_array().expect("feeds").iter();
    let mut feed = feeds.find(|feed| feed["Name"] == "Letterbox images").expect("the feed").clone();
    feed["Password"] = json!({"HasValue": true, "NewValue": "another-by-now", "Hint": null});
    ask("PUT", &format!("feeds/{}", feed["Id"].as_str().expect("an id")), Some(&feed));

    // What only has another name is neither new nor gone.
    for (list, old, new) in [
        ("environments", "Test", "Trial"),
        ("projects", "Letterbox Web", "Letterbox Site"),
        ("accounts", "Letterbox backup", "Letterbox store"),
    ] {
        let all = ask("GET", &format!("{list}?take=1000"), None);
        let mut all = all["Items"].as_array().expect("a page").iter();
        let mut one = all.find(|one| one["Name"] == old).unwrap_or_else(|| panic!("{list} {old}")).clone();
        one["Name"] = json!(new);
        ask("PUT", &format!("{list}/{}", one["Id"].as_str().expect("an id")), Some(&one));
    }

    journey
        .migrate(3)
        .says("secrets that the last migration did not know:\n  Value of \"Courier.Key\"\nwarning: ")
        .says("what the destination has stays as long as the thing is there:\n  Value of \"Postage:ApiKey\"\nwarning: ")
        .says("was changed at the source since the last migration")
        .says("  Password of the feed \"Letterbox images\"");
}
