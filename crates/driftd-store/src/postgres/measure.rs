//! What the server says of itself: its clock, and the room that tables take.

use driftd_model::StoreSize;
use driftd_window::Timestamp;
use sqlx::query_scalar;

use super::Outcome;
use super::transaction::Transaction;
use crate::read::count;

/// What the server's clock shows at this very moment, and not when the transaction began.
pub(super) async fn clock(tx: &mut Transaction) -> Outcome<Timestamp> {
    let now = query_scalar!(r#"SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS "now!""#);
    Ok(Timestamp::from_micros(now.fetch_one(tx).await?))
}

/// Tables of driftd's schema with their indexes, the partitions of a table together.
pub(super) async fn sizes(tx: &mut Transaction) -> Outcome<Vec<StoreSize>> {
    let rows = sqlx::query!(
        r#"SELECT whole.relname::text AS "part!", sum(pg_total_relation_size(t.oid))::bigint AS "bytes!"
           FROM pg_class AS t LEFT JOIN pg_inherits AS i ON i.inhrelid = t.oid
           JOIN pg_class AS whole ON whole.oid = coalesce(i.inhparent, t.oid)
           WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind = 'r'
           GROUP BY whole.relname ORDER BY whole.relname"#
    );
    let rows = rows.fetch_all(tx).await?;
    rows.into_iter().map(|row| Ok(StoreSize { part: row.part, bytes: count(row.bytes, "size of a table")? })).collect()
}
