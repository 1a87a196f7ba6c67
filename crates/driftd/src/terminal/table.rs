//! Tables without clutter.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table as Grid, presets};

use driftd_model::words;

use super::Stream;

/// A table of text with a header; columns named in `right` are aligned to the right.
pub(crate) struct Table {
    grid: Grid,
    right: Vec<usize>,
}

impl Table {
    /// A table with these headings.
    pub(crate) fn new(header: &[&str], right: &[usize]) -> Self {
        let mut grid = Grid::new();
        grid.load_style(presets::NOTHING);
        grid.set_content_arrangement(ContentArrangement::Dynamic);
        grid.set_width(Stream::Out.width());
        let cells = header.iter().enumerate().map(|(i, text)| aligned(text.to_uppercase(), right.contains(&i)));
        grid.set_header(cells.collect::<Vec<_>>());
        for column in grid.column_iter_mut() {
            column.set_padding((0, 2));
        }
        Self { grid, right: right.to_vec() }
    }

    /// Adds a row. Names and values out of the data are shown as they are, but for what a terminal would obey.
    pub(crate) fn row<I: IntoIterator<Item = String>>(&mut self, cells: I) {
        let right = &self.right;
        let cells = cells.into_iter().enumerate().map(|(i, text)| aligned(words::printable(&text), right.contains(&i)));
        self.grid.add_row(cells.collect::<Vec<_>>());
    }

    /// The table as text, without trailing blanks.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for line in self.grid.lines() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

fn aligned(text: String, right: bool) -> Cell {
    Cell::new(text).set_alignment(if right { CellAlignment::Right } else { CellAlignment::Left })
}
