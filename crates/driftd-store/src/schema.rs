//! Bringing the tables of a database up to date.
//!
//! The version before may work beside newer tables, so that workers can be replaced one by one and a new version be taken
//! back: what is added is added first, and what nobody uses any more is taken away by a later version. How far back that
//! goes stands in the table `schema_compatibility`, which every version that an older build cannot work with raises.

use sqlx::SqlSafeStr;
use sqlx::migrate::{AppliedMigration, Migrate, MigrateError, Migration, MigrationType};

use crate::Migrations;
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

/// The versions that the database has, oldest first.
pub(crate) async fn applied(connection: &mut impl Migrate) -> Outcome<Vec<AppliedMigration>> {
    connection.ensure_migrations_table(TABLE).await.map_err(failure)?;
    if let Some(version) = connection.dirty_version(TABLE).await.map_err(failure)? {
        return Err(failure(MigrateError::Dirty(version)));
    }
    connection.list_applied_migrations(TABLE).await.map_err(failure)
}

/// Applies what is missing, each version in a transaction of its own.
pub(crate) async fn apply(connection: &mut impl Migrate, missing: &[Migration]) -> Outcome<Vec<String>> {
    let mut applied = Vec::new();
    for migration in missing {
        connection.apply(TABLE, migration).await.map_err(failure)?;
        applied.push(name(migration));
    }
    Ok(applied)
}

/// Whether the database has all that this build knows and more: whether that can be worked with stands in
/// `schema_compatibility`, which is there then.
pub(crate) fn is_newer(versions: &[Version], found: &[AppliedMigration]) -> bool {
    newest(found) > latest(versions)
        && versions.iter().all(|(version, ..)| found.iter().any(|found| found.version == *version))
}

/// The versions that the tables do not have yet, oldest first; `found` are those they have. Tables that are newer than
/// this build are used as they are if a build that knows them up to `compatible` may, and refused otherwise.
pub(crate) fn missing(
    versions: &[Version],
    found: &[AppliedMigration],
    compatible: Option<i64>,
) -> Outcome<Vec<Migration>> {
    let may_be_used = compatible.is_some_and(|needed| needed <= latest(versions));
    let unknown = found.iter().find(|found| versions.iter().all(|(version, ..)| *version != found.version));
    if let Some(newer) = unknown.filter(|_| !may_be_used) {
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

/// Whether `missing` versions are to be applied to a database that has those that were `found`.
///
/// # Errors
/// Nobody has asked for that. A database without tables has nothing that could be lost or undone: it is set up.
pub(crate) fn check_asked(
    migrations: Migrations,
    versions: &[Version],
    found: &[AppliedMigration],
    missing: &[Migration],
) -> Outcome<()> {
    if migrations == Migrations::AtOpening || missing.is_empty() || found.is_empty() {
        return Ok(());
    }
    Err(Failure::Outdated(format!(
        "its tables are of version {} and this driftd needs version {}: back it up and run `driftd migrate`, or have \
         every start do that, with [store] migrate = \"auto\"",
        newest(found),
        latest(versions)
    )))
}

/// Whether a database that has the versions that were `found` can be read as it is: nothing is `missing`.
///
/// # Errors
/// It has no tables, or older ones. Whoever only reads does not change that.
pub(crate) fn check_readable(versions: &[Version], found: &[AppliedMigration], missing: &[Migration]) -> Outcome<()> {
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::Refused(if found.is_empty() {
        "the database has no tables of driftd, and whoever only reads makes none: let `driftd run`, `driftd replay` or `driftd \
         migrate` make them, or name another store under [store] url"
            .to_owned()
    } else {
        format!(
            "the database has tables of version {} and this driftd reads those of version {}: back it up and run \
             `driftd migrate`, or use the driftd that wrote it",
            newest(found),
            latest(versions)
        )
    }))
}

/// The newest version that the tables have; 0 when there are none.
pub(crate) fn newest(found: &[AppliedMigration]) -> i64 {
    found.iter().map(|found| found.version).max().unwrap_or(0)
}

/// The newest version that this build knows.
pub(crate) fn latest(versions: &[Version]) -> i64 {
    versions.last().map_or(0, |(version, ..)| *version)
}

/// The version up to which a build has to know the tables in order to work with them.
pub(crate) const COMPATIBLE: &str = "SELECT version FROM schema_compatibility";

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
