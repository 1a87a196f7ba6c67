//! What is said of wrong configurations. Each file holds documents with every problem below the line it is about, as
//! `#~ COLUMN: KEY: what is wrong`; where nothing is wrong with a document, that is what is likely not meant.

use std::collections::BTreeMap;

use crate::{Config, Position, Source};

/// The last line of a document that is not the last of its file.
const END: &str = "#---\n";
/// What a line that tells a problem begins with.
const TOLD: &str = "#~ ";

/// `file` with the problems that are found in it.
fn told(name: &str, file: &str) -> String {
    let mut found = BTreeMap::<u32, String>::new();
    let mut lines = 0;
    for document in file.split_inclusive(END) {
        // Lines before a document stay lines, so that its problems are at the lines of the file.
        let source = Source::new(name, "\n".repeat(lines) + document);
        lines += document.lines().count();
        let problems = Config::load(&[source], []).map_or_else(|e| e.problems().to_vec(), |config| config.notes);
        for problem in problems {
            let Position { line, column } = problem.position.unwrap();
            let key = if problem.key.is_empty() { String::new() } else { format!("{}: ", problem.key) };
            *found.entry(line).or_default() +=
                &[TOLD, &column.to_string(), ": ", &key, &problem.message, "\n"].concat();
        }
    }
    let numbered = (1..).zip(file.lines()).filter(|(_, line)| !line.starts_with(TOLD));
    numbered
        .flat_map(|(number, line)| [line.to_owned(), "\n".to_owned(), found.remove(&number).unwrap_or_default()])
        .collect()
}

macro_rules! files {
    ($($theme:ident)*) => {
        $(#[test]
        fn $theme() {
            let name = concat!(stringify!($theme), ".toml");
            let file = include_str!(concat!("problems/", stringify!($theme), ".toml"));
            let told = told(name, file);
            assert!(told == file, "{name} tells other problems:\n{told}");
        })*
    };
}

files!(syntax sections kafka monitors statistics labels receivers routes wires);
