//! Instants as people write them.
//!
//! Among themselves the parts of driftd pass instants on as microseconds. What leaves the program is for others to read:
//! there every instant is RFC 3339 text, whatever the field is called that it stands in. What an instant is, its type
//! says: [`Readable`] looks for the two types of instants and leaves everything else to the serializer it is given.

use driftd_window::Timestamp;
use serde::ser::{
    Error, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// The types of instants, by the names that their serialisation gives them.
const INSTANTS: [&str; 2] = ["EventTime", "Timestamp"];

/// A value with readable instants, and what such a value is written by.
pub(super) struct Readable<T>(pub(super) T);

/// A value as JSON for people and programs.
pub(super) fn json(value: &(impl Serialize + ?Sized)) -> serde_json::Result<serde_json::Value> {
    serde_json::to_value(Readable(value))
}

impl<T: Serialize + ?Sized> Serialize for Readable<&T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(Readable(serializer))
    }
}

macro_rules! as_it_is {
    ($($serialize:ident($($name:ident: $type:ty),*)),* $(,)?) => {
        $(fn $serialize(self, $($name: $type),*) -> Result<S::Ok, S::Error> {
            self.0.$serialize($($name),*)
        })*
    };
}

macro_rules! with_readable_parts {
    ($($serialize:ident($($name:ident: $type:ty),*) -> $parts:ident),* $(,)?) => {
        $(fn $serialize(self, $($name: $type),*) -> Result<Self::$parts, S::Error> {
            self.0.$serialize($($name),*).map(Readable)
        })*
    };
}

impl<S: Serializer> Serializer for Readable<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Readable<S::SerializeSeq>;
    type SerializeTuple = Readable<S::SerializeTuple>;
    type SerializeTupleStruct = Readable<S::SerializeTupleStruct>;
    type SerializeTupleVariant = Readable<S::SerializeTupleVariant>;
    type SerializeMap = Readable<S::SerializeMap>;
    type SerializeStruct = Readable<S::SerializeStruct>;
    type SerializeStructVariant = Readable<S::SerializeStructVariant>;

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<S::Ok, S::Error> {
        if !INSTANTS.contains(&name) {
            return self.0.serialize_newtype_struct(name, &Readable(value));
        }
        let micros = serde_json::to_value(value).map_err(S::Error::custom)?.as_i64();
        let micros = micros.ok_or_else(|| S::Error::custom(format!("{name} is no number of microseconds")))?;
        self.0.serialize_str(&Timestamp::from_micros(micros).to_string())
    }

    as_it_is! {
        serialize_bool(v: bool), serialize_i8(v: i8), serialize_i16(v: i16), serialize_i32(v: i32),
        serialize_i64(v: i64), serialize_i128(v: i128), serialize_u8(v: u8), serialize_u16(v: u16), serialize_u32(v: u32),
        serialize_u64(v: u64), serialize_u128(v: u128), serialize_f32(v: f32), serialize_f64(v: f64), serialize_char(v: char),
        serialize_str(v: &str), serialize_bytes(v: &[u8]), serialize_none(), serialize_unit(),
        serialize_unit_struct(name: &'static str),
        serialize_unit_variant(name: &'static str, index: u32, variant: &'static str),
    }

    with_readable_parts! {
        serialize_seq(len: Option<usize>) -> SerializeSeq,
        serialize_tuple(len: usize) -> SerializeTuple,
        serialize_tuple_struct(name: &'static str, len: usize) -> SerializeTupleStruct,
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, len: usize) -> SerializeTupleVariant,
        serialize_map(len: Option<usize>) -> SerializeMap,
        serialize_struct(name: &'static str, len: usize) -> SerializeStruct,
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, len: usize) -> SerializeStructVariant,
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.0.serialize_some(&Readable(value))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.0.serialize_newtype_variant(name, index, variant, &Readable(value))
    }
}

macro_rules! parts {
    ($($trait:ident::$serialize:ident($($name:ident: $type:ty)?)),* $(,)?) => {
        $(impl<S: $trait> $trait for Readable<S> {
            type Ok = S::Ok;
            type Error = S::Error;

            fn $serialize<T: Serialize + ?Sized>(&mut self, $($name: $type,)? value: &T) -> Result<(), S::Error> {
                self.0.$serialize($($name,)? &Readable(value))
            }

            fn end(self) -> Result<S::Ok, S::Error> {
                self.0.end()
            }
        })*
    };
}

parts! {
    SerializeSeq::serialize_element(),
    SerializeTuple::serialize_element(),
    SerializeTupleStruct::serialize_field(),
    SerializeTupleVariant::serialize_field(),
    SerializeStruct::serialize_field(name: &'static str),
    SerializeStructVariant::serialize_field(name: &'static str),
}

impl<S: SerializeMap> SerializeMap for Readable<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), S::Error> {
        self.0.serialize_key(&Readable(key))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        self.0.serialize_value(&Readable(value))
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use driftd_window::{EventTime, WindowName};
    use serde::Serialize;

    use super::*;

    #[derive(Serialize)]
    enum Change {
        Nothing,
        Taken(Timestamp),
        Moved { from: EventTime, sold_at: u64 },
        Between(EventTime, u8),
    }

    #[derive(Serialize)]
    struct Everything {
        /// A count that is called like an instant.
        created_at: u64,
        when: Timestamp,
        maybe: [Option<EventTime>; 2],
        window: (WindowName, EventTime, EventTime),
        by_day: BTreeMap<EventTime, i64>,
        counts: BTreeMap<&'static str, i64>,
        sum: u128,
        difference: i128,
        changes: Vec<Change>,
    }

    #[test]
    fn instants_are_told_by_their_type_and_not_by_a_name() {
        let at = EventTime::from_micros;
        let everything = Everything {
            created_at: 12,
            when: Timestamp::from_micros(1_500_000),
            maybe: [Some(at(0)), None],
            window: ("day".into(), at(0), at(86_400_000_000)),
            by_day: BTreeMap::from([(at(0), 7)]),
            counts: BTreeMap::from([("first_seen", 3), ("at", 4)]),
            sum: 8,
            difference: -9,
            changes: vec![
                Change::Nothing,
                Change::Taken(Timestamp::from_micros(0)),
                Change::Moved { from: at(0), sold_at: 5 },
                Change::Between(at(0), 6),
            ],
        };
        let midnight = "1970-01-01T00:00:00Z";
        let expected = serde_json::json!({
            "created_at": 12,
            "when": "1970-01-01T00:00:01.500Z",
            "maybe": [midnight, null],
            "window": ["day", midnight, "1970-01-02T00:00:00Z"],
            "by_day": { midnight: 7 },
            "counts": { "first_seen": 3, "at": 4 },
            "sum": 8,
            "difference": -9,
            "changes": ["Nothing", { "Taken": midnight }, { "Moved": { "from": midnight, "sold_at": 5 } }, { "Between": [midnight, 6] }],
        });
        assert_eq!(json(&everything).unwrap(), expected);
        assert_eq!(serde_json::to_value(&everything).unwrap()["when"], 1_500_000);
    }
}
