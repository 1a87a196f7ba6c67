//! A place in a short text, moved on by what is found there.

/// Bytes that have not been read yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// The beginning of `text`, without the spaces around it.
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { rest: text.as_bytes().trim_ascii() }
    }

    /// Whether nothing is left.
    pub(crate) const fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    /// What is left.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next byte, which stays.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Passes the next byte if it is `byte`.
    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        self.eat_one(|next| next == byte).is_some()
    }

    /// Passes the next byte if it is one that `wanted` says.
    pub(crate) fn eat_one(&mut self, wanted: impl Fn(u8) -> bool) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        wanted(*first).then(|| {
            self.rest = rest;
            *first
        })
    }

    /// Passes all bytes that `wanted` says.
    pub(crate) fn run(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let len = self.rest.iter().position(|byte| !wanted(*byte)).unwrap_or(self.rest.len());
        let (run, rest) = self.rest.split_at(len);
        self.rest = rest;
        run
    }

    /// Passes spaces; whether there were any.
    pub(crate) fn spaces(&mut self) -> bool {
        !self.run(|byte| matches!(byte, b' ' | b'\t')).is_empty()
    }

    /// Passes letters.
    pub(crate) fn word(&mut self) -> &'a [u8] {
        self.run(|byte| byte.is_ascii_alphabetic())
    }

    /// The letters that come next, which stay.
    pub(crate) fn word_ahead(&self) -> &'a [u8] {
        let mut ahead = *self;
        ahead.word()
    }

    /// Passes all digits: their number, which is at least one, and what they stand for, which is nothing above 18 of them.
    pub(crate) fn digits(&mut self) -> Option<(usize, i64)> {
        let run = self.run(|byte| byte.is_ascii_digit());
        number(run).map(|value| (run.len(), value))
    }

    /// Passes one or two digits, all that are there.
    pub(crate) fn one_or_two(&mut self) -> Option<i64> {
        self.digits().filter(|(count, _)| *count <= 2).map(|(_, value)| value)
    }
}

/// The number that up to 18 digits stand for.
pub(crate) fn number(digits: &[u8]) -> Option<i64> {
    let fits = !digits.is_empty() && digits.len() <= 18 && digits.iter().all(u8::is_ascii_digit);
    fits.then(|| digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
}
