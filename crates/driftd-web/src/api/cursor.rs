//! Cursors: where the next page of a list begins.
//!
//! A cursor is opaque. It holds the range of time of its list, so that `now-7d` is the same seven days on every page, and
//! the place of the last row; and a hash of all that and of the list it belongs to. That keeps nobody out: whoever may
//! ask for a page may ask for any. It finds cursors of another list, and those that were cut off or made by hand.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use driftd_model::ContentHash;
use driftd_window::EventTime;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::range::TimeRange;
use crate::problem::{Problem, ProblemKind};

/// Characters of a cursor at most: one that was handed out fits into the head of a request.
const LONGEST: usize = 16 << 10;

/// What a cursor says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cursor<P> {
    /// The range that its list is of.
    pub(super) range: TimeRange,
    /// Where the last row stands.
    pub(super) after: P,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<P> {
    hash: String,
    from: Option<EventTime>,
    to: Option<EventTime>,
    after: P,
}

impl<P: Serialize + DeserializeOwned> Cursor<P> {
    /// The cursor as text, for `list`: its path and what it is filtered by.
    pub(super) fn write(&self, list: &str) -> String {
        let TimeRange { from, to } = self.range;
        let written = Written { hash: self.hash(list), from, to, after: &self.after };
        // Texts, numbers and nothing are always JSON.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&written).unwrap_or_default())
    }

    /// The cursor that `text` is, for `list`.
    ///
    /// # Errors
    /// It was not handed out, or for another list.
    pub(super) fn read(text: &str, list: &str) -> Result<Self, Problem> {
        let refused = || {
            Problem::new(
                ProblemKind::InvalidCursor,
                "cursor is none that was handed out for this list: take it as it stands under next, with the same \
                 parameters, or begin without one",
            )
        };
        if text.len() > LONGEST {
            return Err(refused());
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| refused())?;
        let written: Written<P> = serde_json::from_slice(&bytes).map_err(|_| refused())?;
        let cursor = Self { range: TimeRange { from: written.from, to: written.to }, after: written.after };
        if cursor.hash(list) == written.hash { Ok(cursor) } else { Err(refused()) }
    }

    fn hash(&self, list: &str) -> String {
        let TimeRange { from, to } = self.range;
        // A list is one line: its parameters are escaped.
        let mut bytes = format!("{list}\n{from:?}\n{to:?}\n").into_bytes();
        bytes.extend(serde_json::to_vec(&self.after).unwrap_or_default());
        ContentHash::of(&bytes).short().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Place = (EventTime, String);

    fn cursor(micros: i64, name: &str) -> Cursor<Place> {
        let at = EventTime::from_micros;
        Cursor { range: TimeRange { from: Some(at(7)), to: None }, after: (at(micros), name.to_owned()) }
    }

    #[test]
    fn a_cursor_is_of_one_list() {
        let text = cursor(1, "x").write("/api/v1/monitors?");
        assert_eq!(Cursor::read(&text, "/api/v1/monitors?"), Ok(cursor(1, "x")));
        assert!(Cursor::<Place>::read(&text, "/api/v1/monitors?segment=all").is_err());
        assert!(Cursor::<(EventTime, u64)>::read(&text, "/api/v1/monitors?").is_err());
        assert!(Cursor::<Place>::read("", "/api/v1/monitors?").is_err());
        assert!(Cursor::<Place>::read(&"A".repeat(1 << 20), "/api/v1/monitors?").is_err());
    }

    #[test]
    fn one_that_was_changed_is_found_out() {
        let honest = serde_json::json!({
            "hash": cursor(1, "x").hash("/list?"), "from": 7, "to": null, "after": [1, "x"],
        });
        let write = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        assert!(Cursor::<Place>::read(&write(&honest), "/list?").is_ok());
        for (key, forged) in [
            ("from", serde_json::json!(8)),
            ("to", serde_json::json!(8)),
            ("after", serde_json::json!([2, "x"])),
            ("hash", serde_json::json!("000000000000")),
            ("more", serde_json::json!(1)),
        ] {
            let mut changed = honest.clone();
            changed[key] = forged;
            assert!(Cursor::<Place>::read(&write(&changed), "/list?").is_err(), "{key}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(micros: i64, name in "\\PC{0,20}", list in "\\PC{0,20}") {
            let written = cursor(micros, &name).write(&list);
            prop_assert_eq!(Cursor::read(&written, &list), Ok(cursor(micros, &name)));
        }

        #[test]
        fn any_text_is_a_cursor_or_a_problem(text in "[A-Za-z0-9_=+/ -]{0,80}|\\PC{0,40}") {
            prop_assert!(Cursor::<Place>::read(&text, "/list?").is_err());
        }

        #[test]
        fn a_cursor_that_lost_or_changed_a_character_is_none(at in 0_usize..60, other in "[A-Za-z0-9_-]?") {
            let written = cursor(1_372_636_800_000_000, "carrier=UA").write("/list?");
            let at = at % written.len();
            let changed = format!("{}{other}{}", &written[..at], &written[at + 1..]);
            prop_assume!(changed != written);
            prop_assert!(Cursor::<Place>::read(&changed, "/list?").is_err());
        }
    }
}
