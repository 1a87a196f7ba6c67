//! The migrations of `migrations/postgres`, embedded.

use crate::schema::Version;

/// In order of their numbers.
pub(super) const VERSIONS: &[Version] = &[
    (1, "stream", include_str!("../../../../migrations/postgres/0001_stream.sql")),
    (2, "baselines", include_str!("../../../../migrations/postgres/0002_baselines.sql")),
    (3, "history", include_str!("../../../../migrations/postgres/0003_history.sql")),
    (4, "incidents", include_str!("../../../../migrations/postgres/0004_incidents.sql")),
    (5, "views", include_str!("../../../../migrations/postgres/0005_views.sql")),
    (6, "reader", include_str!("../../../../migrations/postgres/0006_reader.sql")),
    (7, "tending", include_str!("../../../../migrations/postgres/0007_tending.sql")),
    (8, "notification_log", include_str!("../../../../migrations/postgres/0008_notification_log.sql")),
];
