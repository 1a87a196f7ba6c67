//! Pointers with steps into arrays and texts, followed over a tree of values.

use std::collections::BTreeSet;

use serde_json::{Number, Value};

/// Follows the pointers of one monitor.
pub(crate) struct Walker<'a> {
    /// Reads the text of a record, or one within it.
    pub(crate) parse: fn(&str) -> Option<Value>,
    /// Arrays, by the pointer to them, of whose rows the monitor wants columns.
    tables: BTreeSet<&'a str>,
}

impl<'a> Walker<'a> {
    pub(crate) fn new(pointers: impl Iterator<Item = &'a str>, parse: fn(&str) -> Option<Value>) -> Self {
        let tables = pointers.filter_map(|pointer| {
            let (array, rest) = array_of(pointer)?;
            let next = rest.split('/').nth(1)?;
            (index(next).is_some() || choice(next).is_some()).then_some(array)
        });
        Self { parse, tables: tables.collect() }
    }

    /// What a pointer leads to in a row of a record; without a row, nothing beyond a step for every element.
    pub(crate) fn at(&self, record: &Value, pointer: &str, row: Option<usize>) -> Result<Option<Value>, &'static str> {
        let tokens: Vec<String> = tokens(pointer);
        self.walk(record, &tokens, row, None, array_of(pointer).is_some_and(|(array, _)| self.tables.contains(array)))
    }

    /// The number of rows at a pointer's step for every element, if there is an array.
    pub(crate) fn count(&self, record: &Value, pointer: &str) -> Result<Option<usize>, &'static str> {
        let Some((array, _)) = array_of(pointer) else { return Ok(None) };
        let found = self.at(record, array, None)?.map(|value| self.opened(value));
        let Some(Value::Array(list)) = found else { return Ok(None) };
        // The object is the member's that the array, or one around it, is.
        let tokens = tokens(array);
        let named = tokens.iter().rposition(|token| index(token).is_none()).filter(|at| is_name(&tokens[*at]));
        let object = match named {
            Some(at) => self.walk(record, &tokens[..at], None, None, false)?.map(|value| self.opened(value)),
            None => None,
        };
        if self.tables.contains(array)
            && let Some(shape) = shape(&list, object.as_ref())
        {
            return if product(&shape) == Some(list.len()) { Ok(Some(shape[0])) } else { Err("ragged_rows") };
        }
        Ok(Some(list.len()))
    }

    /// A value in place of the one at a path of names and indices.
    pub(crate) fn replace(&self, value: &mut Value, tokens: &[String], new: Value) {
        let Some((token, rest)) = tokens.split_first() else {
            *value = new;
            return;
        };
        if value.is_string() {
            *value = self.opened(value.clone());
        }
        let child = match value {
            Value::Object(members) => members.get_mut(token),
            Value::Array(list) => index(token).and_then(|at| list.get_mut(at)),
            _ => None,
        };
        if let Some(child) = child {
            self.replace(child, rest, new);
        }
    }

    /// What is in a text of JSON.
    pub(crate) fn opened(&self, value: Value) -> Value {
        match &value {
            Value::String(text) => (self.parse)(text).unwrap_or(value),
            _ => value,
        }
    }

    fn walk(
        &self,
        value: &Value,
        tokens: &[String],
        row: Option<usize>,
        around: Option<&Value>,
        table: bool,
    ) -> Result<Option<Value>, &'static str> {
        let Some((token, rest)) = tokens.split_first() else {
            return Ok(Some(value.clone()));
        };
        let next = match token.as_str() {
            token if index(token).is_some() || is_every(token) => around,
            token if is_name(token) => Some(value),
            _ => None,
        };
        match value {
            Value::Object(members) => {
                members.get(token).map_or(Ok(None), |value| self.walk(value, rest, row, next, table))
            }
            Value::Array(list) => {
                let element = if is_every(token) {
                    let Some(row) = row else { return Ok(None) };
                    match shape(list, around).filter(|_| table) {
                        Some(shape) => {
                            let len = product(&shape[1..]).unwrap();
                            list.get(row * len..(row + 1) * len).map(|row| nested(row, &shape[1..]))
                        }
                        None => list.get(row).cloned(),
                    }
                } else if let Some((key, chosen)) = choice(token) {
                    choose(list, key, chosen, around).cloned()
                } else {
                    index(token).and_then(|at| list.get(at)).cloned()
                };
                element.map_or(Ok(None), |element| self.walk(&element, rest, row, next, table))
            }
            Value::String(text) if token == "[csv]" => self.walk(&csv(text), rest, row, next, table),
            Value::String(text) if text.trim_ascii_start().starts_with(['{', '[']) => {
                let inner = (self.parse)(text).ok_or("malformed_json")?;
                self.walk(&inner, tokens, row, around, table)
            }
            _ => Ok(None),
        }
    }
}

/// The pointer to the array that a pointer splits, and what follows the step.
pub(crate) fn array_of(pointer: &str) -> Option<(&str, &str)> {
    let mut at = 0;
    for token in pointer.split('/').skip(1) {
        if is_every(token) {
            return Some((&pointer[..at], &pointer[at + 2..]));
        }
        at += token.len() + 1;
    }
    None
}

pub(crate) fn tokens(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect()
}

fn is_every(token: &str) -> bool {
    token == "*" || token == "-"
}

fn is_name(token: &str) -> bool {
    !is_every(token) && token != "[csv]" && choice(token).is_none()
}

fn index(token: &str) -> Option<usize> {
    token.parse().ok().filter(|at: &usize| at.to_string() == token)
}

fn choice(token: &str) -> Option<(&str, &str)> {
    token.strip_prefix('[')?.strip_suffix(']')?.split_once('=')
}

/// Rows and so on, of single values beside a shape.
fn shape(list: &[Value], around: Option<&Value>) -> Option<Vec<usize>> {
    let shape = around?.get("shape")?.as_array()?;
    let shape: Vec<usize> = shape.iter().map(|size| size.as_u64().map(|size| size as usize)).collect::<Option<_>>()?;
    let is_nested = list.first().is_some_and(|first| first.is_array() || first.is_object());
    ((2..=8).contains(&shape.len()) && !is_nested).then_some(shape)
}

fn product(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1_usize, |product, size| product.checked_mul(*size))
}

fn nested(values: &[Value], shape: &[usize]) -> Value {
    let Some((count, within)) = shape.split_first() else {
        return values[0].clone();
    };
    let len = product(within).unwrap();
    (0..*count).map(|at| nested(&values[at * len..(at + 1) * len], within)).collect()
}

fn choose<'a>(list: &'a [Value], key: &str, chosen: &str, around: Option<&Value>) -> Option<&'a Value> {
    let is = |value: &Value| match value {
        Value::String(text) => text == chosen,
        Value::Bool(yes) => chosen == if *yes { "true" } else { "false" },
        Value::Number(number) => number.to_string() == chosen,
        _ => false,
    };
    if list.first().is_some_and(Value::is_object) {
        return list.iter().rfind(|element| element.get(key).is_some_and(is));
    }
    let names = around?.as_object()?.get(key)?.as_array()?;
    list.get(names.iter().rposition(is)?)
}

/// Lines of fields; quotes around a field, and doubled ones in it.
fn csv(text: &str) -> Value {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mut lines, mut line, mut field) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut begun) = (false, false);
    let mut chars = text.chars().chain(['\n']).peekable();
    while let Some(char) = chars.next() {
        let is_last = chars.peek().is_none();
        match char {
            '\r' | '\n' if !quoted || is_last => {
                if std::mem::take(&mut begun) {
                    line.push(typed(&std::mem::take(&mut field)));
                    lines.push(Value::Array(std::mem::take(&mut line)));
                }
                continue;
            }
            '"' if quoted && chars.next_if_eq(&'"').is_some() => field.push('"'),
            '"' if quoted || field.is_empty() => quoted = !quoted,
            ',' if !quoted => line.push(typed(&std::mem::take(&mut field))),
            _ => field.push(char),
        }
        begun = true;
    }
    Value::Array(lines)
}

fn typed(field: &str) -> Value {
    let field = field.trim();
    if field.is_empty() {
        return Value::Null;
    }
    if let Ok(number) = serde_json::from_str::<Number>(field) {
        return Value::Number(number);
    }
    let plain = field.strip_prefix(['+', '-']).unwrap_or(field);
    let is_code = plain.len() > 1 && plain.starts_with('0') && plain.bytes().all(|byte| byte.is_ascii_digit());
    let number = (!is_code && plain.starts_with(|c: char| c == '.' || c.is_ascii_digit())).then(|| field.parse().ok());
    match number.flatten().and_then(Number::from_f64) {
        Some(number) => Value::Number(number),
        None => Value::String(field.to_owned()),
    }
}
