//! Values of more than one shape, for types that serde's derive alone would read with poor errors.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

/// Reads what is written as a text or as a table: `text` makes it of the one, `table` of the other, which is read first.
pub(crate) fn text_or_table<'de, D, K, T>(
    deserializer: D,
    expected: &'static str,
    text: impl Fn(&str) -> Result<T, String>,
    table: impl Fn(K) -> Result<T, String>,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    K: Deserialize<'de>,
{
    struct Either<F, G, K> {
        expected: &'static str,
        text: F,
        table: G,
        keys: PhantomData<K>,
    }

    impl<'de, T, K: Deserialize<'de>, F, G> Visitor<'de> for Either<F, G, K>
    where
        F: Fn(&str) -> Result<T, String>,
        G: Fn(K) -> Result<T, String>,
    {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.expected)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            (self.text)(text).map_err(E::custom)
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            (self.table)(K::deserialize(MapAccessDeserializer::new(map))?).map_err(A::Error::custom)
        }
    }

    deserializer.deserialize_any(Either { expected, text, table, keys: PhantomData })
}

/// The one of two that is there, or what is wrong.
pub(crate) fn one_of<A, B, T>(
    pair: (Option<A>, Option<B>),
    first: impl FnOnce(A) -> T,
    second: impl FnOnce(B) -> T,
    neither: &str,
) -> Result<T, String> {
    match pair {
        (Some(a), None) => Ok(first(a)),
        (None, Some(b)) => Ok(second(b)),
        _ => Err(neither.to_owned()),
    }
}
