//! Objects by address: one, all below a prefix, or those that match a pattern.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::StreamExt;
use object_store::path::Path as Key;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};

use super::object::Object;
use super::{client, failure, runtime};
use crate::DatasetError;
use crate::input::InputError;

/// How addresses of objects begin.
const SCHEMES: [&str; 7] = ["s3://", "s3a://", "gs://", "az://", "azure://", "https://", "http://"];

/// An object, where it lies below what was named, and how it is addressed.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) object: Object,
    pub(crate) address: PathBuf,
    pub(crate) below: PathBuf,
    /// Whether it is what was named, rather than found below it or by a pattern.
    pub(crate) is_named: bool,
}

/// Whether a name is the address of an object rather than that of a file.
pub(crate) fn is_address(path: &Path) -> bool {
    let text = path.to_string_lossy();
    SCHEMES.iter().any(|scheme| text.starts_with(scheme))
}

/// The objects that `path` names, in order of their names, `most` at most and one to see that there are more. What is no
/// object itself is taken for the beginning of others, of which `entries` are looked at.
pub(crate) fn list(path: &Path, most: usize, entries: usize) -> Result<Vec<Listed>, DatasetError> {
    let address = Address::of(path)?;
    let store = client::store(&address.root).map_err(|error| failure::of(path, &error))?;
    if address.pattern.is_none() && !address.fixed.is_empty() {
        let (to_ask, key) = (Arc::clone(&store), address.key(&address.fixed)?);
        let found = runtime::wait(async move { to_ask.head(&key).await }).map_err(|e| DatasetError::io(path, e))?;
        match found {
            Ok(meta) => return Ok(vec![Listed { is_named: true, ..address.listed(&store, meta) }]),
            Err(object_store::Error::NotFound { .. }) if !address.root.starts_with("http") => {}
            Err(error) => return Err(failure::of(path, &error)),
        }
    }
    let (to_ask, prefix) = (Arc::clone(&store), address.key(&address.fixed)?);
    let pattern = address.pattern.clone();
    let fits = move |meta: &ObjectMeta| {
        let is_match = |pattern: &glob::Pattern| pattern.matches_with(meta.location.as_ref(), MATCHING);
        pattern.as_ref().is_none_or(|pattern| is_match(pattern) || below_a_match(pattern, &meta.location))
    };
    let found = runtime::wait(async move { collected(&*to_ask, &prefix, fits, most, entries).await });
    let (mut found, seen) = found.map_err(|e| DatasetError::io(path, e))?.map_err(|error| failure::of(path, &error))?;
    if seen > entries {
        return Err(InputError::TooManyFiles { path: path.to_owned(), most: entries }.into());
    }
    if found.is_empty() {
        return Err(InputError::Store {
            path: path.to_owned(),
            what: "no such object, and none below it".to_owned(),
            remedy: "check the bucket and the name",
        }
        .into());
    }
    found.sort_by(|a, b| a.location.as_ref().cmp(b.location.as_ref()));
    Ok(found.into_iter().map(|meta| address.listed(&store, meta)).collect())
}

/// The objects below `prefix` that fit, and how many were looked at; no more of either than one over what is allowed.
async fn collected(
    store: &dyn ObjectStore,
    prefix: &Key,
    fits: impl Fn(&ObjectMeta) -> bool,
    most: usize,
    entries: usize,
) -> object_store::Result<(Vec<ObjectMeta>, usize)> {
    let (mut found, mut seen) = (Vec::new(), 0);
    let mut objects = store.list(Some(prefix));
    while let Some(meta) = objects.next().await {
        let meta = meta?;
        seen += 1;
        if fits(&meta) {
            found.push(meta);
        }
        if found.len() > most || seen > entries {
            break;
        }
    }
    Ok((found, seen))
}

const MATCHING: glob::MatchOptions =
    glob::MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: false };

/// Whether a pattern matches something that an object lies below, as it would match a directory.
fn below_a_match(pattern: &glob::Pattern, location: &Key) -> bool {
    let key = location.as_ref();
    key.match_indices('/').any(|(end, _)| key.get(..end).is_some_and(|above| pattern.matches_with(above, MATCHING)))
}

struct Address {
    /// What addresses of the store begin with, such as `s3://bucket`.
    root: String,
    /// The part of the name that is no pattern.
    fixed: String,
    pattern: Option<glob::Pattern>,
}

impl Address {
    fn of(path: &Path) -> Result<Self, DatasetError> {
        let bad = |what: &'static str| DatasetError::from(InputError::BadAddress { scheme: scheme_of(path), what });
        let text = path.to_str().ok_or_else(|| bad("it is not UTF-8"))?;
        let (scheme, rest) = text.split_once("://").ok_or_else(|| bad("it has no scheme"))?;
        let (host, key) = rest.split_once('/').unwrap_or((rest, ""));
        if host.is_empty() {
            return Err(bad("it names no bucket or host"));
        }
        if scheme.starts_with("http") {
            // What such an address holds besides a name may be a secret, and would be printed wherever it is named.
            if host.contains('@') || key.contains('?') || key.contains('#') {
                return Err(bad(
                    "what stands before an @ or behind a ? could be a secret; name the object itself, by s3://, gs:// or az://, or download it",
                ));
            }
            let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
            if scheme == "http" && !matches!(name, "localhost" | "127.0.0.1" | "[::1]") {
                return Err(bad("without encryption only this machine is asked; say https://"));
            }
        }
        let root = format!("{scheme}://{host}");
        let is_pattern = !scheme.starts_with("http") && key.contains(['*', '?', '[']);
        if !is_pattern {
            return Ok(Self { root, fixed: key.trim_end_matches('/').to_owned(), pattern: None });
        }
        let pattern = glob::Pattern::new(key).map_err(|_| bad("it is no pattern"))?;
        let fixed = key.split('/').take_while(|part| !part.contains(['*', '?', '['])).collect::<Vec<_>>().join("/");
        Ok(Self { root, fixed, pattern: Some(pattern) })
    }

    fn key(&self, name: &str) -> Result<Key, DatasetError> {
        let key = if self.root.starts_with("http") { Key::from_url_path(name) } else { Key::parse(name) };
        key.map_err(|_| {
            let scheme = scheme_of(Path::new(&self.root));
            InputError::BadAddress { scheme, what: "its name is no path" }.into()
        })
    }

    fn listed(&self, store: &Arc<dyn ObjectStore>, meta: ObjectMeta) -> Listed {
        let key = meta.location.as_ref().to_owned();
        // An object that was named itself lies below nothing.
        let below = match key.strip_prefix(&self.fixed) {
            Some("") => key.rsplit('/').next().unwrap_or(&key),
            Some(below) => below.trim_start_matches('/'),
            None => &key,
        };
        Listed {
            address: PathBuf::from(format!("{}/{key}", self.root)),
            below: PathBuf::from(below),
            is_named: false,
            object: Object::new(Arc::clone(store), meta),
        }
    }
}

fn scheme_of(path: &Path) -> String {
    path.to_string_lossy().split("://").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;

    #[test]
    fn what_does_not_fit_takes_no_place_of_what_does() {
        let found = |most, entries| {
            let (found, seen) = runtime::wait(async move {
                let store = InMemory::new();
                for name in ["a/0.txt", "a/1.txt", "a/2.txt", "a/3.csv", "a/4.csv"] {
                    store.put(&Key::from(name), "x".into()).await.unwrap();
                }
                let is_csv = |meta: &ObjectMeta| meta.location.as_ref().contains(".csv");
                collected(&store, &Key::from("a"), is_csv, most, entries).await.unwrap()
            })
            .unwrap();
            (found.len(), seen)
        };
        assert_eq!(found(2, 9), (2, 5));
        assert_eq!(found(1, 9), (2, 5), "one more, to see that there are too many");
        assert_eq!(found(2, 3).1, 4);
    }
}
