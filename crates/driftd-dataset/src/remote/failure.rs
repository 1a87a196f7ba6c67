//! What a store answered instead of an object, in words and without a secret.

use std::error::Error;
use std::io;
use std::path::Path;

use object_store::Error as StoreError;

use crate::DatasetError;
use crate::input::InputError;

/// What to do where a store does not let one in.
fn credentials(path: &Path) -> &'static str {
    match path.to_string_lossy().split_once("://").map(|(scheme, _)| scheme.to_owned()).as_deref() {
        Some("s3" | "s3a") => {
            "set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION (and AWS_SESSION_TOKEN or AWS_ENDPOINT_URL where they \
             are needed), or AWS_SKIP_SIGNATURE=true for a public bucket"
        }
        Some("gs") => "set GOOGLE_APPLICATION_CREDENTIALS to the file of an account that may read it",
        Some("az" | "azure") => {
            "set AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY, or AZURE_STORAGE_SAS_TOKEN, of an account that may read it"
        }
        _ => "only what anybody may read is read by https",
    }
}

/// The failure of looking at what lies at `path`.
pub(super) fn of(path: &Path, error: &StoreError) -> DatasetError {
    let refused = |what: String, remedy: &'static str| {
        DatasetError::from(InputError::Store { path: path.to_owned(), what, remedy })
    };
    match error {
        StoreError::NotFound { .. } => refused("no such object".to_owned(), "check the bucket and the name"),
        StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. } => {
            refused("access is refused".to_owned(), credentials(path))
        }
        StoreError::NotSupported { .. } | StoreError::NotImplemented { .. } => {
            refused("the store cannot do what it takes".to_owned(), "copy the files from it first")
        }
        error if cause(error).contains("<Code>NoSuchBucket</Code>") => {
            refused("no such bucket".to_owned(), "check its name, its region and the address of the store")
        }
        error => refused(format!("the store cannot be read: {}", shown(error)), credentials(path)),
    }
}

/// The failure of reading what was there when it was looked at.
pub(super) fn while_reading(error: &StoreError) -> io::Error {
    match error {
        StoreError::NotFound { .. } => io::Error::other("it was there and is gone; start again"),
        StoreError::Precondition { .. } => io::Error::other("it was replaced while it was read; start again"),
        StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. } => {
            io::Error::other("access is refused; check the credentials")
        }
        error => io::Error::other(shown(error)),
    }
}

/// The innermost cause of an error.
fn cause(error: &StoreError) -> String {
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

/// The cause of an error, as far as it can be shown to anybody.
fn shown(error: &StoreError) -> String {
    const SHOWN: usize = 300;
    let text = cause(error);
    // What follows is the document that the store sent, which is for programs.
    let text = text.split('<').next().unwrap_or_default().trim_end_matches([':', ' ']).to_owned();
    let secrets = SECRETS.iter().filter_map(|name| std::env::var(name).ok()).filter(|secret| !secret.is_empty());
    let text = secrets.fold(text, |text, secret| text.replace(&secret, "(hidden)"));
    let words = text.split_whitespace().map(|word| match word.split_once('?') {
        // What follows in an address may be a signature.
        Some((address, _)) if address.contains("://") => format!("{address}?…"),
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect()
}

/// Variables that hold what nobody else may see.
const SECRETS: [&str; 8] = [
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_ACCESS_KEY",
    "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_STORAGE_CLIENT_SECRET",
    "AZURE_CLIENT_SECRET",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
];
