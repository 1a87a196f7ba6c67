//! One JSON object as a flat list of members.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A value that is no object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Member<'a> {
    Null,
    Bool(bool),
    /// A number, and its exact value when it is an integer.
    Number(f64, Option<i128>),
    Text(&'a str),
    List,
}

/// Takes the members of an object, in the order in which they stand.
pub(super) trait Members {
    /// A member; `path` joins the names of the objects around it by `/`.
    fn member(&mut self, path: &str, value: Member<'_>);
}

/// Hands the members of the object in `json` to `members`, the inner ones of nested objects in place of those.
pub(super) fn flatten(json: &[u8], path: &mut String, members: &mut impl Members) -> serde_json::Result<()> {
    path.clear();
    let mut input = serde_json::Deserializer::from_slice(json);
    input.deserialize_map(Value { path, members })?;
    input.end()
}

struct Value<'p, M> {
    path: &'p mut String,
    members: &'p mut M,
}

impl<'de, M: Members> DeserializeSeed<'de> for Value<'_, M> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de, M: Members> Visitor<'de> for Value<'_, M> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.members.member(self.path, Member::Null);
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.members.member(self.path, Member::Bool(value));
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.members.member(self.path, Member::Number(value as f64, Some(value.into())));
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.members.member(self.path, Member::Number(value as f64, Some(value.into())));
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.members.member(self.path, Member::Number(value, None));
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.members.member(self.path, Member::Text(value));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        self.members.member(self.path, Member::List);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let outer = self.path.len();
        while object.next_key_seed(Key { path: self.path })?.is_some() {
            object.next_value_seed(Value { path: self.path, members: self.members })?;
            self.path.truncate(outer);
        }
        Ok(())
    }
}

/// Appends a member's name to the path.
struct Key<'p> {
    path: &'p mut String,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<(), E> {
        if !self.path.is_empty() {
            self.path.push('/');
        }
        self.path.push_str(name);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Seen(Vec<String>);

    impl Members for Seen {
        fn member(&mut self, path: &str, value: Member<'_>) {
            self.0.push(format!("{path}={value:?}"));
        }
    }

    #[test]
    fn nested_objects_become_paths() {
        let mut seen = Seen::default();
        let line =
            br#"{"ts": 5, "features": {"a": 1.5, "b": null, "c": {"d": "x"}}, "tags": [1, {"e": 2}], "ok": true}"#;
        flatten(line, &mut String::new(), &mut seen).unwrap();
        let expected = [
            "ts=Number(5.0, Some(5))",
            "features/a=Number(1.5, None)",
            "features/b=Null",
            r#"features/c/d=Text("x")"#,
            "tags=List",
            "ok=Bool(true)",
        ];
        assert_eq!(seen.0, expected);
        for bad in ["[1]", "5", "{\"a\":}", "{\"a\":1} x", "{\"a\":1"] {
            assert!(flatten(bad.as_bytes(), &mut String::new(), &mut seen).is_err(), "{bad}");
        }
    }
}
