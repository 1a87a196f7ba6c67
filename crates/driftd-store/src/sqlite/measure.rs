//! The room that the files of a database take.

use driftd_model::StoreSize;
use sqlx::{SqlitePool, query_as};

use super::Outcome;
use crate::read::count;

/// Pages in use, pages that are free for what comes next, and the write-ahead log beside the file. To tell tables apart
/// every page would have to be read.
pub(super) async fn sizes(readers: &SqlitePool) -> Outcome<Vec<StoreSize>> {
    let (path, used, free): (String, i64, i64) = query_as(
        "SELECT (SELECT file FROM pragma_database_list WHERE name = 'main'),
                (page_count - freelist_count) * page_size, freelist_count * page_size
         FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
    )
    .fetch_one(readers)
    .await?;
    let log = std::fs::metadata(format!("{path}-wal")).map_or(0, |log| log.len());
    let size = |part: &str, bytes| StoreSize { part: part.to_owned(), bytes };
    Ok(vec![
        size("data", count(used, "size of the database")?),
        size("free", count(free, "free room in the database")?),
        size("log", log),
    ])
}
