//! The decoder as one would write it first: a tree of values, and every rule of the module's documentation applied to
//! whole records. Nothing is shared with the decoder but the reading of times.

#[path = "steps.rs"]
mod steps;

use driftd_decode::Limits;
use driftd_model::Role;
use driftd_window::{NO_EVENT_TIME, SegmentKey, TimeReader};
use serde_json::{Map, Value};

use self::steps::{Walker, array_of, tokens};
use crate::plans::{Feature, Kind, Wanted};
use crate::shown::{Outcome, Shown, ShownRow};

/// A row of a record.
struct Row<'a> {
    /// The record, in which the row stands in place of arrays of rows.
    one: Value,
    whole: &'a Value,
    /// Its number; none for a record that has no rows, of which what is in every row is not known.
    number: Option<usize>,
}

impl Row<'_> {
    fn at(&self, walker: &Walker<'_>, pointer: &str) -> Result<Option<Value>, &'static str> {
        let splits = array_of(pointer).is_some();
        walker.at(if splits { self.whole } else { &self.one }, pointer, self.number.filter(|_| splits))
    }
}

/// Where a monitor looks by pointers.
fn pointers(wanted: &Wanted) -> impl Iterator<Item = &'static str> {
    let model = (!wanted.filter.models.is_empty()).then_some(wanted.model.unwrap_or("/model"));
    let paths = wanted.features.iter().filter_map(|feature| feature.path);
    paths.chain(wanted.segments.iter().copied()).chain([wanted.event_time]).chain(model)
}

/// What `messages`, numbered from 0, become for one monitor.
pub(crate) fn twin(wanted: &Wanted, messages: &[impl AsRef<[u8]>]) -> Outcome {
    let mut outcome = Outcome { rows: vec![Vec::new()], ..Outcome::default() };
    for (offset, message) in (0..).zip(messages) {
        let mut part = Outcome { rows: vec![Vec::new()], ..Outcome::default() };
        if let Err(reason) = read(wanted, offset, message.as_ref(), &mut part) {
            part = Outcome { rejects: vec![(offset, reason.to_owned())], ..Outcome::default() };
        }
        outcome.rows[0].extend(part.rows.pop().unwrap_or_default());
        outcome.rejects.append(&mut part.rejects);
        outcome.filtered += part.filtered;
    }
    outcome
}

fn read(wanted: &Wanted, offset: i64, message: &[u8], outcome: &mut Outcome) -> Result<(), &'static str> {
    let text = std::str::from_utf8(message).map_err(|_| "not_utf8")?;
    let (first, rest) = text.trim_ascii_start().split_once('\n').unwrap_or((text, ""));
    if !rest.trim_ascii().is_empty() && matches!(parsed(first), Some(Value::Object(_))) {
        for line in text.lines().filter(|line| !line.trim_ascii().is_empty()) {
            record(wanted, offset, line, outcome)?;
        }
        return Ok(());
    }
    record(wanted, offset, text, outcome)
}

fn record(wanted: &Wanted, offset: i64, text: &str, outcome: &mut Outcome) -> Result<(), &'static str> {
    let value = parsed(text).ok_or("malformed_json")?;
    if !value.is_object() {
        return Err("not_an_object");
    }
    let walker = Walker::new(pointers(wanted), parsed);
    let rejected = |reason: &str, outcome: &mut Outcome| {
        // Whose ragged rows are shows in the first of them.
        let number = (reason == "ragged_rows").then_some(0);
        let whole = Row { one: value.clone(), whole: &value, number };
        if is_addressed(wanted, &walker, &whole) {
            outcome.rejects.push((offset, reason.to_owned()));
        } else {
            outcome.filtered += 1;
        }
    };
    let rows = pointers(wanted).try_for_each(|pointer| walker.at(&value, pointer, None).map(drop));
    let rows = match rows.and_then(|()| split(wanted, &walker, &value)) {
        Ok(rows) => rows,
        Err(reason) => {
            rejected(reason, outcome);
            return Ok(());
        }
    };
    let mut part = Outcome { rows: vec![Vec::new()], ..Outcome::default() };
    let mut addressed =
        rows.is_empty() && is_addressed(wanted, &walker, &Row { one: value.clone(), whole: &value, number: None });
    for row in &rows {
        if let Err(reason) = pointers(wanted).try_for_each(|pointer| row.at(&walker, pointer).map(drop)) {
            rejected(reason, outcome);
            return Ok(());
        }
        if !is_addressed(wanted, &walker, row) {
            continue;
        }
        addressed = true;
        let time = row.at(&walker, wanted.event_time)?;
        match time_of(time.as_ref().unwrap_or(&Value::Null)) {
            NO_EVENT_TIME => {
                let none = time.is_none_or(|time| time.is_null());
                let reason = if none { "no_event_time" } else { "bad_event_time" };
                part.rejects.push((offset, reason.to_owned()));
            }
            at => part.rows[0].push(ShownRow {
                at,
                segment: segment(wanted, &walker, row),
                values: wanted.features.iter().map(|f| typed(f, place(f, &walker, row).as_ref())).collect(),
            }),
        }
    }
    outcome.rows[0].append(&mut part.rows[0]);
    outcome.rejects.append(&mut part.rejects);
    outcome.filtered += u64::from(!addressed);
    Ok(())
}

/// The tree of a text, with the words for numbers that JSON does not have as texts, and half surrogate pairs replaced.
fn parsed(text: &str) -> Option<Value> {
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    let mut outside = true;
    let mut pieces = Vec::new();
    // Odd pieces are texts; an escaped quote joins two of them.
    for piece in text.split_inclusive('"') {
        let escapes = piece.trim_end_matches('"').chars().rev().take_while(|c| *c == '\\').count();
        let closes = piece.ends_with('"') && (outside || escapes % 2 == 0);
        pieces.push(if outside { quoted(piece) } else { replaced(piece) });
        outside ^= closes;
    }
    serde_json::from_str(&pieces.concat()).ok()
}

fn quoted(piece: &str) -> String {
    let ends = |text: &str, chars: &[char]| text.trim_ascii_end().ends_with(chars);
    let begins = |text: &str, chars: &[char]| text.trim_ascii_start().starts_with(chars);
    ["-Infinity", "NaN", "Infinity"].iter().fold(piece.to_owned(), |text, word| {
        let mut parts = text.split(word);
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let is_value = ends(&whole, &[':', ',', '[']) && begins(part, &[',', '}', ']']);
            let quote = if is_value { "\"" } else { "" };
            whole.extend([quote, word, quote, part]);
        }
        whole
    })
}

fn replaced(piece: &str) -> String {
    let mut text = String::new();
    let mut rest = piece;
    // An escape is a backslash and what follows, which may be another one.
    while let Some((before, escape)) = rest.split_once('\\') {
        text.push_str(before);
        let half = ["ud800", "udc00"].into_iter().find(|half| escape.starts_with(half));
        let len = half.map_or_else(|| escape.chars().next().map_or(0, char::len_utf8), str::len);
        text.push('\\');
        text.push_str(if half.is_some() { "ufffd" } else { &escape[..len] });
        rest = &escape[len..];
    }
    text + rest
}

fn is_addressed(wanted: &Wanted, walker: &Walker<'_>, row: &Row<'_>) -> bool {
    let models = &wanted.filter.models;
    let model = || row.at(walker, wanted.model.unwrap_or("/model")).ok().flatten().as_ref().and_then(text_of);
    models.is_empty() || model().is_some_and(|model| models.contains(&model))
}

/// The rows that a record with arrays of rows is as good as, or why it is none.
fn split<'a>(wanted: &Wanted, walker: &Walker<'_>, record: &'a Value) -> Result<Vec<Row<'a>>, &'static str> {
    let in_place = wanted.features.iter().filter(|f| f.path.is_none_or(|path| array_of(path).is_none()));
    let rows: Vec<String> = in_place
        .clone()
        .filter_map(|f| match f.path {
            None => Some("/features".to_owned()),
            Some(path) => Some(path.rsplit_once('/')?.0.to_owned()).filter(|parent| !parent.is_empty()),
        })
        .collect();
    let outputs = in_place.filter_map(|f| match (f.role, f.path) {
        (Role::Feature, _) => None,
        (_, Some(path)) => Some(path),
        (Role::Prediction, None) => Some("/prediction"),
        (Role::Label, None) => Some("/label"),
    });
    let outputs: Vec<String> = outputs.map(str::to_owned).collect();
    let at = |path: &String| walker.at(record, path, None).ok().flatten();
    let array = |value: Value| if let Value::Array(list) = value { Some(list) } else { None };
    // Pointers go on into the text around a feature, and not into a prediction's.
    let list = |path: &String| at(path).map(|value| walker.opened(value)).and_then(array);
    // An array may lie within another one that is rows; only the outer one is then.
    let is_rows = |path: &String| list(path).is_some_and(|list| list.first().is_some_and(Value::is_object));
    let mut arrays: Vec<String> = rows.into_iter().filter(is_rows).collect();
    let mut counts = arrays.iter().filter_map(|path| Some(list(path)?.len())).collect::<Vec<_>>();
    for pointer in pointers(wanted) {
        counts.extend(walker.count(record, pointer)?);
    }
    let Some(count) = counts.first().copied() else {
        return Ok(vec![Row { one: record.clone(), whole: record, number: Some(0) }]);
    };
    if arrays.iter().any(|path| list(path).is_none_or(|list| !list.iter().all(Value::is_object))) {
        return Err("ragged_rows");
    }
    arrays.extend(outputs.into_iter().filter(|path| at(path).is_some_and(|value| value.is_array())));
    counts.extend(arrays.iter().filter_map(|path| Some(list(path)?.len())));
    if counts.iter().any(|other| *other != count) {
        return Err("ragged_rows");
    }
    if count > Limits::default().rows {
        return Err("too_large");
    }
    let row = |number: usize| {
        let mut one = record.clone();
        for path in &arrays {
            let element = list(path).and_then(|list| list.get(number).cloned());
            walker.replace(&mut one, &tokens(path), element.unwrap());
        }
        Row { one, whole: record, number: Some(number) }
    };
    Ok((0..count).map(row).collect())
}

fn place(feature: &Feature, walker: &Walker<'_>, row: &Row<'_>) -> Option<Value> {
    if let Some(path) = feature.path {
        return row.at(walker, path).unwrap();
    }
    member(feature, &row.one).cloned()
}

fn member<'a>(feature: &Feature, record: &'a Value) -> Option<&'a Value> {
    let name = feature.name;
    let output = match feature.role {
        Role::Feature => None,
        Role::Prediction => record.get("prediction"),
        Role::Label => record.get("label"),
    };
    match output {
        Some(Value::Object(members)) => return members.get(name),
        Some(value) => return Some(value),
        None => {}
    }
    let path = |within: &'a Value| name.contains('/').then(|| within.pointer(&format!("/{name}"))).flatten();
    match record.get("features") {
        Some(features @ Value::Object(members)) => {
            members.get(name).or_else(|| path(features)).or_else(|| path(record))
        }
        _ => record.get(name).or_else(|| path(record)),
    }
}

fn typed(feature: &Feature, value: Option<&Value>) -> Shown {
    let default = feature.default.map(|default| serde_json::from_str(default).unwrap());
    let Some(value) = value.or(default.as_ref()).filter(|value| !value.is_null()) else {
        return Shown::Missing;
    };
    match feature.kind {
        Kind::Presence if value.as_str() == Some("") => Shown::Missing,
        Kind::Presence => Shown::Present,
        Kind::Text => text_of(value).map_or(Shown::Mistyped, Shown::Text),
        Kind::Number => match value {
            Value::Number(number) => Shown::Number(number.as_f64().unwrap()),
            Value::String(text) => match text.as_str() {
                "NaN" | "nan" => Shown::Number(f64::NAN),
                "Infinity" | "+Infinity" | "inf" => Shown::Number(f64::INFINITY),
                "-Infinity" | "-inf" => Shown::Number(f64::NEG_INFINITY),
                text => number_of(text).map_or(Shown::Mistyped, Shown::Number),
            },
            _ => Shown::Mistyped,
        },
    }
}

/// A text that is a number of JSON and nothing else.
fn number_of(text: &str) -> Option<f64> {
    let number = serde_json::from_str::<f64>(text).ok()?;
    (text.trim() == text).then_some(number)
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) if number.is_f64() => number.as_f64().map(|number| (number + 0.0).to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Array(_) | Value::Object(Map { .. }) => None,
    }
}

fn time_of(value: &Value) -> i64 {
    let reader = TimeReader::default();
    match value {
        Value::Number(number) => {
            number.as_i64().map_or_else(|| reader.number(number.as_f64().unwrap()), |number| reader.integer(number))
        }
        Value::String(text) => reader.text(text),
        _ => NO_EVENT_TIME,
    }
}

fn segment(wanted: &Wanted, walker: &Walker<'_>, row: &Row<'_>) -> String {
    let value = |label: &&str| row.at(walker, label).unwrap().as_ref().and_then(text_of);
    let values: Vec<Option<String>> = wanted.segments.iter().map(value).collect();
    let names = wanted.segments.iter().map(|label| label.rsplit('/').next().unwrap());
    let key = SegmentKey::from_labels(names.zip(values.iter().map(Option::as_deref)));
    key.as_str().to_owned()
}
