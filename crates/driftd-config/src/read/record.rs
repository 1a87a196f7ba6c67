//! Records: structs whose fields are the keys of a table, and whose doc comments are the schema's descriptions.

use super::{Field, Keys, Read, Required, TableReader};
use crate::problem::Problems;

/// A field of a record: it takes its key, or its keys, from the record's table.
pub(crate) trait Take: Sized {
    /// Takes `key` from `table`.
    fn take(table: &mut TableReader<'_>, key: &'static str, problems: &mut Problems) -> Self;

    /// Lists `key` in the schema.
    fn describe(keys: &mut Keys, key: &'static str, doc: &str);
}

impl<T: Read> Take for Field<T> {
    fn take(table: &mut TableReader<'_>, key: &'static str, problems: &mut Problems) -> Self {
        table.optional(key, problems)
    }

    fn describe(keys: &mut Keys, key: &'static str, doc: &str) {
        keys.add(key, doc, T::schema(), false);
    }
}

impl<T: Read> Take for Required<T> {
    fn take(table: &mut TableReader<'_>, key: &'static str, problems: &mut Problems) -> Self {
        table.required(key, problems)
    }

    fn describe(keys: &mut Keys, key: &'static str, doc: &str) {
        keys.add(key, doc, T::schema(), true);
    }
}

/// Declares a struct that is read from a table: fields are [`Field`], [`Required`] or another [`Take`]; keys that are
/// no field are problems; doc comments go into the JSON Schema.
macro_rules! record {
    (
        $(#[$meta:meta])*
        $name:ident, $expected:literal {
            $( $(#[doc = $doc:literal])+ $field:ident : $kind:ty ),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default)]
        pub(crate) struct $name {
            $( $(#[doc = $doc])+ pub(crate) $field: $kind ),*
        }

        impl $name {
            /// Takes the record's keys from a table that may hold others.
            #[allow(unused_variables, reason = "a record may have no keys")]
            pub(crate) fn take_from(
                table: &mut $crate::read::TableReader<'_>,
                problems: &mut $crate::problem::Problems,
            ) -> Self {
                Self {
                    $( $field: $crate::read::Take::take(
                        table,
                        stringify!($field).trim_start_matches("r#"),
                        problems,
                    ) ),*
                }
            }

            /// Lists the record's keys.
            #[allow(unused_variables, reason = "a record may have no keys")]
            pub(crate) fn describe_into(keys: &mut $crate::read::Keys) {
                $( <$kind as $crate::read::Take>::describe(
                    keys,
                    stringify!($field).trim_start_matches("r#"),
                    concat!($($doc),+),
                ); )*
            }
        }

        impl $crate::read::Read for $name {
            const EXPECTED: &'static str = $expected;

            fn read(
                node: &$crate::tree::Node,
                path: &str,
                problems: &mut $crate::problem::Problems,
            ) -> Option<Self> {
                let mut table = $crate::read::TableReader::open(node, path, problems)?;
                let read = Self::take_from(&mut table, problems);
                table.finish(problems);
                Some(read)
            }

            fn schema() -> serde_json::Value {
                let mut keys = $crate::read::Keys::default();
                Self::describe_into(&mut keys);
                keys.into_schema()
            }
        }
    };
}

pub(crate) use record;
