//! Many rows in few statements.

use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteConnection};
use sqlx::{AssertSqlSafe, query};

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

/// A statement under construction.
pub(super) type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;

impl Insert {
    /// Inserts every row; `bind` binds the values of one, in the order of the column list.
    pub(super) async fn rows<T>(
        &self,
        connection: &mut SqliteConnection,
        rows: &[T],
        bind: impl for<'q> Fn(Statement<'q>, &'q T) -> Statement<'q>,
    ) -> Outcome<()> {
        for part in rows.chunks(MOST_ROWS) {
            let statement = part.iter().fold(query(AssertSqlSafe(self.sql(part.len()))), &bind);
            statement.execute(&mut *connection).await?;
        }
        Ok(())
    }

    /// Only constants of this crate and question marks: nothing that came from outside.
    fn sql(&self, rows: usize) -> String {
        let row = format!("({})", vec!["?"; self.columns].join(","));
        format!("INSERT INTO {} VALUES {} {}", self.into, vec![row; rows].join(","), self.then)
    }
}
