//! Bringing the tables of a database up to date.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationType};

use crate::error::{Failure, Outcome};

/// Version, what it adds, and its SQL. Versions that were released never change.
pub(crate) type Version = (i64, &'static str, &'static str);

/// Where the database keeps the versions it has.
const TABLE: &str = "_sqlx_migrations";

/// What bringing the tables up to date did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// Names of the versions that were applied, oldest first; none when the tables were up to date.
    pub applied: Vec<String>,
    /// The version the tables have now.
    pub version: i64,
}

/// Applies what is missing, each version in a transaction of its own; others who are at it wait for the database's lock
/// and find nothing left to do.
///
/// A connection on which this failed may hold that lock: it is to be closed and not used again.
pub(crate) async fn migrate(connection: &mut impl Migrate, versions: &[Version]) -> Outcome<Migrated> {
    connection.lock().await.map_err(failure)?;
    let migrated = apply_missing(connection, versions).await?;
    connection.unlock().await.map_err(failure)?;
    Ok(migrated)
}

async fn apply_missing(connection: &mut impl Migrate, versions: &[Version]) -> Outcome<Migrated> {
    let latest = versions.last().map_or(0, |(version, ..)| *version);
    connection.ensure_migrations_table(TABLE).await.map_err(failure)?;
    if let Some(version) = connection.dirty_version(TABLE).await.map_err(failure)? {
        return Err(failure(MigrateError::Dirty(version)));
    }
    let found = connection.list_applied_migrations(TABLE).await.map_err(failure)?;
    if let Some(newer) = found.iter().find(|found| versions.iter().all(|(version, ..)| *version != found.version)) {
        return Err(Failure::Refused(format!(
            "the database has tables of version {}, this build knows them up to {latest}: \
             use the driftd that wrote it, or a newer one",
            newer.version
        )));
    }
    let mut applied = Vec::new();
    for (version, name, sql) in versions {
        let migration = Migration::new(*version, (*name).into(), MigrationType::Simple, sql.into_sql_str(), false);
        match found.iter().find(|found| found.version == *version) {
            Some(known) if known.checksum == migration.checksum => {}
            Some(_) => {
                return Err(Failure::Refused(format!(
                    "the database was set up by another edition of migration {version}: \
                     use the driftd that wrote it, or start with a new database"
                )));
            }
            None => {
                connection.apply(TABLE, &migration).await.map_err(failure)?;
                applied.push(format!("{version:04}_{name}"));
            }
        }
    }
    Ok(Migrated { applied, version: latest })
}

/// Trouble with the database stays what it is, so that its class does.
fn failure(error: MigrateError) -> Failure {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        other => Failure::unreadable("the list of migrations", other),
    }
}
