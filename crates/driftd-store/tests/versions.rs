//! Tables of another version: who brings them up to date, and who may work beside whom.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where something is not as it should be")]

use std::path::{Path, PathBuf};

use driftd_model::{ErrorClass, StoreError};
use driftd_store::{Migrations, StoreOptions};
use driftd_testkit::services::postgres::Postgres;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, PgPool, SqlitePool, raw_sql};

const ASKED: StoreOptions = StoreOptions { max_connections: 10, migrations: Migrations::WhenAsked };

/// An empty database, and somebody who writes into it from outside.
struct Database {
    kind: &'static str,
    url: String,
    outside: Outside,
    _folder: tempfile::TempDir,
}

enum Outside {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Database {
    /// One of every kind that there is here.
    async fn all(test: &str) -> Vec<Self> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("driftd.db");
        let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
        let outside = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
        let url = format!("sqlite://{}", path.display());
        let mut all = vec![Self { kind: "sqlite", url, outside: Outside::Sqlite(outside), _folder: folder }];
        match Postgres::shared() {
            Ok(server) => {
                let url = server.database();
                let outside = PgPoolOptions::new().max_connections(1).connect(&url).await.unwrap();
                let folder = tempfile::tempdir().unwrap();
                all.push(Self { kind: "postgres", url, outside: Outside::Postgres(outside), _folder: folder });
            }
            Err(skip) => skip.announce(test),
        }
        all
    }

    /// The scripts that make its tables, oldest first.
    fn scripts(&self) -> Vec<PathBuf> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(self.kind);
        let mut scripts: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        scripts.sort();
        scripts
    }

    fn newest(&self) -> i64 {
        number_of(self.scripts().last().unwrap())
    }

    /// The tables of all versions but the newest; what number the newest of them has.
    async fn of_the_version_before(&self) -> i64 {
        let folder = tempfile::tempdir().unwrap();
        let scripts = self.scripts();
        let before = &scripts[..scripts.len() - 1];
        for script in before {
            std::fs::copy(script, folder.path().join(script.file_name().unwrap())).unwrap();
        }
        let migrator = Migrator::new(folder.path()).await.unwrap();
        match &self.outside {
            Outside::Sqlite(pool) => migrator.run(pool).await.unwrap(),
            Outside::Postgres(pool) => migrator.run(pool).await.unwrap(),
        }
        number_of(before.last().unwrap())
    }

    async fn run(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        match &self.outside {
            Outside::Sqlite(pool) => drop(raw_sql(sql).execute(pool).await.unwrap()),
            Outside::Postgres(pool) => drop(raw_sql(sql).execute(pool).await.unwrap()),
        }
    }

    async fn refusal(&self, options: &StoreOptions) -> StoreError {
        driftd_store::open_with(&self.url, options).await.map(|_| ()).unwrap_err()
    }
}

fn number_of(script: &Path) -> i64 {
    let name = script.file_stem().unwrap().to_str().unwrap();
    name.split_once('_').unwrap().0.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn older_tables_stay_as_they_are_until_somebody_asks() {
    for database in Database::all("older_tables_stay_as_they_are_until_somebody_asks").await {
        let (before, newest) = (database.of_the_version_before().await, database.newest());
        for _ in 0..2 {
            let refused = database.refusal(&ASKED).await;
            assert_eq!(refused.class(), ErrorClass::Transient, "it is waited for: {refused}");
            let what = format!(
                ": its tables are of version {before} and this driftd needs version {newest}: back it up and run \
                 `driftd migrate`, or have every start do that, with [store] migrate = \"auto\""
            );
            assert!(refused.to_string().ends_with(&what), "{refused}");
        }
        let migrated = driftd_store::migrate(&database.url).await.unwrap();
        assert_eq!((migrated.applied.len(), migrated.version), (1, newest));
        let store = driftd_store::open_with(&database.url, &ASKED).await.unwrap();
        assert_eq!(store.outbox_depth().await.unwrap(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_without_tables_gets_them_unasked() {
    for database in Database::all("a_database_without_tables_gets_them_unasked").await {
        let store = driftd_store::open_with(&database.url, &ASKED).await.unwrap();
        assert_eq!(store.outbox_depth().await.unwrap(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_version_before_works_beside_newer_tables_that_let_it() {
    for database in Database::all("the_version_before_works_beside_newer_tables_that_let_it").await {
        driftd_store::open(&database.url).await.unwrap().close().await;
        let newer = database.newest() + 1;
        // What a newer driftd leaves behind that adds something.
        let sum = if database.kind == "sqlite" { "x'00'" } else { r"'\x00'" };
        let added = format!(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES ({newer}, 'added', true, {sum}, 1)"
        );
        database.run(&added).await;
        for options in [ASKED, StoreOptions::default()] {
            let store = driftd_store::open_with(&database.url, &options).await.unwrap();
            assert_eq!(store.outbox_depth().await.unwrap(), 0);
        }
        let migrated = driftd_store::migrate(&database.url).await.unwrap();
        assert_eq!((migrated.applied.len(), migrated.version), (0, newer));
        // And one that takes away what this one needs.
        database.run(&format!("UPDATE schema_compatibility SET version = {newer}")).await;
        let refused = database.refusal(&StoreOptions::default()).await;
        assert_eq!(refused.class(), ErrorClass::Permanent, "{refused}");
        let what = format!("has tables of version {newer}, this build knows them up to {}", database.newest());
        assert!(refused.to_string().contains(&what), "{refused}");
    }
}

#[tokio::test]
async fn every_version_says_who_may_work_with_it() {
    for database in Database::all("every_version_says_who_may_work_with_it").await {
        let texts = database.scripts().into_iter().map(|path| (std::fs::read_to_string(&path).unwrap(), path));
        let since = texts.skip_while(|(text, _)| !text.contains("CREATE TABLE schema_compatibility"));
        let mut seen = 0;
        for (text, path) in since {
            let raises = text.contains(&format!("schema_compatibility SET version = {};", number_of(&path)));
            let begins = text.contains(&format!("schema_compatibility (version) VALUES ({});", number_of(&path)));
            let adds = text.contains("-- The version before works with these tables.");
            assert!(raises || begins || adds, "{} does not say whether an older driftd may go on", path.display());
            seen += 1;
        }
        assert!(seen > 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_only_reads_makes_and_migrates_nothing() {
    for database in Database::all("whoever_only_reads_makes_and_migrates_nothing").await {
        let refused = async || {
            let opened = driftd_store::open_to_read(&database.url, &StoreOptions::default()).await;
            let error = opened.map(|_| ()).unwrap_err();
            assert_eq!(error.class(), ErrorClass::Permanent, "waiting does not help: {error}");
            error.to_string()
        };
        // The file of SQLite is there, because somebody looks into it, and has no tables.
        let nothing = refused().await;
        assert!(nothing.contains("the database has no tables of driftd"), "{nothing}");
        let (before, newest) = (database.of_the_version_before().await, database.newest());
        for _ in 0..2 {
            let older = refused().await;
            let what = format!("has tables of version {before} and this driftd reads those of version {newest}");
            assert!(older.contains(&what) && older.contains("`driftd migrate`"), "{older}");
        }
        let migrated = driftd_store::migrate(&database.url).await.unwrap();
        assert_eq!((migrated.applied.len(), migrated.version), (1, newest), "nothing had been applied");
        let reader = driftd_store::open_to_read(&database.url, &StoreOptions::default()).await.unwrap();
        assert_eq!(reader.frontiers().await.unwrap(), []);
        reader.close().await;
    }
}
