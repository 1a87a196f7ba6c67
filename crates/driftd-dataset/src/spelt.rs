//! What columns of text hold in files that say themselves how their columns are stored.
//!
//! Such a file says for certain that a column is text, and people store numbers as text all the same: with decimal commas,
//! with words for no value, or because a table was never given types. So the rules of text files ([`Guess`]) hold for
//! these columns too. Most columns of text are text, and to see that the first values of the first file are enough; only
//! where those could be something else, all values are looked at.

use rayon::prelude::*;

use crate::columns::signs_of;
use crate::guess::Guess;
use crate::parts::Part;
use crate::values::{Reading, Values, Wanted};
use crate::{ColumnKind, DatasetError, NullWords, Schema};

/// A column of text that could be something else.
struct Open {
    column: usize,
    guess: Guess,
    /// Rows that were looked at; nothing where the first values are all there are.
    rows: Option<u64>,
}

/// Finds out what the columns of text are that `schema` says the tables of `parts` have.
pub(crate) fn settle(parts: &[Part], schema: &mut Schema, null_words: &NullWords) -> Result<(), DatasetError> {
    let texts = schema.columns().iter().enumerate().filter(|(_, info)| info.is_text && info.kind == ColumnKind::Text);
    let texts: Vec<usize> = texts.map(|(column, _)| column).collect();
    let Some(first) = parts.first().filter(|_| !texts.is_empty()).map(Part::opened).transpose()? else { return Ok(()) };
    let looked: Vec<(Open, bool)> = texts
        .into_par_iter()
        .map(|column| {
            // What cannot be read is said by whoever reads it.
            let (values, is_all) = first.first_texts(column).ok().flatten().unwrap_or_default();
            let mut guess = Guess::default();
            (1..).zip(&values).for_each(|(row, value)| guess.see_field(value.as_bytes(), row, null_words));
            let is_all = is_all && parts.len() == 1;
            (Open { column, guess, rows: (!is_all).then_some(0) }, !values.is_empty())
        })
        .collect();
    let mut open = Vec::new();
    for (mut looked, has_values) in looked {
        let found = looked.guess.settle(signs_of([], None));
        if found.kind == ColumnKind::Text || !has_values {
            schema.show_of(looked.column, found.sample);
            continue;
        }
        if looked.rows.is_some() {
            looked.guess = Guess::default();
        }
        open.push(looked);
    }
    if open.iter().any(|open| open.rows.is_some()) {
        for part in parts {
            let part = part.opened()?;
            open.par_iter_mut().try_for_each(|open| open.see(&part, schema, null_words))?;
        }
    }
    let signs = signs_of(open.iter().map(|open| &open.guess), None);
    for Open { column, guess, .. } in open {
        schema.respell(column, guess.settle(signs));
    }
    Ok(())
}

impl Open {
    /// Adds the values of a file.
    fn see(&mut self, part: &Part, schema: &Schema, null_words: &NullWords) -> Result<(), DatasetError> {
        const ROWS: usize = 1 << 16;
        let Some(row) = &mut self.rows else { return Ok(()) };
        let texts = Wanted::new(Some(self.column), Reading::Texts);
        let mut batches = part.batches(schema, &[texts], &Default::default(), &Default::default())?;
        while let Some(chunk) = batches.next(ROWS)? {
            for values in &chunk.values {
                let Values::Column(column) = values else { continue };
                let Some(texts) = column.as_text() else { continue };
                for code in texts.codes {
                    *row += 1;
                    let text = texts.values.get(*code as usize).map_or(&[][..], |text| text.as_bytes());
                    self.guess.see_field(text, *row, null_words);
                }
            }
        }
        Ok(())
    }
}
