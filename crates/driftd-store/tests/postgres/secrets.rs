//! The password of the store's URL is nobody's business.

use std::io::Write;
use std::sync::{Arc, Mutex};

use driftd_store::{PostgresStore, StoreOptions};

use super::{Database, chain};

const PASSWORD: &str = "correct-horse-battery";

/// Where everything that is logged goes.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

/// Everything that is logged on this thread from now on, at every level.
fn listen() -> (Log, tracing::subscriber::DefaultGuard) {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    (log, tracing::subscriber::set_default(subscriber))
}

#[tokio::test]
async fn a_password_is_in_no_error() {
    let (log, _guard) = listen();
    let urls = [
        format!("postgres://driftd:{PASSWORD}@127.0.0.1:1/driftd"),
        format!("postgres://driftd:{PASSWORD}@127.0.0.1:port/driftd"),
        format!("postgres://driftd:{PASSWORD}@/?sslmode=perhaps"),
        format!("postgres://driftd:{PASSWORD}@127.0.0.1:1/driftd?sslmode=verify-full&sslrootcert=nowhere.pem"),
        format!("postgres://driftd:{PASSWORD}"),
        format!("postgres://driftd:{PASSWORD}@[::1"),
    ];
    for url in urls {
        let errors = [
            driftd_store::open(&url).await.map(|_| ()).unwrap_err(),
            driftd_store::migrate(&url).await.map(|_| ()).unwrap_err(),
        ];
        for error in errors {
            let text = format!("{} {error:?}", chain(&error));
            assert!(!text.contains(PASSWORD), "{text}");
        }
    }
    assert!(!log.text().contains(PASSWORD), "{}", log.text());
}

#[tokio::test]
async fn a_url_that_is_none_is_refused_with_the_remedy() {
    let error = driftd_store::open(&format!("postgres://driftd:{PASSWORD}@host:port/driftd")).await.map(|_| ());
    insta::assert_snapshot!(chain(&error.unwrap_err()), @"store failed: the store url is not one of Postgres (invalid port number): write postgres://USER:PASSWORD@HOST:5432/DATABASE, with any character of the password other than letters and digits written as %XX");
}

#[tokio::test]
async fn a_password_is_in_no_log_and_no_debug_output() {
    let Some(database) = Database::new("a_password_is_in_no_log_and_no_debug_output") else { return };
    let (log, _guard) = listen();
    let url = database.url.replace("postgres@", &format!("postgres:{PASSWORD}@"));
    let store = PostgresStore::open(&url, &StoreOptions::default()).await.unwrap();
    driftd_model::OutboxStore::outbox_depth(&store).await.unwrap();
    let (log, shown) = (log.text(), format!("{store:?}"));
    assert!(log.contains("notification_outbox"), "what is logged is seen here");
    assert!(!log.contains(PASSWORD) && !shown.contains(PASSWORD), "{shown}");
    assert!(shown.contains("127.0.0.1"), "{shown}");
}
