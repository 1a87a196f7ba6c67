//! Bringing the tables of a database up to date.

use sqlx::SqlSafeStr;
use sqlx::migrate::{AppliedMigration, Migrate, MigrateError, Migration, MigrationType};

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

/// Applies what is missing, each version in a transaction of its own.
pub(crate) async fn migrate(connection: &mut impl Migrate, versions: &[Version]) -> Outcome<Migrated> {
    connection.ensure_migrations_table(TABLE).await.map_err(failure)?;
    if let Some(version) = connection.dirty_version(TABLE).await.map_err(failure)? {
        return Err(failure(MigrateError::Dirty(version)));
    }
    let found = connection.list_applied_migrations(TABLE).await.map_err(failure)?;
    let mut applied = Vec::new();
    for migration in missing(versions, &found)? {
        connection.apply(TABLE, &migration).await.map_err(failure)?;
        applied.push(name(&migration));
    }
    Ok(Migrated { applied, version: latest(versions) })
}

/// The versions that the tables do not have yet, oldest first; `found` are those they have.
pub(crate) fn missing(versions: &[Version], found: &[AppliedMigration]) -> Outcome<Vec<Migration>> {
    if let Some(newer) = found.iter().find(|found| versions.iter().all(|(version, ..)| *version != found.version)) {
        return Err(Failure::Refused(format!(
            "the database has tables of version {}, this build knows them up to {}: \
             use the driftd that wrote it, or a newer one",
            newer.version,
            latest(versions)
        )));
    }
    let mut missing = Vec::new();
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
            None => missing.push(migration),
        }
    }
    Ok(missing)
}

/// The newest version there is.
pub(crate) fn latest(versions: &[Version]) -> i64 {
    versions.last().map_or(0, |(version, ..)| *version)
}

/// What a version is called.
pub(crate) fn name(migration: &Migration) -> String {
    format!("{:04}_{}", migration.version, migration.description)
}

/// Trouble with the database stays what it is, so that its class does.
fn failure(error: MigrateError) -> Failure {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        other => Failure::unreadable("the list of migrations", other),
    }
}
