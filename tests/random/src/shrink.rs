//! Makes a space that shows a defect smaller, as long as it shows it.

use serde_json::Value;

/// Takes away documents, items of lists and fields, largest first, while `shows` says that what is left still shows the defect.
///
/// It may end with a space that no server could hold (a reference without its document); `shows` has to say no to those that show another
/// defect than the one looked for. Asks at most `patience` times.
pub fn shrink(dump: &Value, patience: usize, mut shows: impl FnMut(&Value) -> bool) -> Value {
    let mut smallest = dump.clone();
    let mut asked = 0;
    let mut shrunk = true;
    while shrunk && asked < patience {
        shrunk = false;
        let mut places = Vec::new();
        places_in(&smallest["Documents"], &mut vec!["Documents".to_owned()], &mut places);
        // From outside to inside: what is near the root takes much with it. From behind, so that the places before stay where they are.
        places.sort_by_key(Vec::len);
        for place in places {
            if asked >= patience {
                break;
            }
            let mut smaller = smallest.clone();
            if remove(&mut smaller, &place).is_none() {
                continue;
            }
            asked += 1;
            if shows(&smaller) {
                smallest = smaller;
                shrunk = true;
            }
        }
    }
    smallest
}

/// Everything below a space's collections.
fn places_in(value: &Value, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let keys: Vec<String> = match value {
        Value::Object(fields) => fields.keys().cloned().collect(),
        Value::Array(items) => (0..items.len()).rev().map(|index| index.to_string()).collect(),
        _ => Vec::new(),
    };
    for key in keys {
        let inner = match value {
            Value::Object(fields) => &fields[&key],
            _ => &value[key.parse::<usize>().unwrap_or_default()],
        };
        path.push(key);
        // Not the server's own documents, nor the ids that make a document one.
        let is_id = path.last().is_some_and(|key| key == "Id");
        if path.len() > 2 && path[1] != "Server" && !is_id {
            found.push(path.clone());
        }
        places_in(inner, path, found);
        path.pop();
    }
}

fn remove(value: &mut Value, path: &[String]) -> Option<Value> {
    let (first, rest) = path.split_first()?;
    match value {
        Value::Object(fields) if rest.is_empty() => fields.shift_remove(first),
        Value::Object(fields) => remove(fields.get_mut(first)?, rest),
        Value::Array(items) => {
            let index: usize = first.parse().ok()?;
            if rest.is_empty() {
                (index < items.len()).then(|| items.remove(index))
            } else {
                remove(items.get_mut(index)?, rest)
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::shrink;

    #[test]
    fn what_does_not_matter_goes() {
        let dump = crate::space(3).dump;
        let name = dump["Documents"]["Spaces-2"]["environments"]
            .as_object()
            .unwrap()
            .values()
            .next()
            .unwrap()["Name"]
            .clone();
        let small = shrink(&dump, 20_000, |smaller| {
            smaller["Documents"]["Spaces-2"]["environments"].to_string().contains(&name.to_string())
        });
        let left = small["Documents"]["Spaces-2"].as_object().unwrap();
        assert_eq!(left.keys().collect::<Vec<_>>(), ["environments"]);
        assert!(small["Documents"]["Spaces-2"].to_string().len() < 200, "{small}");
    }
}
