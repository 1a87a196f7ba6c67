//! Many rows in few statements.

use std::sync::Arc;

use sqlx::error::BoxDynError;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteConnection};
use sqlx::{Arguments, AssertSqlSafe, Encode, Type, query_with};

use super::Outcome;

/// Most rows of one statement. A monitor writes the same number of scores window after window, so its statement is
/// prepared once and found in the statement cache from then on; one wake-up of SQLite's thread writes a whole window.
const MOST_ROWS: usize = 256;

/// Where rows go: `INSERT INTO <into>` with `columns` values each, and what follows them.
pub(super) struct Insert {
    /// Table and column list.
    pub(super) into: &'static str,
    /// Number of columns in that list.
    pub(super) columns: usize,
    /// A conflict clause, or nothing.
    pub(super) then: &'static str,
}

/// The values of a statement, row after row. Many rows say the same in a column, so a text is kept once for all that
/// follow one another with it.
#[derive(Default)]
pub(super) struct Values {
    arguments: SqliteArguments,
    words: Vec<(&'static str, Arc<str>)>,
    last: Option<Arc<str>>,
    refused: Option<BoxDynError>,
}

impl Values {
    /// The next value.
    pub(super) fn bind<'q>(&mut self, value: impl Encode<'q, Sqlite> + Type<Sqlite>) -> &mut Self {
        if let Err(error) = self.arguments.add(value) {
            self.refused.get_or_insert(error);
        }
        self
    }

    /// The next value, one of a few words.
    pub(super) fn word(&mut self, word: Option<&'static str>) -> &mut Self {
        let Some(word) = word else {
            return self.bind(None::<Arc<str>>);
        };
        let known = self.words.iter().find(|(known, _)| *known == word);
        let text = known.map(|(_, text)| Arc::clone(text)).unwrap_or_else(|| {
            let text = Arc::from(word);
            self.words.push((word, Arc::clone(&text)));
            text
        });
        self.bind(text)
    }

    /// The next value, which is often that of the row before.
    pub(super) fn repeated(&mut self, text: &str) -> &mut Self {
        let text = match self.last.take() {
            Some(last) if *last == *text => last,
            _ => Arc::from(text),
        };
        self.last = Some(Arc::clone(&text));
        self.bind(text)
    }
}

impl Insert {
    /// Inserts every row; `bind` binds the values of one, in the order of the column list.
    pub(super) async fn rows<T>(
        &self,
        connection: &mut SqliteConnection,
        rows: &[T],
        bind: impl for<'r> Fn(&'r mut Values, &T) -> &'r mut Values,
    ) -> Outcome<()> {
        for part in rows.chunks(MOST_ROWS) {
            let mut values = Values::default();
            values.arguments.reserve(part.len() * self.columns, 0);
            for row in part {
                bind(&mut values, row);
            }
            if let Some(error) = values.refused {
                return Err(sqlx::Error::Encode(error).into());
            }
            query_with(AssertSqlSafe(self.sql(part.len())), values.arguments).execute(&mut *connection).await?;
        }
        Ok(())
    }

    /// Only constants of this crate and question marks: nothing that came from outside.
    fn sql(&self, rows: usize) -> String {
        let row = format!("({})", vec!["?"; self.columns].join(","));
        format!("INSERT INTO {} VALUES {} {}", self.into, vec![row; rows].join(","), self.then)
    }
}
