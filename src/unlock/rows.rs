//! The rows of the database that a person hands over: the answer to the query, as JSON.
//!
//! Assumption: (read from the code of others) a document lies in its table's column `JSON`, or compressed with gzip in `JSONBlob`; `FOR JSON`
//! shows bytes as base64.

use std::collections::BTreeMap;
use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::cipher::Encrypted;
use failure::Failure;

/// What the query prints for one space.
const QUERY: &str = include_str!("query.sql");
const FORMAT: &str = "octoferry-rows/1";

/// The query for a space, by its id (`Spaces-2`).
///
/// # Errors
/// The id is not one that a server gives.
pub fn query(space: &str) -> Result<String, Failure> {
    if space.is_empty() || !space.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-') {
        return Err(Failure::failed(format!("{space:?} is no id of a space")));
    }
    Ok(QUERY.replace("{space}", space))
}

/// A row with its document.
#[derive(Debug)]
pub struct Row {
    pub table: String,
    pub id: String,
    /// The columns besides the document.
    pub columns: Value,
    pub document: Value,
}

impl Row {
    /// For a person: `Account "Accounts-1" (AWS)`.
    #[must_use]
    pub fn described(&self) -> String {
        let name = self.columns["Name"].as_str().map(|name| format!(" ({name})")).unwrap_or_default();
        format!("row {} {:?}{name}", self.table, self.id)
    }

    /// The paths of all texts in the document that have the form of an encrypted value.
    #[must_use]
    pub fn encrypted(&self) -> Vec<String> {
        fn walk(value: &Value, path: &str, found: &mut Vec<String>) {
            match value {
                Value::String(text) if Encrypted::parse(text).is_some() => found.push(path.to_owned()),
                Value::Array(items) => {
                    for (index, item) in items.iter().enumerate() {
                        walk(item, &format!("{path}/{index}"), found);
                    }
                }
                Value::Object(fields) => {
                    for (name, value) in fields {
                        walk(value, &format!("{path}/{name}"), found);
                    }
                }
                _ => {}
            }
        }
        let mut found = Vec::new();
        walk(&self.document, "", &mut found);
        found
    }
}

/// Reads the file: rows by id.
///
/// # Errors
/// It is no such answer, it is cut, it is of another space, or a row can't be read; the row is named.
pub fn read(bytes: &[u8], space: &str) -> Result<BTreeMap<String, Row>, Failure> {
    let wrong = |what: String| {
        Failure::failed(format!("the file of rows {what}")).hint(
            "It is what the script of octoferry unlock --query prints, whole: sqlcmd needs -y 0, else it cuts long texts.",
        )
    };
    let text = decoded(bytes);
    // Tools break long lines anywhere, and put headers and counts around.
    let text: String = text.chars().filter(|letter| !matches!(letter, '\r' | '\n')).collect();
    let (Some(start), Some(end)) = (text.find('{'), text.rfind('}')) else {
        return Err(wrong("holds no JSON".to_owned()));
    };
    let answer: Value = serde_json::from_str(&text[start..=end])
        .map_err(|error| wrong(format!("can't be read as JSON: {}", category(&error))))?;
    if answer["Format"] != FORMAT {
        return Err(wrong(format!("is not of the format {FORMAT}")));
    }
    if answer["Space"] != space {
        return Err(wrong(format!("is of the space {}, the source's is {space:?}", answer["Space"])));
    }
    let mut rows = BTreeMap::new();
    for row in answer["Rows"].as_array().into_iter().flatten() {
        let row = parse(row, space)?;
        rows.insert(row.id.clone(), row);
    }
    Ok(rows)
}

/// What is wrong with a JSON text, without any of it.
fn category(error: &serde_json::Error) -> String {
    let what = if error.is_eof() { "it is cut" } else { "it is damaged" };
    format!("{what} at character {}", error.column())
}

/// UTF-8, or UTF-16 as Windows tools write it.
fn decoded(bytes: &[u8]) -> String {
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = rest.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

fn parse(row: &Value, space: &str) -> Result<Row, Failure> {
    let table = row["Table"].as_str().unwrap_or_default().to_owned();
    let mut columns = row["Row"].clone();
    let id = columns["Id"].as_str().unwrap_or_default().to_owned();
    let damaged = |what: &str| Failure::failed(format!("row {table} {id:?} {what}"));
    if id.is_empty() {
        return Err(damaged("has no id"));
    }
    if columns["SpaceId"] != space {
        return Err(damaged(&format!("is of the space {}, the source's is {space:?}", columns["SpaceId"])));
    }
    let fields = columns.as_object_mut().ok_or_else(|| damaged("is no object"))?;
    let (json, blob) = (fields.shift_remove("JSON"), fields.shift_remove("JSONBlob"));
    let text = match (json, blob) {
        (Some(Value::String(text)), _) => text,
        (_, Some(Value::String(blob))) => {
            inflated(&blob).ok_or_else(|| damaged("holds no gzip in JSONBlob"))?
        }
        _ => return Err(damaged("has no document")),
    };
    let document = serde_json::from_str(&text)
        .map_err(|error| damaged(&format!("can't be read: {}", category(&error))))?;
    Ok(Row { table, id, columns, document })
}

fn inflated(blob: &str) -> Option<String> {
    let bytes = STANDARD.decode(blob).ok()?;
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut plain).ok()?;
    match plain.as_slice() {
        // UTF-16 without a mark: every second byte of what JSON begins with is zero.
        [_, 0, ..] => {
            let units: Vec<u16> =
                plain.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
            String::from_utf16(&units).ok()
        }
        _ => String::from_utf8(plain).ok(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use serde_json::json;

    use super::*;

    fn answer(rows: Value) -> String {
        json!({"Format": FORMAT, "Space": "Spaces-2", "Rows": rows}).to_string()
    }

    #[test]
    fn rows_are_read_however_a_tool_wrote_them() {
        let document = json!({"Token": "tHdE5KI9QVdsFSq6F6HeSA==|7oD+XzuTFF1uCQLXm8A3eg=="}).to_string();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(document.as_bytes()).unwrap();
        let text = answer(json!([
            {"Table": "Account", "Row": {"Id": "Accounts-1", "SpaceId": "Spaces-2", "Name": "Ключ", "JSON": document}},
            {"Table": "Machine", "Row": {"Id": "Machines-1", "SpaceId": "Spaces-2", "JSONBlob": STANDARD.encode(gzip.finish().unwrap())}},
        ]));
        let wide: Vec<u8> =
            [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let letters: Vec<char> = text.chars().collect();
        let broken: Vec<String> = letters.chunks(17).map(|part| part.iter().collect()).collect();
        let broken =
            format!("JSON_F52E2B61\r\n-----\r\n{}\r\n\r\n(1 rows affected)\r\n", broken.join("\r\n"));
        for bytes in [text.clone().into_bytes(), wide, broken.into_bytes()] {
            let rows = read(&bytes, "Spaces-2").ok().unwrap();
            assert_eq!(rows.keys().collect::<Vec<_>>(), ["Accounts-1", "Machines-1"]);
            assert!(rows.values().all(|row| row.encrypted() == ["/Token"]));
            assert_eq!(rows["Accounts-1"].described(), "row Account \"Accounts-1\" (Ключ)");
        }
        let said = |bytes: &[u8], space: &str| read(bytes, space).err().unwrap().message;
        assert!(said(text.as_bytes(), "Spaces-3").contains("is of the space \"Spaces-2\""));
        assert!(said(&text.as_bytes()[..text.len() - 9], "Spaces-2").contains("it is"));
        let other = answer(
            json!([{"Table": "Account", "Row": {"Id": "Accounts-1", "SpaceId": "Spaces-9", "JSON": "{}"}}]),
        );
        assert!(
            said(other.as_bytes(), "Spaces-2")
                .contains("row Account \"Accounts-1\" is of the space \"Spaces-9\"")
        );
    }

    #[test]
    fn the_query_is_for_one_space() {
        let query = query("Spaces-2").ok().unwrap();
        assert!(query.contains("N'Spaces-2'") && !query.contains("{space}"));
        assert!(super::query("x'; DROP TABLE y--").is_err());
    }
}
