//! Thrift's compact protocol, as far as Parquet's own structures are written in it: read for what they announce, before
//! anybody takes memory for it.
//!
//! The decoder reads the fields it knows as what they should be, whatever type stands before them. So a known field of
//! another type is refused here, or the two would read different structures in the same bytes.

/// Types as they stand before fields and in lists.
mod wire {
    pub(super) const TRUE: u8 = 1;
    pub(super) const FALSE: u8 = 2;
    pub(super) const BYTE: u8 = 3;
    pub(super) const I16: u8 = 4;
    pub(super) const I64: u8 = 6;
    pub(super) const DOUBLE: u8 = 7;
    pub(super) const BINARY: u8 = 8;
    pub(super) const LIST: u8 = 9;
    pub(super) const STRUCT: u8 = 12;
}

/// Structures within structures of which nothing is known.
const MAX_DEPTH: usize = 32;

/// What a field is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    Bool,
    Byte,
    /// A whole number of any width.
    Whole,
    Binary,
    List(&'static Form),
    Struct(Fields),
}

/// The fields of a structure that are known.
pub(super) type Fields = &'static [(i16, Form)];

/// Bytes that are read from the front.
#[derive(Debug)]
pub(super) struct Compact<'a> {
    bytes: &'a [u8],
}

type Read<T> = Result<T, String>;

impl<'a> Compact<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Bytes that were not read yet.
    pub(super) const fn left(&self) -> usize {
        self.bytes.len()
    }

    /// Reads a structure: `each` is told of every field and what type it says it has, and has to read it.
    pub(super) fn structure(&mut self, mut each: impl FnMut(&mut Self, i16, u8) -> Read<()>) -> Read<()> {
        let mut last = 0_i16;
        loop {
            let header = self.byte()?;
            let (step, kind) = (header >> 4, header & 0x0f);
            if kind == 0 {
                return Ok(());
            }
            last = match step {
                0 => i16::try_from(self.whole()?).map_err(|_| "a field has a number beyond all fields".to_owned())?,
                step => last.wrapping_add(i16::from(step)),
            };
            each(self, last, kind)?;
        }
    }

    /// A field of a structure with those `fields`, of type `kind`: one of them that is of no interest, or one of others.
    pub(super) fn pass(&mut self, fields: Fields, id: i16, kind: u8) -> Read<()> {
        match fields.iter().find(|(known, _)| *known == id) {
            Some((_, form)) => self.form(*form, kind, true),
            None => self.unknown(kind, MAX_DEPTH),
        }
    }

    /// The number in a field of type `kind`.
    pub(super) fn number(&mut self, kind: u8) -> Read<i64> {
        if !(wire::I16..=wire::I64).contains(&kind) {
            return Err(mistyped());
        }
        self.whole()
    }

    /// The bytes in a field of type `kind`.
    pub(super) fn binary(&mut self, kind: u8) -> Read<&'a [u8]> {
        if kind != wire::BINARY {
            return Err(mistyped());
        }
        let length = usize::try_from(self.varint()?).unwrap_or(usize::MAX);
        self.take(length)
    }

    /// Whether a field of type `kind` is true.
    pub(super) fn truth(kind: u8) -> Read<bool> {
        match kind {
            wire::TRUE => Ok(true),
            wire::FALSE => Ok(false),
            _ => Err(mistyped()),
        }
    }

    /// Whether a field is a structure.
    pub(super) fn expect_structure(kind: u8) -> Read<()> {
        if kind == wire::STRUCT { Ok(()) } else { Err(mistyped()) }
    }

    /// How many structures the list in a field of type `kind` has.
    pub(super) fn structures(&mut self, kind: u8) -> Read<usize> {
        let (length, element) = self.list(kind)?;
        if length > 0 && element != wire::STRUCT { Err(mistyped()) } else { Ok(length) }
    }

    /// Length and type of the elements of the list in a field of type `kind`.
    fn list(&mut self, kind: u8) -> Read<(usize, u8)> {
        if kind != wire::LIST {
            return Err(mistyped());
        }
        let header = self.byte()?;
        let length = match header >> 4 {
            15 => usize::try_from(self.varint()?).unwrap_or(usize::MAX),
            few => usize::from(few),
        };
        // Room is made for all elements before the first is read, and every one has a byte at least.
        if length > self.left() {
            return Err("a list announces more elements than there are bytes".to_owned());
        }
        Ok((length, header & 0x0f))
    }

    fn form(&mut self, form: Form, kind: u8, is_field: bool) -> Read<()> {
        match form {
            // The value of a field is in its type; in lists nothing of Parquet is one.
            Form::Bool if is_field => Self::truth(kind).map(|_| ()),
            Form::Byte if kind == wire::BYTE => self.byte().map(|_| ()),
            Form::Whole => self.number(kind).map(|_| ()),
            Form::Binary => self.binary(kind).map(|_| ()),
            Form::List(of) => {
                let (length, element) = self.list(kind)?;
                (0..length).try_for_each(|_| self.form(*of, element, false))
            }
            Form::Struct(fields) if kind == wire::STRUCT => {
                self.structure(|this, id, kind| this.pass(fields, id, kind))
            }
            Form::Bool | Form::Byte | Form::Struct(_) => Err(mistyped()),
        }
    }

    fn unknown(&mut self, kind: u8, depth: usize) -> Read<()> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err("structures lie deeper within each other than any writer has them".to_owned());
        };
        match kind {
            wire::TRUE | wire::FALSE => Ok(()),
            wire::BYTE => self.byte().map(|_| ()),
            wire::I16..=wire::I64 => self.whole().map(|_| ()),
            wire::DOUBLE => self.take(8).map(|_| ()),
            wire::BINARY => self.binary(kind).map(|_| ()),
            wire::STRUCT => self.structure(|this, _, kind| this.unknown(kind, depth)),
            wire::LIST => {
                let (length, element) = self.list(kind)?;
                // The decoder takes booleans of a list for nothing at all, however many there are.
                if length > 0 && matches!(element, wire::TRUE | wire::FALSE) {
                    return Err(mistyped());
                }
                (0..length).try_for_each(|_| self.unknown(element, depth))
            }
            _ => Err(mistyped()),
        }
    }

    fn byte(&mut self) -> Read<u8> {
        let (first, rest) = self.bytes.split_first().ok_or_else(cut_short)?;
        self.bytes = rest;
        Ok(*first)
    }

    fn take(&mut self, length: usize) -> Read<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length).ok_or_else(cut_short)?;
        self.bytes = rest;
        Ok(taken)
    }

    fn varint(&mut self) -> Read<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err("a number is longer than any number".to_owned())
    }

    /// A number whose sign is its last bit.
    fn whole(&mut self) -> Read<i64> {
        let value = self.varint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }
}

fn mistyped() -> String {
    "a field is of another type than Parquet gives it".to_owned()
}

fn cut_short() -> String {
    "it ends in the midst of a structure".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTER: Fields = &[(1, Form::Whole), (2, Form::List(&Form::Binary)), (3, Form::Struct(&[(1, Form::Bool)]))];

    fn read(bytes: &[u8]) -> Result<usize, String> {
        let mut compact = Compact::new(bytes);
        compact.structure(|this, id, kind| this.pass(OUTER, id, kind))?;
        Ok(compact.left())
    }

    #[test]
    fn a_structure_is_read_to_its_end() {
        // A number, a list of two texts, a structure of one boolean, an unknown list of structures, and a byte behind it.
        assert_eq!(read(b"\x15\x03\x19\x28\x01a\x00\x1c\x11\x00\x19\x2c\x00\x00\x00!"), Ok(1));
        assert_eq!(read(b"\x00"), Ok(0));
    }

    #[test]
    fn what_the_decoder_would_read_otherwise_is_refused() {
        let mistyped = Err(mistyped());
        assert_eq!(read(b"\x18\x01a\x00"), mistyped);
        assert_eq!(read(b"\x29\x1c\x00\x00"), mistyped);
        // A list of booleans of which nothing is known.
        assert_eq!(read(b"\x49\x11\x01\x00"), mistyped);
        assert!(read(b"\x29\xf8\xff\xff\xff\xff\x07").unwrap_err().contains("more elements"));
        assert!(read(&[0x4c; 100]).unwrap_err().contains("deeper"));
        assert!(read(b"\x15").unwrap_err().contains("midst"));
    }
}
