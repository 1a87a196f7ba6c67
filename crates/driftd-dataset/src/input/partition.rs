//! Hive partitions: directories named `column=value`.

use std::ffi::OsStr;
use std::path::Path;

/// What Hive writes for no value.
const NO_VALUE: &str = "__HIVE_DEFAULT_PARTITION__";

/// A column that has the same value in all rows of a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Partition {
    pub(crate) column: String,
    pub(crate) value: Option<String>,
}

impl Partition {
    /// The partitions that the directories of a path name, from the outermost to the innermost.
    pub(super) fn of(path: &Path) -> Vec<Self> {
        let directories = path.parent().into_iter().flat_map(Path::iter);
        directories.filter_map(Self::of_directory).collect()
    }

    fn of_directory(name: &OsStr) -> Option<Self> {
        let (column, value) = name.to_str()?.split_once('=')?;
        let value = (value != NO_VALUE).then(|| decoded(value));
        (!column.is_empty()).then(|| Self { column: decoded(column), value })
    }
}

/// Whether a partition says when its rows were written: what is so by the way files are filed, and no feature.
pub(crate) fn is_of_time(column: &str) -> bool {
    const NAMES: [&str; 10] = ["year", "month", "day", "hour", "minute", "date", "dt", "ds", "week", "quarter"];
    NAMES.iter().any(|name| column.eq_ignore_ascii_case(name))
}

/// `%3A` and the like, as Hive escapes what file systems do not like.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, tail @ ..] => hex(*high).zip(hex(*low)).map(|(high, low)| (16 * high + low, tail)),
            _ => None,
        };
        let (byte, tail) = escaped.unwrap_or((*first, tail));
        bytes.push(byte);
        rest = tail;
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_name_columns() {
        let of = |path: &str| {
            let shown = |p: Partition| format!("{}={}", p.column, p.value.as_deref().unwrap_or("(none)"));
            Partition::of(Path::new(path)).into_iter().map(shown).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(of("year=2024/month=03/part-0.parquet"), "year=2024 month=03");
        assert_eq!(of("at=12%3A30/x/a=b.csv"), "at=12:30");
        assert_eq!(of("city=__HIVE_DEFAULT_PARTITION__/x.csv"), "city=(none)");
        assert_eq!(of("rate=5%/share=100%zz/x.csv"), "rate=5% share=100%zz");
        assert_eq!(of("=2/x.csv"), "");
    }
}
