//! Of which types values are that are of another one than their feature.

use serde::{Deserialize, Serialize};

/// The type of a value that is no number, where numbers are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum MistypedType {
    /// A text that is no number.
    Text = 3,
    /// A boolean.
    Boolean = 4,
    /// A list.
    List = 5,
    /// An object.
    Object = 6,
}

/// Values of another type than their feature, by that type.
///
/// The counts only explain; there may be fewer of them than mistyped values,
/// whose counter decides. They are no part of the aggregate's serialised form,
/// which is older than they are: who stores one stores them beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MistypedTypes {
    /// Texts that are no numbers.
    pub texts: u64,
    /// Booleans.
    pub booleans: u64,
    /// Lists.
    pub lists: u64,
    /// Objects.
    pub objects: u64,
}

impl MistypedType {
    /// The code in [`NumericSlice::absent`](crate::NumericSlice::absent).
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }
}

impl MistypedTypes {
    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Values whose type is known.
    #[must_use]
    pub fn total(&self) -> u64 {
        super::total([&self.texts, &self.booleans, &self.lists, &self.objects])
    }

    /// Counts the codes of a column that stand for a type.
    pub(crate) fn add_codes(&mut self, codes: &[u8]) {
        const TEXT: u8 = MistypedType::Text.code();
        const BOOLEAN: u8 = MistypedType::Boolean.code();
        const LIST: u8 = MistypedType::List.code();
        const OBJECT: u8 = MistypedType::Object.code();
        for code in codes {
            let count = match *code {
                TEXT => &mut self.texts,
                BOOLEAN => &mut self.booleans,
                LIST => &mut self.lists,
                OBJECT => &mut self.objects,
                _ => continue,
            };
            *count = count.saturating_add(1);
        }
    }

    /// Adds the counts of another part.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.texts = self.texts.saturating_add(other.texts);
        self.booleans = self.booleans.saturating_add(other.booleans);
        self.lists = self.lists.saturating_add(other.lists);
        self.objects = self.objects.saturating_add(other.objects);
    }
}
