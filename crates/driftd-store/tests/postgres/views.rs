//! What analysts see, and what they do not.

use driftd_model::{HistoryQuery, Store};
use driftd_testkit::fixtures::{CRITICAL, Feeder, Traffic, baseline, clock, plan, receivers, seal_all};
use driftd_testkit::services::postgres::{Postgres, PostgresOptions};
use sqlx::{Row, query, query_as, query_scalar};

use super::Database;

async fn judged(store: &dyn Store) {
    let plan = plan();
    let traffic = [Traffic::at(0).shifted(CRITICAL), Traffic::at(1), Traffic::at(2)];
    Feeder::claim(store, 0).await.feed(store, &plan, &traffic, 4).await;
    seal_all(store, &plan, &receivers(1), clock(5)).await;
    store.put_baseline(&"base".parse().unwrap(), baseline(0), clock(0)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn columns_and_types_of_the_views_are_a_contract() {
    let Some(database) = Database::new("columns_and_types_of_the_views_are_a_contract") else { return };
    database.open().await;
    let columns: Vec<String> = query_scalar(
        "SELECT c.table_name || '.' || c.column_name || ' ' || c.data_type
         FROM information_schema.columns AS c
         WHERE c.table_name IN ('drift_history', 'incident_history', 'feature_profile')
         ORDER BY c.table_name, c.ordinal_position",
    )
    .fetch_all(&database.outside)
    .await
    .unwrap();
    insta::assert_snapshot!(columns.join("\n"), @r#"
    drift_history.monitor text
    drift_history.segment text
    drift_history.window_name text
    drift_history.window_start timestamp with time zone
    drift_history.window_end timestamp with time zone
    drift_history.feature text
    drift_history.statistic text
    drift_history.value double precision
    drift_history.certified_error double precision
    drift_history.n bigint
    drift_history.m bigint
    drift_history.p_value double precision
    drift_history.q_value double precision
    drift_history.warn double precision
    drift_history.critical double precision
    drift_history.outcome text
    drift_history.baseline text
    drift_history.sealed_at timestamp with time zone
    drift_history.expected double precision
    drift_history.net double precision
    drift_history.phi double precision
    drift_history.healthy_windows bigint
    drift_history.level double precision
    drift_history.previous_value double precision
    drift_history.previous_p double precision
    drift_history.day_value double precision
    drift_history.day_p double precision
    drift_history.week_value double precision
    drift_history.week_p double precision
    feature_profile.baseline text
    feature_profile.feature text
    feature_profile.role text
    feature_profile.kind text
    feature_profile.rows bigint
    feature_profile.missing bigint
    incident_history.incident_id text
    incident_history.monitor text
    incident_history.segment text
    incident_history.kind text
    incident_history.severity text
    incident_history.state text
    incident_history.opened_at timestamp with time zone
    incident_history.acknowledged_at timestamp with time zone
    incident_history.resolved_at timestamp with time zone
    incident_history.features json
    incident_history.windows bigint
    "#);
    let undocumented: Vec<String> = query_scalar(
        "SELECT c.relname || '.' || a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
         WHERE c.relname IN ('drift_history', 'incident_history', 'feature_profile') AND a.attnum > 0
           AND col_description(c.oid, a.attnum) IS NULL",
    )
    .fetch_all(&database.outside)
    .await
    .unwrap();
    assert_eq!(undocumented, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_views_say_what_the_port_says() {
    let Some(database) = Database::new("the_views_say_what_the_port_says") else { return };
    let store = database.open().await;
    judged(&*store).await;
    let rows = query(
        "SELECT *, window_end::text AS ended, sealed_at = timestamptz '1970-01-01 05:00:00Z' AS sealed
         FROM drift_history ORDER BY window_end, segment, window_name, feature, statistic",
    )
    .fetch_all(&database.outside)
    .await
    .unwrap();
    let history = store.history(&HistoryQuery::default()).await.unwrap();
    assert_eq!((rows.len(), rows.is_empty()), (history.len(), false));
    for (row, expected) in rows.iter().zip(&history) {
        let hour = expected.window_end.as_micros() / 3_600_000_000;
        assert_eq!(row.get::<String, _>("ended"), format!("1970-01-01 0{hour}:00:00+00"));
        assert!(row.get::<bool, _>("sealed"));
        assert_eq!(row.get::<String, _>("feature"), expected.feature.as_str());
        assert_eq!(row.get::<Option<f64>, _>("value"), expected.value);
        assert_eq!(row.get::<Option<String>, _>("outcome"), expected.outcome.map(|o| o.as_str().to_owned()));
        assert_eq!(row.get::<i64, _>("m"), expected.m as i64);
    }
    let incident: (String, Option<String>, String, i64) =
        query_as("SELECT opened_at::text, acknowledged_at::text, features::text, windows FROM incident_history")
            .fetch_one(&database.outside)
            .await
            .unwrap();
    assert_eq!(incident, ("1970-01-01 05:00:00+00".to_owned(), None, r#"["x"]"#.to_owned(), 1));
    let profile: Vec<(String, String, String, String, i64, i64)> =
        query_as("SELECT baseline, feature, role, kind, rows, missing FROM feature_profile ORDER BY feature")
            .fetch_all(&database.outside)
            .await
            .unwrap();
    let row = |feature: &str, kind: &str| {
        ("base@v1".to_owned(), feature.to_owned(), "feature".to_owned(), kind.to_owned(), 1000, 0)
    };
    assert_eq!(profile, [row("c", "categorical"), row("x", "numeric")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_read_the_views_and_nothing_else() {
    let Some(database) = Database::new("readers_read_the_views_and_nothing_else") else { return };
    let store = database.open().await;
    judged(&*store).await;
    let mut reader = database.outside.acquire().await.unwrap();
    query("SET ROLE driftd_reader").execute(&mut *reader).await.unwrap();
    for view in ["drift_history", "incident_history", "feature_profile"] {
        let sql = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {view}"));
        assert!(query_scalar::<_, i64>(sql).fetch_one(&mut *reader).await.unwrap() > 0, "{view}");
        let sql = sqlx::AssertSqlSafe(format!("DELETE FROM {view}"));
        assert!(query(sql).execute(&mut *reader).await.is_err(), "{view}");
    }
    let tables: Vec<String> = query_scalar(
        "SELECT c.relname::text FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace
         AND c.relkind IN ('r', 'p', 'v') AND c.relname NOT IN ('drift_history', 'incident_history', 'feature_profile')",
    )
    .fetch_all(&database.outside)
    .await
    .unwrap();
    assert!(tables.len() > 15, "{tables:?}");
    for table in tables {
        let error =
            query(sqlx::AssertSqlSafe(format!("SELECT 1 FROM {table}"))).execute(&mut *reader).await.unwrap_err();
        assert_eq!(error.as_database_error().unwrap().code().as_deref(), Some("42501"), "{table}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_make_roles_has_a_store_all_the_same() {
    // Roles belong to a whole server, so this one is nobody else's.
    let server = match Postgres::start(PostgresOptions::default()) {
        Ok(server) => server,
        Err(skip) => return skip.announce("who_may_not_make_roles_has_a_store_all_the_same"),
    };
    let admin = Database::at(server.url_of("postgres", "postgres"));
    query("CREATE ROLE plain LOGIN").execute(&admin.outside).await.unwrap();
    query("CREATE DATABASE plain OWNER plain").execute(&admin.outside).await.unwrap();
    let store = driftd_store::open(&server.url_of("plain", "plain")).await.unwrap();
    judged(&*store).await;
    assert!(!store.history(&HistoryQuery::default()).await.unwrap().is_empty());
    assert_eq!(admin.count("pg_roles WHERE rolname = 'driftd_reader'").await, 0);
    // A superuser's database on the same server has the role, and another one after it finds it there.
    for _ in 0..2 {
        driftd_store::open(&server.database()).await.unwrap();
    }
    assert_eq!(admin.count("pg_roles WHERE rolname = 'driftd_reader'").await, 1);
}
