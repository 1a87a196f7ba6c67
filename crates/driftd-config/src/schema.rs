//! The JSON Schema of a configuration file, and the bounds that it sets.

use driftd_window::Span;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value as Json, json};

use crate::ByteSize;
use crate::place::Place;
use crate::problem::Problems;
use crate::read::{REST, Skipped};
use crate::tree::{Node, Value, join};

/// JSON Schema (draft 2020-12) of what is read into `T`.
pub(crate) fn schema_of<T: JsonSchema>(title: &str) -> Json {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    tidy(&mut schema);
    if let Some(object) = schema.as_object_mut() {
        object.insert("title".to_owned(), title.into());
        object.remove("description");
    }
    schema
}

/// Says in the words of TOML what was said in those of JSON: there is no null, and the rest of a table's keys are keys of
/// the table.
fn tidy(schema: &mut Json) {
    let Some(object) = schema.as_object_mut() else {
        schema.as_array_mut().into_iter().flatten().for_each(tidy);
        return;
    };
    object.values_mut().for_each(tidy);
    object.retain(|word, value| !(word == "default" && value.is_null()));
    if let Some(Json::Object(default)) = object.get_mut("default") {
        default.retain(|_, value| !value.is_null());
    }
    for word in ["type", "enum", "anyOf"] {
        let is_null = |item: &Json| item.is_null() || *item == "null" || *item == json!({ "type": "null" });
        let Some(Json::Array(items)) = object.get_mut(word) else { continue };
        items.retain(|item| !is_null(item));
        if let ("type" | "anyOf", [one]) = (word, items.as_slice()) {
            let one = one.clone();
            match (object.remove(word), one) {
                (_, Json::Object(only)) => only.into_iter().for_each(|(word, value)| {
                    object.entry(word).or_insert(value);
                }),
                (_, only) => _ = object.insert(word.to_owned(), only),
            }
        }
    }
    let rest = object.get_mut("properties").and_then(Json::as_object_mut).and_then(|keys| keys.remove(REST));
    if let Some(Json::Object(rest)) = rest {
        spread(object, rest);
    }
}

/// Puts the keys of `rest` among those of the table.
fn spread(table: &mut Map<String, Json>, mut rest: Map<String, Json>) {
    if let Some(Json::Array(required)) = table.get_mut("required") {
        required.retain(|key| *key != REST);
    }
    let mut keys = Map::new();
    if let Some(Json::Array(kinds)) = rest.remove("oneOf") {
        for mut kind in kinds {
            let description = kind.get("description").cloned().unwrap_or_default();
            let name = kind.get("const").or_else(|| kind.pointer("/enum/0")).and_then(Json::as_str);
            let mut inner = match name {
                Some(name) => {
                    Map::from_iter([(name.to_owned(), json!({ "type": "object", "additionalProperties": false }))])
                }
                None => {
                    kind.get_mut("properties").and_then(Json::as_object_mut).map(std::mem::take).unwrap_or_default()
                }
            };
            for schema in inner.values_mut().filter_map(Json::as_object_mut) {
                schema.insert("description".to_owned(), description.clone());
            }
            keys.extend(inner);
        }
        let one_of: Vec<Json> = keys.keys().map(|key| json!({ "required": [key] })).collect();
        table.insert("oneOf".to_owned(), one_of.into());
    } else if let Some(Json::Object(inner)) = rest.remove("properties") {
        keys = inner;
    }
    if let Some(Json::Object(properties)) = table.get_mut("properties") {
        properties.extend(keys);
    }
}

/// Notes every value that is out of its bounds, and passes it over from then on.
pub(crate) fn check_bounds(schema: &Json, root: &Node, skipped: &mut Skipped, problems: &mut Problems) {
    Bounds { skipped, problems }.check(schema, root, &root.place, "");
}

struct Bounds<'a> {
    skipped: &'a mut Skipped,
    problems: &'a mut Problems,
}

impl Bounds<'_> {
    /// Checks `node`, which is known by `place`, the one of its key.
    fn check(&mut self, schema: &Json, node: &Node, place: &Place, path: &str) {
        // A shape of several may be out of bounds where another is a way out.
        let shapes = schema["anyOf"].as_array().map(Vec::as_slice).unwrap_or_default();
        let never = if shapes.iter().any(|shape| shape["const"] == "never") { ", or \"never\"" } else { "" };
        let fault = std::iter::once(schema).chain(shapes).find_map(|schema| fault(schema, node));
        if let Some(fault) = fault {
            self.problems.add(&node.place, path, fault + never);
            self.skipped.insert(place.clone());
            return;
        }
        for shape in shapes.iter().filter(|_| node.as_number().is_none()) {
            self.check(shape, node, place, path);
        }
        for (key, entry) in node.as_table().into_iter().flatten() {
            let others = schema["patternProperties"].as_object().and_then(|patterns| patterns.values().next());
            let others = others.unwrap_or(&schema["additionalProperties"]);
            let schema = schema["properties"].get(key).unwrap_or(others);
            self.check(schema, &entry.node, &entry.key_place, &join(path, key));
        }
        for (index, item) in node.as_list().unwrap_or_default().iter().enumerate() {
            self.check(&schema["items"], item, &item.place, &format!("{path}{}", item.item_name(index)));
        }
    }
}

/// What is wrong with a value of the right type.
fn fault(schema: &Json, node: &Node) -> Option<String> {
    let bound = |word: &str| schema[word].as_f64();
    let list = node.as_list();
    // A variable holds a list as text, with commas.
    let is_empty = match &node.value {
        Value::Loose(text) => schema["items"].is_object() && text.split(',').all(|part| part.trim().is_empty()),
        _ => list.is_some_and(<[Node]>::is_empty),
    };
    if is_empty && schema["minItems"].as_u64() > Some(0) {
        return Some("is empty: name at least one".to_owned());
    }
    if let Some(number) = node.as_number() {
        let (least, above, most) = (bound("minimum"), bound("exclusiveMinimum"), bound("maximum"));
        let is_within = least.is_none_or(|least| number >= least)
            && above.is_none_or(|above| number > above)
            && most.is_none_or(|most| number <= most);
        let shown = match &node.value {
            Value::Integer(number) => number.to_string(),
            _ => number.to_string(),
        };
        if !is_within {
            let limits = match (least, above, most) {
                _ if number.is_nan() => return None,
                (Some(least), _, Some(most)) => format!("{least} to {most}"),
                (_, Some(above), Some(most)) => format!("a number above {above} and at most {most}"),
                (Some(least), ..) => format!("at least {least}"),
                (.., most) => format!("at most {}", most.unwrap_or_default()),
            };
            return Some(format!("{shown} is out of range: choose {limits}"));
        }
    }
    let text = node.as_text().map(str::to_owned).or_else(|| Some(node.as_number()?.to_string()))?;
    let against = |word: &str| compare(&text, schema[word].as_str()?);
    let bound = |word: &str| schema[word].as_str().unwrap_or_default();
    if against("x-longer-than").is_some_and(|(order, _)| order.is_le()) {
        return Some("must be longer than zero".to_owned());
    }
    if let Some((_, shown)) = against("x-at-least").filter(|(order, _)| order.is_lt()) {
        return Some(format!("{shown} is too little: give at least {}", bound("x-at-least")));
    }
    let (_, shown) = against("x-at-most").filter(|(order, _)| order.is_gt())?;
    Some(format!("{shown} is too much: give at most {}", bound("x-at-most")))
}

/// How a duration or a size compares with a bound, and how it is shown.
fn compare(text: &str, bound: &str) -> Option<(std::cmp::Ordering, String)> {
    if let Ok(bound) = bound.parse::<Span>() {
        let span = text.parse::<Span>().ok()?;
        return Some((span.cmp(&bound), span.to_string()));
    }
    let size = text.parse::<ByteSize>().ok()?;
    Some((size.cmp(&bound.parse().ok()?), size.to_string()))
}
