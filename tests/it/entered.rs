//! What a person has entered at the destination, and what octoferry wrote there as a placeholder: `todo.md` tells them apart, however often
//! the space is moved.

use serde_json::{Value, json};

use crate::journey::Journey;
use crate::support::{http, http_as, user_with};

const IMAGES: &str = "Password of the feed \"Letterbox images\"";

fn todo(journey: &Journey) -> String {
    std::fs::read_to_string(journey.path("todo.md")).expect("the list")
}

fn feed(journey: &Journey) -> (String, Value) {
    let (_, page) = http(&journey.destination, "GET", "/api/Spaces-2/feeds?take=100", None);
    let mut feeds = page["Items"].as_array().expect("feeds").iter();
    let feed = feeds.find(|feed| feed["Name"] == "Letterbox images").expect("the feed").clone();
    (format!("/api/Spaces-2/feeds/{}", feed["Id"].as_str().expect("an id")), feed)
}

#[test]
fn a_placeholder_stays_in_the_list_until_somebody_else_changes_it() {
    let journey = Journey::with("small-web");
    journey.seed();
    // Without spread the server refuses a project's run, and secrets don't arrive: that is told before anything begins.
    journey
        .migrate(1)
        .says("octoferry spread has something to do first")
        .says("Database.Password")
        .says("Letterbox backup");
    journey.spread();
    for _ in 0..2 {
        journey.migrate(3).never_says("octoferry spread has something to do first");
        assert!(
            todo(&journey).contains(IMAGES),
            "octoferry's own placeholder stands there: {}",
            todo(&journey)
        );
    }

    let person = user_with(&journey.destination, &["FeedView", "FeedEdit"]);
    let (path, mut feed) = feed(&journey);
    feed["Password"] = json!({"HasValue": true, "NewValue": "entered-by-a-person", "Hint": null});
    assert_eq!(http_as(&journey.destination, &person, "PUT", &path, Some(&feed)).0, 200);
    // Also where Terraform has forgotten all, and another change of ours is the last.
    let mut changed = feed.clone();
    changed["Password"] = json!({"HasValue": true, "NewValue": null, "Hint": null});
    assert_eq!(http(&journey.destination, "PUT", &path, Some(&changed)).0, 200);
    // The three Tentacles are left, until they know the new server.
    journey.migrate(3).says("somebody else changed it there");
    let left = todo(&journey);
    assert!(!left.contains("**Secret**") && left.contains("**Machine** target"), "{left}");
}

#[test]
fn a_person_may_say_what_is_entered() {
    let journey = Journey::with("operations");
    journey.seed();
    journey.spread();
    journey.migrate(3);
    let list = todo(&journey);
    let names: Vec<&str> = list
        .lines()
        .filter_map(|line| line.split("octoferry secrets done '").nth(1)?.split('\'').next())
        .collect();
    assert_eq!(names.len(), 3, "{list}");
    let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    // People work with the list: what they write and tick stays, whatever is moved next.
    let (section, rest) = list.split_once("\n## Project ").expect("the space's part");
    let edited =
        format!("{section}\n- [ ] Tell the night shift\n\n## Project {rest}").replacen("- [ ] ", "- [x] ", 1);
    std::fs::write(journey.path("todo.md"), &edited).expect("it is written");
    let project = rest.lines().next().expect("its name");
    journey.run(&["migrate", "--yes", "--project", project, "--todo", &journey.path("todo.md")]).ends_with(3);
    let kept = todo(&journey);
    assert!(kept.contains("- [ ] Tell the night shift") && kept.contains("- [x] "), "{kept}");
    assert!(names.iter().all(|name| kept.contains(name)), "no other part is dropped: {kept}");
    journey.run(&["secrets", "done", "nothing_of_that_name"]).ends_with(2).says("todo.md names them");
    journey.run(&["secrets", "done", &names[0], &names[1]]).ends_with(0);
    journey.migrate(3).says("as a person says");
    let left = todo(&journey);
    let only_the_last = |list: &str| {
        let has = |name: &str| list.contains(&format!("octoferry secrets done '{name}'"));
        assert!(has(&names[2]) && !has(&names[0]) && !has(&names[1]), "{list}");
    };
    only_the_last(&left);
    assert!(left.contains("- [ ] Tell the night shift"), "{left}");
    only_the_last(&journey.run(&["report"]).ends_with(3).stdout);
    journey.unseed();
}
