//! The tree as a source of serde's.

use std::collections::btree_map;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::{Error, REST, Skipped};
use crate::tree::{Entry, Node, Table, Value};

type Result<T> = std::result::Result<T, Error>;

/// Reads one node.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    node: &'a Node,
    skipped: &'a Skipped,
    /// What is known besides the keys of this table, which are the rest of another's.
    others: &'static [&'static str],
}

impl<'a> Reader<'a> {
    /// Reads `node` without what is `skipped`.
    pub(crate) fn new(node: &'a Node, skipped: &'a Skipped) -> Self {
        Self { node, skipped, others: &[] }
    }

    fn below(self, node: &'a Node) -> Self {
        Self { node, others: &[], ..self }
    }

    /// Reads the value of `key`.
    fn value<'de, T: DeserializeSeed<'de>>(self, key: &str, entry: &'a Entry, seed: T) -> Result<T::Value> {
        let read = seed.deserialize(self.below(&entry.node));
        read.map_err(|error| error.at(&entry.node.place).by_key(key, &entry.key_place))
    }

    fn mismatch<T>(self, expected: &dyn Expected) -> Result<T> {
        Err(Error::invalid_type(Unexpected::Other(self.node.what()), expected))
    }

    /// Text that is asked to be something else: only an environment variable's is.
    fn loose<T: std::str::FromStr>(self) -> Option<T> {
        match &self.node.value {
            Value::Loose(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    fn any<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match &self.node.value {
            Value::Text(text) | Value::Loose(text) | Value::Datetime(text) => visitor.visit_str(text),
            Value::Integer(number) => integer(visitor, *number),
            Value::Float(number) if number.is_finite() => visitor.visit_f64(*number),
            Value::Float(number) => Err(Error::custom(format!("{number} is not a finite number"))),
            Value::Bool(yes) => visitor.visit_bool(*yes),
            Value::List(_) => self.seq(visitor),
            Value::Table(_) => self.map(None, visitor),
        }
    }

    fn seq<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match &self.node.value {
            Value::List(items) => visitor.visit_seq(Items { reader: self, items: items.iter(), index: 0 }),
            Value::Loose(text) => {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                let node = |part: &str| Node { value: Value::Loose(part.to_owned()), place: self.node.place.clone() };
                let items: Vec<Node> = parts.map(node).collect();
                visitor.visit_seq(Items { reader: self, items: items.iter(), index: 0 })
            }
            Value::Table(_) => Err(Error::one_table()),
            _ => self.mismatch(&visitor),
        }
    }

    /// Reads the keys of a table; `fields` are those that are asked for, where they are known.
    fn map<'de, V: Visitor<'de>>(self, fields: Option<&'static [&'static str]>, visitor: V) -> Result<V::Value> {
        let Some(table) = self.node.as_table() else { return self.mismatch(&visitor) };
        let entries = Entries { reader: self, entries: table.iter(), table, fields, value: None, rest: None };
        visitor.visit_map(entries).map_err(|error| error.without_blame(|key| table.contains_key(key)))
    }

    fn text<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.node.as_text() {
            Some(text) => visitor.visit_str(text),
            None => self.mismatch(&visitor),
        }
    }

    fn number<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.node.as_number() {
            Some(number) if number.is_finite() => visitor.visit_f64(number),
            Some(number) => Err(Error::custom(format!("{number} is not a finite number"))),
            None => self.any(visitor),
        }
    }

    /// A table with one key, or a text.
    fn choice<'de, V: Visitor<'de>>(self, variants: &'static [&'static str], visitor: V) -> Result<V::Value> {
        let Some(table) = self.node.as_table() else {
            return match self.node.as_text() {
                Some(text) => visitor.visit_enum(text.into_deserializer()),
                None => self.mismatch(&visitor),
            };
        };
        let mut given = table.iter().filter(|(_, entry)| !self.skipped.contains(&entry.key_place));
        if let Some((key, entry)) = given.clone().find(|(key, _)| !variants.contains(&key.as_str())) {
            let error = Error::unknown_field(key, variants).of_key(self.others, &entry.node);
            return Err(error.at(&entry.key_place).by_key(key, &entry.key_place));
        }
        match (given.next(), given.next()) {
            (Some((key, entry)), None) => visitor.visit_enum(Chosen { reader: self, key, entry }),
            (None, _) if !table.is_empty() => Err(Error::consequence()),
            (None, _) => Err(Error::custom(format!("has no kind: write one of {}", variants.join(", ")))),
            (Some(_), Some(_)) => Err(Error::custom("has more than one kind: write a [[receiver]] for each")),
        }
    }
}

fn integer<'de, V: Visitor<'de>>(visitor: V, number: i128) -> Result<V::Value> {
    match (u64::try_from(number), i64::try_from(number)) {
        (Ok(number), _) => visitor.visit_u64(number),
        (_, Ok(number)) => visitor.visit_i64(number),
        _ => Err(Error::custom("is more than any count")),
    }
}

macro_rules! deserialize {
    ($($method:ident($($arg:ident: $type:ty),*) by |$reader:ident, $visitor:ident| $read:expr;)*) => {
        $(fn $method<V: Visitor<'de>>(self, $($arg: $type,)* $visitor: V) -> Result<V::Value> {
            let $reader = self;
            $read.map_err(|error: Error| error.at(&self.node.place))
        })*
    };
}

macro_rules! deserialize_integers {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            let read = match self.loose::<i128>() {
                Some(number) => integer(visitor, number),
                None => self.any(visitor),
            };
            read.map_err(|error| error.at(&self.node.place))
        })*
    };
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Error;

    deserialize! {
        deserialize_any() by |reader, visitor| reader.any(visitor);
        deserialize_bool() by |reader, visitor| match reader.loose() {
            Some(yes) => visitor.visit_bool(yes),
            None => reader.any(visitor),
        };
        deserialize_f64() by |reader, visitor| reader.number(visitor);
        deserialize_str() by |reader, visitor| reader.text(visitor);
        deserialize_string() by |reader, visitor| match reader.node.as_text() {
            Some(text) if text.trim().is_empty() => {
                Err(Error::custom("is empty: write a text, or leave the key out"))
            }
            _ => reader.text(visitor),
        };
        deserialize_option() by |reader, visitor| match reader.node.as_table() {
            // The rest of another table is always there.
            Some(table) if table.is_empty() && !reader.others.is_empty() => visitor.visit_none(),
            _ => visitor.visit_some(reader),
        };
        deserialize_newtype_struct(_name: &'static str) by |reader, visitor| visitor.visit_newtype_struct(reader);
        deserialize_seq() by |reader, visitor| reader.seq(visitor);
        deserialize_map() by |reader, visitor| reader.map(None, visitor);
        deserialize_struct(_name: &'static str, fields: &'static [&'static str]) by
            |reader, visitor| reader.map(Some(fields), visitor);
        deserialize_enum(_name: &'static str, variants: &'static [&'static str]) by
            |reader, visitor| reader.choice(variants, visitor);
    }
    deserialize_integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }
    forward_to_deserialize_any! {
        f32 char bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

/// The items of a list.
struct Items<'a> {
    reader: Reader<'a>,
    items: std::slice::Iter<'a, Node>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        for item in self.items.by_ref() {
            let index = self.index;
            self.index += 1;
            if self.reader.skipped.contains(&item.place) {
                continue;
            }
            let read = seed.deserialize(self.reader.below(item));
            return read.map(Some).map_err(|error| error.at(&item.place).by_item(item.item_name(index), &item.place));
        }
        Ok(None)
    }
}

/// The keys of a table.
struct Entries<'a> {
    reader: Reader<'a>,
    entries: btree_map::Iter<'a, String, Entry>,
    table: &'a Table,
    /// The keys that are asked for, where they are known.
    fields: Option<&'static [&'static str]>,
    value: Option<(&'a str, &'a Entry)>,
    /// What is left for the field that takes all other keys; it comes last.
    rest: Option<Node>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        let takes_rest = self.fields.filter(|fields| fields.contains(&REST));
        let is_rest = |key: &str| takes_rest.is_some_and(|fields| !fields.contains(&key));
        let skipped = self.reader.skipped;
        let next = self.entries.find(|(key, entry)| !skipped.contains(&entry.key_place) && !is_rest(key));
        if let Some((key, entry)) = next {
            self.value = Some((key, entry));
            let read = seed.deserialize(StrDeserializer::new(key));
            return read.map(Some).map_err(|error: Error| {
                error.of_key(self.reader.others, &entry.node).at(&entry.key_place).by_key(key, &entry.key_place)
            });
        }
        if takes_rest.is_none() || self.rest.is_some() {
            return Ok(None);
        }
        let rest: Table = self
            .table
            .iter()
            .filter(|(key, _)| is_rest(key))
            .map(|(key, entry)| (key.clone(), entry.clone()))
            .collect();
        self.rest = Some(Node { value: Value::Table(rest), place: self.reader.node.place.clone() });
        seed.deserialize(StrDeserializer::new(REST)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        if let Some((key, entry)) = self.value.take() {
            return self.reader.value(key, entry, seed);
        }
        match &self.rest {
            Some(rest) => seed.deserialize(Reader {
                node: rest,
                others: self.fields.unwrap_or_default(),
                skipped: self.reader.skipped,
            }),
            None => Err(Error::custom("has a key without a value")),
        }
    }
}

/// The one key of a table that says which of several things it is.
struct Chosen<'a> {
    reader: Reader<'a>,
    key: &'a str,
    entry: &'a Entry,
}

impl<'de> EnumAccess<'de> for Chosen<'_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self)> {
        Ok((seed.deserialize(StrDeserializer::<Error>::new(self.key))?, self))
    }
}

impl<'de> VariantAccess<'de> for Chosen<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<()> {
        if self.entry.node.as_table().is_some_and(Table::is_empty) {
            return Ok(());
        }
        let error = Error::custom(format!("has nothing to set: write {} = {{}}", self.key));
        Err(error.at(&self.entry.node.place).by_key(self.key, &self.entry.key_place))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        self.reader.value(self.key, self.entry, seed)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value> {
        self.reader.below(&self.entry.node).seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value> {
        self.reader.below(&self.entry.node).map(Some(fields), visitor)
    }
}
