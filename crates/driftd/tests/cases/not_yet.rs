//! Situations that do not come out right yet.

/// Each with the reason, in order of the names. Whoever makes one come out right takes its line out: the suite fails until
/// that is done, so that the list only ever says what is true.
pub(crate) const NOT_YET: &[(&str, &str)] = &[
    ("categories-many-long-tail", "the laws of many categories do not hold; a matter of its own"),
    ("categories-many-uniform", "the laws of many categories do not hold; a matter of its own"),
    ("csv-backslash-quotes", "no options for the shape of a CSV file"),
    ("csv-blank-lines", "no options for the shape of a CSV file"),
    ("csv-no-header", "no options for the shape of a CSV file"),
    ("csv-other-delimiter", "no options for the shape of a CSV file"),
    ("csv-space-after-comma", "no options for the shape of a CSV file"),
    ("csv-unnamed-first-column", "no options for the shape of a CSV file"),
    ("csv-utf-16", "no options for the shape of a CSV file"),
    ("parquet-float16", "columns of that type are not read"),
    ("parquet-struct", "columns of that type are not read"),
    ("parquet-text-as-bytes", "columns of that type are not read"),
    ("storage-directory", "only single, uncompressed files of columns are read"),
    ("storage-gzip", "only single, uncompressed files of columns are read"),
    ("storage-json-columns", "only single, uncompressed files of columns are read"),
    ("storage-json-objects-over-lines", "only single, uncompressed files of columns are read"),
    ("storage-standard-input", "only single, uncompressed files of columns are read"),
];
