//! What a person should know of files: said once, however many files it is about.

use std::path::{Path, PathBuf};

use driftd_model::words;

/// Different sentences that are said; of more, how many there are.
const SAID: usize = 20;

/// Sentences, each about the file or directory it begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Notes {
    said: Vec<Note>,
    /// The first that there is more to say of, and how often there is more.
    unsaid: Option<(PathBuf, u64)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Note {
    what: String,
    /// The first that it is about, and how many more there are.
    first: PathBuf,
    more: u64,
}

impl Notes {
    /// Notes `what`, which goes on after the name of the file.
    pub(crate) fn add(&mut self, path: &Path, what: impl Into<String>) {
        self.put(Note { what: what.into(), first: path.to_owned(), more: 0 });
    }

    /// Adds those of other files.
    pub(crate) fn extend(&mut self, others: &Self) {
        others.said.iter().for_each(|note| self.put(note.clone()));
        if let Some((first, times)) = &others.unsaid {
            self.unsaid.get_or_insert_with(|| (first.clone(), 0)).1 += times;
        }
    }

    fn put(&mut self, note: Note) {
        let has_room = self.said.len() < SAID;
        match self.said.iter_mut().find(|known| known.what == note.what) {
            Some(known) => known.more += note.more + u64::from(known.first != note.first),
            None if has_room => self.said.push(note),
            None => self.unsaid.get_or_insert((note.first, 0)).1 += 1 + note.more,
        }
    }

    /// The sentences.
    pub(crate) fn sentences(&self) -> Vec<String> {
        let sentence = |Note { what, first, more }: &Note| match more {
            0 => format!("{}: {what}", first.display()),
            more => format!("{} and {}: {what}", first.display(), words::counted(*more, "more file", "more files")),
        };
        let unsaid = self.unsaid.iter().map(|(first, times)| {
            let notes = words::counted(*times, "more note", "more notes");
            format!("{}: here begin {notes} of other words, which are left out", first.display())
        });
        self.said.iter().map(sentence).chain(unsaid).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_so_of_many_files_is_said_once() {
        let mut notes = Notes::default();
        for file in 0..2_000 {
            notes.add(Path::new(&format!("{file}.csv")), "2 lines above the header passed over");
            if file == 7 {
                notes.add(Path::new("7.csv"), "column number 1 has no name and is left out");
            }
        }
        let mut further = Notes::default();
        further.add(Path::new("0.csv"), "2 lines above the header passed over");
        further.add(Path::new("2000.csv"), "2 lines above the header passed over");
        notes.extend(&further);
        assert_eq!(
            notes.sentences(),
            [
                "0.csv and 2,000 more files: 2 lines above the header passed over",
                "7.csv: column number 1 has no name and is left out"
            ]
        );
    }

    #[test]
    fn of_what_differs_from_file_to_file_some_is_said() {
        let mut notes = Notes::default();
        (0..100).for_each(|file| notes.add(Path::new(&format!("{file}.csv")), format!("title {file}")));
        let sentences = notes.sentences();
        assert_eq!(
            (sentences.len(), sentences[20].as_str()),
            (21, "20.csv: here begin 80 more notes of other words, which are left out")
        );
        assert_eq!(sentences[19], "19.csv: title 19");
    }
}
