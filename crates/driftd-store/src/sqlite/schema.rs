//! The migrations of `migrations/sqlite`, embedded.

use sqlx::SqlSafeStr;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::SqlitePool;

use super::Outcome;
use crate::error::Failure;

/// Version, what it adds, and its SQL. Versions that were released never change.
const MIGRATIONS: [(i64, &str, &str); 5] = [
    (1, "stream", include_str!("../../../../migrations/sqlite/0001_stream.sql")),
    (2, "baselines", include_str!("../../../../migrations/sqlite/0002_baselines.sql")),
    (3, "history", include_str!("../../../../migrations/sqlite/0003_history.sql")),
    (4, "incidents", include_str!("../../../../migrations/sqlite/0004_incidents.sql")),
    (5, "views", include_str!("../../../../migrations/sqlite/0005_views.sql")),
];

/// Brings the tables up to date, each version in a transaction of its own.
pub(super) async fn migrate(pool: &SqlitePool) -> Outcome<()> {
    let migrations = MIGRATIONS.map(|(version, name, sql)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    match Migrator::with_migrations(migrations.to_vec()).run(pool).await {
        Ok(()) => Ok(()),
        Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => Err(error.into()),
        Err(MigrateError::VersionMissing(found)) => {
            let known = MIGRATIONS.last().map_or(0, |(version, _, _)| *version);
            Err(Failure::Refused(format!(
                "the database has tables of version {found}, this build knows them up to {known}: \
                 use the driftd that wrote it, or a newer one"
            )))
        }
        Err(MigrateError::VersionMismatch(version)) => Err(Failure::Refused(format!(
            "the database was set up by another edition of migration {version}: \
             use the driftd that wrote it, or start with a new file"
        ))),
        Err(other) => Err(Failure::unreadable("the list of migrations", other)),
    }
}
