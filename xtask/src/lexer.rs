//! Just enough of Rust's grammar to tell code from comments and literals.
//!
//! Rules look for words such as `unsafe` in code and for SQL in string literals; a plain text search would trip over
//! every sentence that mentions them.

/// A source text taken apart, with the line structure kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Masked {
    /// The text with comments and the contents of literals replaced by spaces.
    pub(crate) code: String,
    /// String literals: one-based line of the opening quote, and the contents as written.
    pub(crate) strings: Vec<(usize, String)>,
}

struct Scanner<'a> {
    rest: &'a str,
    previous: char,
    line: usize,
    out: Masked,
}

/// Takes `source` apart. An unfinished comment or literal reaches to the end of the text.
pub(crate) fn mask(source: &str) -> Masked {
    let mut scanner = Scanner { rest: source, previous: ' ', line: 1, out: Masked::default() };
    while scanner.step() {}
    scanner.out
}

/// One-based lines of `code` on which `word` stands by itself, not as part of a longer identifier.
pub(crate) fn lines_with(code: &str, word: &str) -> Vec<usize> {
    let holds = |line: &str| {
        line.match_indices(word).any(|(at, _)| {
            let before = line.get(..at).and_then(|text| text.chars().next_back());
            let after = line.get(at + word.len()..).and_then(|text| text.chars().next());
            !before.is_some_and(is_identifier) && !after.is_some_and(is_identifier)
        })
    };
    code.lines().zip(1..).filter(|(line, _)| holds(line)).map(|(_, number)| number).collect()
}

pub(crate) fn is_identifier(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

impl Masked {
    /// The code with every inline `#[cfg(test)] mod … { … }` blanked.
    pub(crate) fn code_without_tests(&self) -> String {
        const MARK: &str = "#[cfg(test)]";
        let mut kept = String::with_capacity(self.code.len());
        let mut rest = self.code.as_str();
        while let Some((before, after)) = rest.split_once(MARK) {
            kept.push_str(before);
            let header = after.find(['{', ';']).and_then(|end| after.get(..=end)).unwrap_or(after);
            if header.ends_with('{') && !lines_with(header, "mod").is_empty() {
                let (module, tail) =
                    after.split_at(header.len() + block_length(after.get(header.len()..).unwrap_or("")));
                kept.extend(module.chars().filter(|&c| c == '\n'));
                rest = tail;
            } else {
                rest = after;
            }
        }
        kept.push_str(rest);
        kept
    }
}

/// Bytes up to and with the brace that closes a block already opened.
fn block_length(code: &str) -> usize {
    let mut depth = 1_usize;
    for (at, c) in code.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    code.len()
}

impl Scanner<'_> {
    /// Consumes one token or character; false at the end.
    fn step(&mut self) -> bool {
        let Some(c) = self.rest.chars().next() else { return false };
        let word_before = is_identifier(self.previous);
        if self.rest.starts_with("//") {
            self.blank(self.rest.find('\n').unwrap_or(self.rest.len()));
        } else if self.rest.starts_with("/*") {
            self.blank(comment_length(self.rest));
        } else if c == '"' {
            self.string(1, "\"", quoted_length(self.rest));
        } else if let Some(hashes) = (!word_before).then(|| raw_hashes(self.rest)).flatten() {
            let prefix = self.rest.find('"').map_or(0, |at| at + 1);
            let close = format!("\"{}", "#".repeat(hashes));
            let body = self.rest.get(prefix..).and_then(|text| text.find(&close));
            self.string(prefix, &close, body.map_or(self.rest.len(), |at| prefix + at + close.len()));
        } else if c == '\'' {
            let length = char_length(self.rest);
            if length > 1 { self.blank(length) } else { self.copy(c) }
        } else {
            self.copy(c);
        }
        true
    }

    fn copy(&mut self, c: char) {
        self.out.code.push(c);
        self.line += usize::from(c == '\n');
        self.previous = c;
        self.rest = self.rest.get(c.len_utf8()..).unwrap_or("");
    }

    fn blank(&mut self, length: usize) {
        let (token, rest) = self.rest.split_at(length);
        self.out.code.extend(token.chars().map(|c| if c == '\n' { c } else { ' ' }));
        self.line += token.matches('\n').count();
        self.previous = ' ';
        self.rest = rest;
    }

    /// Consumes a string literal of `length` bytes whose contents begin after `prefix` bytes.
    fn string(&mut self, prefix: usize, close: &str, length: usize) {
        let body = self.rest.get(prefix..length).unwrap_or("");
        let body = body.strip_suffix(close).unwrap_or(body);
        self.out.strings.push((self.line, body.to_owned()));
        self.blank(length);
    }
}

/// Length of a block comment; they nest.
fn comment_length(text: &str) -> usize {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// Length of a string or char literal with escapes; the first and the last character are the same quote.
fn quoted_length(text: &str) -> usize {
    let mut characters = text.char_indices();
    let Some((_, quote)) = characters.next() else { return 0 };
    while let Some((at, c)) = characters.next() {
        if c == '\\' {
            characters.next();
        } else if c == quote {
            return at + c.len_utf8();
        }
    }
    text.len()
}

/// The number of `#` of a raw string that begins here, if one does.
fn raw_hashes(text: &str) -> Option<usize> {
    let text = text.strip_prefix(['b', 'c']).unwrap_or(text).strip_prefix('r')?;
    let bare = text.trim_start_matches('#');
    bare.starts_with('"').then(|| text.len() - bare.len())
}

/// Length of the char literal that begins here, or 1 where the quote begins a lifetime.
fn char_length(text: &str) -> usize {
    let mut characters = text.chars().skip(1);
    match (characters.next(), characters.next()) {
        (Some('\\'), _) => quoted_length(text),
        (Some(c), Some('\'')) => c.len_utf8() + 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked_and_lines_kept() {
        let source = "let a = \"un\\\"safe\"; // unsafe\n/* unsafe /* nested */ unsafe\n*/ let b = r#\"un\"safe\"#;\n";
        let masked = mask(source);
        assert_eq!(lines_with(&masked.code, "unsafe"), []);
        assert_eq!(masked.code.lines().count(), 3);
        assert_eq!(masked.strings, [(1, "un\\\"safe".to_owned()), (3, "un\"safe".to_owned())]);
    }

    #[test]
    fn quotes_of_characters_and_lifetimes_open_no_string() {
        let masked = mask("fn f<'a>(x: &'a str) -> char { if x == 'é' { '\"' } else { '\\'' } } unsafe");
        assert_eq!(masked.strings, []);
        assert_eq!(lines_with(&masked.code, "unsafe"), [1]);
        assert!(masked.code.contains("fn f<'a>(x: &'a str)"));
    }

    #[test]
    fn raw_identifiers_and_byte_strings() {
        let masked = mask("let r#type = br##\"a\"#b\"##; let c = b\"x\"; let bar = par\"\";");
        let strings: Vec<&str> = masked.strings.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(strings, ["a\"#b", "x", ""]);
        assert!(masked.code.starts_with("let r#type = "));
    }

    #[test]
    fn unfinished_tokens_reach_to_the_end() {
        for source in ["\"abc", "/* abc", "r#\"abc", "'\\", "\"\\"] {
            assert_eq!(mask(source).code.trim(), "", "{source}");
        }
    }

    #[test]
    fn words_stand_by_themselves() {
        let code = "unsafe_code\nunsafe {\n#[unsafe(no_mangle)]\nnot_unsafe";
        assert_eq!(lines_with(code, "unsafe"), [2, 3]);
    }

    #[test]
    fn inline_test_modules_are_left_out() {
        let source =
            "fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() { { now } }\n}\n#[cfg(test)]\nmod other;\nfn c() {}\n";
        let kept = mask(source).code_without_tests();
        assert_eq!(lines_with(&kept, "now"), []);
        assert_eq!(lines_with(&kept, "c"), [8]);
        assert_eq!(lines_with(&kept, "other"), [7]);
    }
}
