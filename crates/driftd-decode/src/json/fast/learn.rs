//! A template out of a record.

use std::collections::HashSet;

use foldhash::fast::FixedState;

use super::scan::single;
use super::template::{Gap, GapText, NOWHERE, Template};
use crate::cell::{Cell, Span};
use crate::fields::{FieldTree, NodeId};

/// Depth to which records are made templates of.
const DEPTH: usize = 16;
/// Values of a template at most, and bytes of the record it is made of; what is longer is rarely written twice, and
/// every partition task keeps its own.
const GAPS: usize = 1 << 14;
const BYTES: usize = 1 << 18;

/// The template of `json`, which the complete parser has accepted; nothing where the fast path is of no use: with
/// escapes in names or values, with a name that stands twice, with arrays whose elements are wanted, with texts that are
/// gone into.
pub(crate) fn learn(fields: &FieldTree, json: &str) -> Option<Template> {
    if json.len() > BYTES {
        return None;
    }
    let cells = vec![Cell::Absent; fields.columns()];
    let (text, gaps, tail, texts) = (String::new(), Vec::new(), Span::new(0, 0), Vec::new());
    let template = Template { text, gaps, tail, marks: 0, cells, texts };
    let mut learner = Learner { fields, json, at: 0, literal: 0, template };
    learner.value(Some(NodeId::ROOT), DEPTH)?;
    let text_end = learner.template.text.len();
    learner.template.text.push_str(json.get(learner.literal..)?);
    learner.template.tail = Span::new(text_end, learner.template.text.len());
    Some(learner.template)
}

/// Walks over valid JSON.
struct Learner<'a> {
    fields: &'a FieldTree,
    json: &'a str,
    at: usize,
    /// End of the last value, where the literal text before the next one begins.
    literal: usize,
    template: Template,
}

impl<'a> Learner<'a> {
    fn value(&mut self, node: Option<NodeId>, depth: usize) -> Option<()> {
        match self.peek()? {
            b'{' => self.object(node, depth.checked_sub(1)?),
            b'[' => self.list(node, depth.checked_sub(1)?),
            _ => self.gap(node),
        }
    }

    fn object(&mut self, node: Option<NodeId>, depth: usize) -> Option<()> {
        self.settle(node, Cell::Object);
        let mut names: HashSet<&str, FixedState> = HashSet::default();
        self.at += 1;
        while self.peek()? != b'}' {
            let name = self.name()?;
            if !names.insert(name) {
                return None;
            }
            // The colon.
            self.peek()?;
            self.at += 1;
            self.value(node.and_then(|node| self.fields.child(node, name)), depth)?;
            self.comma()?;
        }
        self.at += 1;
        Some(())
    }

    fn list(&mut self, node: Option<NodeId>, depth: usize) -> Option<()> {
        if node.is_some_and(|node| self.fields.wants_elements(node) || self.fields.is_list(node)) {
            return None;
        }
        self.settle(node, Cell::List);
        self.at += 1;
        while self.peek()? != b']' {
            self.value(None, depth)?;
            self.comma()?;
        }
        self.at += 1;
        Some(())
    }

    fn gap(&mut self, node: Option<NodeId>) -> Option<()> {
        let (cell, end) = single(self.json, self.at)?;
        let text = node.and_then(|node| self.fields.text_column(node));
        let template = &mut self.template;
        if let Some((column, any)) = text {
            let text = GapText { column, any };
            if text.goes_on(cell, self.json) {
                return None;
            }
            template.texts.push(text);
        }
        let start = template.text.len();
        template.text.push_str(self.json.get(self.literal..self.at)?);
        let column = node.and_then(|node| self.fields.column(node)).unwrap_or(NOWHERE);
        let before = Span::new(start, template.text.len());
        template.gaps.push(Gap::new(&template.text, before, column));
        (self.at, self.literal) = (end, end);
        (template.gaps.len() <= GAPS).then_some(())
    }

    /// The name at the cursor, which moves behind it; nothing for one with escapes.
    fn name(&mut self) -> Option<&'a str> {
        let (Cell::Text(span), end) = single(self.json, self.at)? else {
            return None;
        };
        self.at = end;
        Some(span.of(self.json))
    }

    /// Moves over a comma, if there is one.
    fn comma(&mut self) -> Option<()> {
        if self.peek()? == b',' {
            self.at += 1;
        }
        Some(())
    }

    /// Moves over spaces to the byte that comes next.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.json.as_bytes().get(self.at..)?;
        let spaces = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))?;
        self.at += spaces;
        rest.get(spaces).copied()
    }

    fn settle(&mut self, node: Option<NodeId>, cell: Cell) {
        let column = node.and_then(|node| self.fields.column(node));
        if let Some(place) = column.and_then(|column| self.template.cells.get_mut(column as usize)) {
            *place = cell;
        }
    }
}
