//! What a template may not be, told before it is parsed: too deep for the parser, or one that makes much out of little.
//!
//! The parser and the compiler call themselves once for every operator of an expression, and a text that is put together
//! out of itself twice doubles with every line. Instructions are counted by the engine, bytes are not. So every
//! expression is weighed: a name of the data, or a text, is one part; a name that the template gave is as many parts as
//! what it was given; and what one expression puts together may be so many parts and no more. Names are given from top to
//! bottom, since a loop forgets at every turn what was set in it, so one pass is enough.

use std::collections::BTreeMap;

use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;

use super::described;

/// Tokens of one tag: what the parser may have to go down, a few hundred bytes of stack each.
const TOKENS: usize = 2_000;
/// Branches of all conditions: each is one inside the one before it.
const BRANCHES: usize = 200;
/// Parts that one expression may put together.
const PARTS: usize = 500;
/// Bytes of a text in the template that count as one part.
const PART: usize = 256;

/// Refuses what may become too deep or too much.
///
/// # Errors
/// In which line, and what to do about it.
pub(super) fn check(source: &str) -> Result<(), String> {
    let mut weights = Weights::default();
    let mut branches = 0;
    let mut tag = None;
    for token in tokenize(source, false, SyntaxConfig::default()) {
        let (token, span) = token.map_err(|error| described(&error))?;
        match token {
            Token::TemplateData(_) => {}
            Token::VariableStart => tag = Some(Tag { is_block: false, line: span.start_line, tokens: Vec::new() }),
            Token::BlockStart => tag = Some(Tag { is_block: true, line: span.start_line, tokens: Vec::new() }),
            Token::VariableEnd | Token::BlockEnd => {
                if let Some(tag) = tag.take() {
                    branches += usize::from(tag.word() == Some("elif"));
                    if branches > BRANCHES {
                        return Err(tag.said(&format!("more than {BRANCHES} elif: write several conditions")));
                    }
                    weights.weigh(&tag).map_err(|what| tag.said(&what))?;
                }
            }
            token => {
                if let Some(tag) = &mut tag {
                    if tag.tokens.len() == TOKENS {
                        return Err(tag.said(&format!(
                            "an expression of more than {TOKENS} words and signs: write several shorter ones"
                        )));
                    }
                    tag.tokens.push(token);
                }
            }
        }
    }
    Ok(())
}

/// What stands between two braces.
struct Tag<'a> {
    /// Whether it is a statement.
    is_block: bool,
    line: u16,
    tokens: Vec<Token<'a>>,
}

impl<'a> Tag<'a> {
    /// What kind of statement it is.
    fn word(&self) -> Option<&'a str> {
        self.tokens.first().and_then(ident).filter(|_| self.is_block)
    }

    fn said(&self, what: &str) -> String {
        format!("line {}: {what}", self.line)
    }

    /// The names that it gives, and whatever they are given.
    fn parts(&self) -> Result<(Vec<&'a str>, &[Token<'a>]), String> {
        let tokens = self.tokens.as_slice();
        let Some(word) = self.word() else { return Ok((Vec::new(), tokens)) };
        let split = |at: Option<usize>| at.and_then(|at| tokens.split_at_checked(at));
        match word {
            "if" | "elif" | "else" | "endif" | "endfor" | "with" | "endwith" => {
                Ok((assigned(tokens).collect(), tokens))
            }
            "set" => match split(tokens.iter().position(|token| matches!(token, Token::Assign))) {
                Some((names, value)) => Ok((names.iter().skip(1).filter_map(ident).collect(), value)),
                None => Err("a block cannot be set, as nobody would know how long it gets: put texts together with ~"
                    .to_owned()),
            },
            "for" if tokens.iter().any(|token| ident(token) == Some("recursive")) => {
                Err("a loop cannot be recursive: write one loop inside another".to_owned())
            }
            // Its neighbours are as large as what it goes through.
            "for" => match split(tokens.iter().position(|token| ident(token) == Some("in"))) {
                Some((names, value)) => Ok((names.iter().skip(1).filter_map(ident).chain(["loop"]).collect(), value)),
                // The parser says what is missing.
                None => Ok((Vec::new(), tokens)),
            },
            other => Err(format!("there is no {other} here: templates know if, for, set NAME = … and with")),
        }
    }
}

/// How many parts each name is made of that the template gave; all others are one.
#[derive(Default)]
struct Weights<'a>(BTreeMap<&'a str, usize>);

impl<'a> Weights<'a> {
    /// Weighs what a tag puts together, and keeps it for the names that the tag gives it.
    fn weigh(&mut self, tag: &Tag<'a>) -> Result<(), String> {
        let (names, value) = tag.parts()?;
        let mut whole = 0usize;
        // A comma makes a list without brackets, too.
        let mut depth = usize::from(value.iter().any(|token| matches!(token, Token::Comma)));
        for (index, token) in value.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|before| value.get(before));
            whole = whole.saturating_add(match token {
                Token::Mul => {
                    return Err(
                        "there is no * here, as texts and lists grow with it: for shares there is | percent".to_owned()
                    );
                }
                Token::BracketOpen | Token::BraceOpen | Token::ParenOpen => {
                    depth += 1;
                    1
                }
                Token::BracketClose | Token::BraceClose | Token::ParenClose => {
                    depth = depth.saturating_sub(1);
                    0
                }
                Token::Str(text) => 1 + text.len() / PART,
                Token::String(text) => 1 + text.len() / PART,
                Token::Ident(_) if matches!(before, Some(Token::Dot)) => 0,
                Token::Ident(_) if matches!(value.get(index + 1), Some(Token::Assign)) => 0,
                Token::Ident(name) => match self.0.get(name) {
                    // A text in a list is written with its quotes and backslashes escaped: twice as long each time.
                    Some(&weight) if depth > 0 => weight.saturating_mul(2),
                    Some(&weight) => weight,
                    None => 1,
                },
                _ => 0,
            });
        }
        if whole > PARTS {
            return Err(format!(
                "an expression that puts more than {PARTS} texts, names and lists together, counting those its names are made of: make less of it, or print its pieces one after the other"
            ));
        }
        for name in names {
            // A branch that is not taken takes nothing back.
            let kept = self.0.entry(name).or_default();
            *kept = whole.max(*kept).max(1);
        }
        Ok(())
    }
}

fn ident<'a>(token: &Token<'a>) -> Option<&'a str> {
    match token {
        Token::Ident(name) => Some(name),
        _ => None,
    }
}

/// The names that stand before an equals sign.
fn assigned<'a>(tokens: &[Token<'a>]) -> impl Iterator<Item = &'a str> {
    let next = tokens.iter().skip(1);
    tokens.iter().zip(next).filter(|(_, next)| matches!(next, Token::Assign)).filter_map(|(name, _)| ident(name))
}
