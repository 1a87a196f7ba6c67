//! What templates can say: the filters, tests and functions of Jinja that make nothing larger than what they are given,
//! and those of the others that matter, with a limit.

use std::fmt::{self, Write as _};
use std::io;

use driftd_model::words;
use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Output, State, UndefinedBehavior, filters, tests};

use super::BODY;

/// Instructions a template may take: some hundred times what a message needs.
const FUEL: u64 = 200_000;
/// How deep it may go.
const DEPTH: usize = 64;
/// Bytes of a text that a filter makes.
const TEXT: usize = 256 << 10;
/// Numbers of a range.
const NUMBERS: usize = 1_000;
/// What `map` may do to every item: nothing that makes it longer.
const MAPPED: [&str; 13] = [
    "abs",
    "capitalize",
    "first",
    "float",
    "int",
    "last",
    "length",
    "lower",
    "name",
    "number",
    "percent",
    "trim",
    "upper",
];

/// An environment without a template.
pub(super) fn environment() -> Environment<'static> {
    let mut known = Environment::empty();
    known.set_formatter(print);
    known.set_undefined_behavior(UndefinedBehavior::Strict);
    known.set_fuel(Some(FUEL));
    known.set_recursion_limit(DEPTH);
    known.set_debug(false);
    add_filters(&mut known);
    add_list_filters(&mut known);
    add_tests(&mut known);
    known.add_function("range", range);
    known
}

fn add_filters(known: &mut Environment<'static>) {
    known.add_filter("abs", filters::abs);
    known.add_filter("bool", filters::bool);
    known.add_filter("capitalize", filters::capitalize);
    known.add_filter("count", filters::length);
    known.add_filter("d", filters::default);
    known.add_filter("default", filters::default);
    known.add_filter("dictsort", filters::dictsort);
    known.add_filter("first", filters::first);
    known.add_filter("float", filters::float);
    known.add_filter("int", filters::int);
    known.add_filter("items", filters::items);
    known.add_filter("last", filters::last);
    known.add_filter("length", filters::length);
    known.add_filter("lower", filters::lower);
    known.add_filter("round", filters::round);
    known.add_filter("safe", filters::safe);
    known.add_filter("string", filters::string);
    known.add_filter("title", filters::title);
    known.add_filter("tojson", |value: &Value| json(value, TEXT).map(Value::from_safe_string));
    known.add_filter("trim", filters::trim);
    known.add_filter("upper", filters::upper);
    // A name fit for one line, as in all of driftd's own texts.
    known.add_filter("name", |text: &str, most: Option<usize>| words::name(text, most.unwrap_or(60)));
    known.add_filter("number", |x: Option<f64>| x.map_or_else(|| "infinite".to_owned(), words::number));
    known.add_filter("percent", |x: Option<f64>| x.map_or_else(|| "unknown".to_owned(), words::percent));
}

fn add_list_filters(known: &mut Environment<'static>) {
    known.add_filter("join", join);
    known.add_filter("list", |state: &State, value: Value| filters::list(state, listed(value)?));
    known.add_filter("map", map);
    known.add_filter("max", |state: &State, value: Value, how: Kwargs| filters::max(state, listed(value)?, how));
    known.add_filter("min", |state: &State, value: Value, how: Kwargs| filters::min(state, listed(value)?, how));
    known.add_filter("reverse", |value: Value| filters::reverse(&listed(value)?));
    known.add_filter("sort", |state: &State, value: Value, how: Kwargs| filters::sort(state, listed(value)?, how));
    known.add_filter("unique", |state: &State, value: Value, how: Kwargs| filters::unique(state, listed(value)?, how));
}

fn add_tests(known: &mut Environment<'static>) {
    known.add_test("boolean", tests::is_boolean);
    known.add_test("defined", tests::is_defined);
    known.add_test("divisibleby", tests::is_divisibleby);
    known.add_test("endingwith", tests::is_endingwith);
    known.add_test("even", tests::is_even);
    known.add_test("false", tests::is_false);
    known.add_test("float", tests::is_float);
    known.add_test("in", tests::is_in);
    known.add_test("integer", tests::is_integer);
    known.add_test("iterable", tests::is_iterable);
    known.add_test("mapping", tests::is_mapping);
    known.add_test("none", tests::is_none);
    known.add_test("number", tests::is_number);
    known.add_test("odd", tests::is_odd);
    known.add_test("sequence", tests::is_sequence);
    known.add_test("startingwith", tests::is_startingwith);
    known.add_test("string", tests::is_string);
    known.add_test("true", tests::is_true);
    known.add_test("undefined", tests::is_undefined);
}

/// What `{{ … }}` prints: JSON, but for what is JSON already.
fn print(out: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    match value.as_str().filter(|_| value.is_safe()) {
        Some(text) => out.write_str(text)?,
        None => out.write_str(&json(value, BODY)?)?,
    }
    Ok(())
}

/// A value as JSON of so many bytes.
fn json(value: &Value, most: usize) -> Result<String, Error> {
    let mut json = Bounded::new(most);
    match serde_json::to_writer(&mut json, value) {
        Ok(()) => String::from_utf8(json.bytes)
            .map_err(|error| Error::new(ErrorKind::BadSerialization, "no JSON can be made").with_source(error)),
        Err(_) if json.is_full => Err(json.too_long()),
        Err(error) => Err(Error::new(ErrorKind::BadSerialization, "no JSON can be made").with_source(error)),
    }
}

/// The items of a list, or of one attribute of each, with a text between them.
fn join(value: Value, between: Option<&str>, how: Kwargs) -> Result<String, Error> {
    let attribute: Option<&str> = how.get("attribute")?;
    how.assert_all_used()?;
    let mut joined = Bounded::new(TEXT);
    for (index, item) in listed(value)?.try_iter()?.enumerate() {
        let between = between.filter(|_| index > 0).unwrap_or_default();
        let item = attribute.map_or_else(|| Ok(item.clone()), |name| item.get_attr(name))?;
        // A value that cannot be written has nothing to say but that it was too long.
        if joined.write_str(between).and_then(|()| write!(joined, "{item}")).is_err() {
            return Err(joined.too_long());
        }
    }
    String::from_utf8(joined.bytes)
        .map_err(|error| Error::new(ErrorKind::InvalidOperation, "no text can be made").with_source(error))
}

/// One attribute of every item, or every item after a filter.
fn map(state: &mut State<'_, '_>, value: Value, filter: Option<&str>, how: Kwargs) -> Result<Vec<Value>, Error> {
    let attribute: Option<&str> = how.get("attribute")?;
    how.assert_all_used()?;
    let items = listed(value)?.try_iter()?;
    match (attribute, filter) {
        (Some(name), None) => items.map(|item| item.get_attr(name)).collect(),
        (None, Some(name)) if MAPPED.contains(&name) => items.map(|item| state.apply_filter(name, &[item])).collect(),
        _ => Err(refused(format!(
            "map takes attribute = \"…\" or the name of one of these filters: {}",
            MAPPED.join(", ")
        ))),
    }
}

/// Whole numbers from nothing, or from `first`, to below the last.
fn range(first: i64, end: Option<i64>, step: Option<i64>) -> Result<Vec<i64>, Error> {
    let (first, end) = end.map_or((0, first), |end| (first, end));
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err(refused("a range has a step other than 0".to_owned()));
    }
    let numbers = std::iter::successors(Some(first), |number| number.checked_add(step));
    let numbers: Vec<i64> =
        numbers.take_while(|&number| if step > 0 { number < end } else { number > end }).take(NUMBERS + 1).collect();
    if numbers.len() > NUMBERS {
        return Err(refused(format!("a range has at most {NUMBERS} numbers")));
    }
    Ok(numbers)
}

/// The value, unless it is a text: as a list of letters it would be many times as large, and again each time it is
/// written.
fn listed(value: Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::String | ValueKind::Bytes => Err(refused("a text is no list".to_owned())),
        _ => Ok(value),
    }
}

fn refused(what: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, what)
}

/// Takes so many bytes and no more.
pub(super) struct Bounded {
    pub(super) bytes: Vec<u8>,
    most: usize,
    is_full: bool,
}

impl Bounded {
    pub(super) fn new(most: usize) -> Self {
        Self { bytes: Vec::new(), most, is_full: false }
    }

    fn too_long(&self) -> Error {
        refused(self.said())
    }

    fn said(&self) -> String {
        format!("it makes more than {} KiB: let it say less", self.most >> 10)
    }
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.most - self.bytes.len() {
            self.is_full = true;
            return Err(io::Error::other(self.said()));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        io::Write::write_all(self, text.as_bytes()).map_err(|_| fmt::Error)
    }
}
