//! One object, read by ranges.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore};

use super::{failure, runtime};

/// Bytes that are asked for at a time where an object is read from its start; as many are on their way meanwhile.
const AHEAD: u64 = 4 << 20;
/// Bytes that are asked for first, and nothing before they were read: most who begin to read only look how it begins.
const FIRST: u64 = 128 << 10;

/// An object as it was when it was looked at.
#[derive(Clone)]
pub(crate) struct Object {
    inner: Arc<Inner>,
}

struct Inner {
    store: Arc<dyn ObjectStore>,
    location: Path,
    length: u64,
    /// By which the store knows whether it is still the same.
    etag: Option<String>,
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.inner.location, self.inner.length)
    }
}

impl Object {
    pub(super) fn new(store: Arc<dyn ObjectStore>, meta: ObjectMeta) -> Self {
        // A weak tag says that two objects mean the same, which is not what a range needs.
        let etag = meta.e_tag.filter(|tag| !tag.starts_with("W/"));
        Self { inner: Arc::new(Inner { store, location: meta.location, length: meta.size, etag }) }
    }

    pub(crate) fn length(&self) -> u64 {
        self.inner.length
    }

    /// Fills `buffer` from `at` on.
    pub(crate) fn read_exact_at(&self, buffer: &mut [u8], at: u64) -> io::Result<()> {
        let bytes = runtime::answer(&self.begin(at, buffer.len() as u64)?)??;
        if bytes.len() != buffer.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        buffer.copy_from_slice(&bytes);
        Ok(())
    }

    /// As much as there is from `at` on, to the end of `buffer` at most.
    pub(crate) fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        let most = self.inner.length.saturating_sub(at).min(buffer.len() as u64) as usize;
        if let Some(part) = buffer.get_mut(..most).filter(|part| !part.is_empty()) {
            self.read_exact_at(part, at)?;
        }
        Ok(most)
    }

    fn begin(&self, at: u64, length: u64) -> io::Result<Receiver<io::Result<Bytes>>> {
        let inner = Arc::clone(&self.inner);
        runtime::begin(async move {
            let range = Some(GetRange::Bounded(at..at + length));
            let options = GetOptions { range, if_match: inner.etag.clone(), ..GetOptions::default() };
            let got = inner.store.get_opts(&inner.location, options).await;
            match got {
                Ok(got) => got.bytes().await.map_err(|error| failure::while_reading(&error)),
                Err(error) => Err(failure::while_reading(&error)),
            }
        })
    }
}

/// Reads an object from its start, with the next bytes on their way.
pub(crate) struct Ahead {
    object: Object,
    /// Where what was not asked for yet begins, and how much is asked for next.
    at: u64,
    step: u64,
    ready: Bytes,
    coming: Option<Receiver<io::Result<Bytes>>>,
}

impl Ahead {
    pub(crate) fn new(object: Object) -> Self {
        Self { object, at: 0, step: FIRST, ready: Bytes::new(), coming: None }
    }

    fn ask(&mut self) -> io::Result<()> {
        let length = self.object.length().saturating_sub(self.at).min(self.step);
        self.coming = if length > 0 { Some(self.object.begin(self.at, length)?) } else { None };
        self.at += length;
        self.step = (8 * self.step).min(AHEAD);
        Ok(())
    }
}

impl Read for Ahead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ready.is_empty() {
            if self.coming.is_none() {
                self.ask()?;
            }
            let Some(coming) = self.coming.take() else { return Ok(0) };
            self.ready = runtime::answer(&coming)??;
            if self.at > FIRST {
                self.ask()?;
            }
            if self.ready.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let read = self.ready.len().min(buffer.len());
        let taken = self.ready.split_to(read);
        if let Some(to) = buffer.get_mut(..read) {
            to.copy_from_slice(&taken);
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use object_store::ObjectStoreExt;
    use object_store::memory::InMemory;

    use super::*;

    fn stored(content: &[u8]) -> (Arc<InMemory>, Object) {
        let (store, key) = (Arc::new(InMemory::new()), Path::from("part.csv"));
        let (to_put, content) = (Arc::clone(&store), content.to_vec());
        let at = key.clone();
        runtime::wait(async move { to_put.put(&at, content.into()).await }).unwrap().unwrap();
        let to_ask = Arc::clone(&store);
        let meta = runtime::wait(async move { to_ask.head(&key).await }).unwrap().unwrap();
        (Arc::clone(&store), Object::new(store, meta))
    }

    #[test]
    fn an_object_is_read_from_its_start_and_at_any_place() {
        let content: Vec<u8> = (0..AHEAD * 2 + 77).map(|i| (i % 251) as u8).collect();
        let (_store, object) = stored(&content);
        let mut read = Vec::new();
        Ahead::new(object.clone()).read_to_end(&mut read).unwrap();
        assert!(read == content);
        let mut part = [0; 5];
        object.read_exact_at(&mut part, AHEAD - 2).unwrap();
        assert_eq!(part[..], content[AHEAD as usize - 2..AHEAD as usize + 3]);
        assert_eq!(object.read_at(&mut part, object.length() - 2).unwrap(), 2);
        assert_eq!(object.read_at(&mut part, object.length() + 2).unwrap(), 0);
    }

    #[test]
    fn a_look_at_the_beginning_asks_for_no_more() {
        let content = vec![7; AHEAD as usize];
        let (_store, object) = stored(&content);
        let mut ahead = Ahead::new(object);
        ahead.read_exact(&mut [0; 16]).unwrap();
        assert!(ahead.at == FIRST && ahead.coming.is_none());
        let mut rest = Vec::new();
        ahead.read_to_end(&mut rest).unwrap();
        assert_eq!(rest.len() + 16, content.len());
    }

    #[test]
    fn what_is_gone_or_another_since_it_was_looked_at_is_an_error() {
        let (store, object) = stored(b"x\n1\n");
        let to_change = Arc::clone(&store);
        runtime::wait(async move { to_change.put(&Path::from("part.csv"), "x\n2\n".into()).await }).unwrap().unwrap();
        let mut text = String::new();
        let error = Ahead::new(object.clone()).read_to_string(&mut text).unwrap_err();
        assert_eq!(error.to_string(), "it was replaced while it was read; start again");
        runtime::wait(async move { store.delete(&Path::from("part.csv")).await }).unwrap().unwrap();
        let error = Ahead::new(object).read_to_string(&mut text).unwrap_err();
        assert_eq!(error.to_string(), "it was there and is gone; start again");
    }
}
