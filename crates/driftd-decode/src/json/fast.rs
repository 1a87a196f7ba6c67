//! The fast path: records that look like an earlier one, but for their values, are read by comparing what stands between
//! the values. Its twin is the complete parser, which reads everything this reads, alike.

mod learn;
mod marks;
mod scan;
mod template;

use self::marks::Marks;
pub(crate) use self::scan::single;
use self::template::Template;
use crate::fields::FieldTree;
use crate::parsed::ParsedRecord;

/// Templates kept: a topic may carry records of a few producers.
const KEPT: usize = 4;
/// Records at most that are passed over before another template is learned.
const LONGEST_PAUSE: u32 = 1023;

/// Templates of the latest records that fitted none, the last one used first.
#[derive(Debug, Default)]
pub(super) struct FastPath {
    kept: Vec<Template>,
    /// Records to pass over after the next template; grows while learning does not pay.
    pause: u32,
    /// Records to pass over before the next template.
    passing: u32,
    /// Where the values of a record may end.
    marks: Marks,
}

impl FastPath {
    /// Reads `json` into `parsed` by the first template it fits, if there is one, which holds no array whose
    /// elements are wanted and no text that is gone into. If there is none, some cells may have been written.
    pub(super) fn read(&mut self, json: &str, parsed: &mut ParsedRecord) -> bool {
        let Some(most) = self.kept.iter().map(|template| template.marks).max() else {
            return false;
        };
        self.marks.find(json.as_bytes(), most);
        let Some(fits) = self.kept.iter().position(|template| template.read(json, self.marks.places(), parsed)) else {
            return false;
        };
        // A template has neither, and those of an earlier record are not this one's.
        parsed.close();
        parsed.scratch.clear();
        self.pause /= 2;
        if let Some(front) = self.kept.get_mut(..=fits) {
            front.rotate_right(1);
        }
        true
    }

    /// Makes a template of a record that fitted none, unless that has not paid of late.
    pub(super) fn learn(&mut self, tree: &FieldTree, json: &str) {
        if self.passing > 0 {
            self.passing -= 1;
            return;
        }
        (self.passing, self.pause) = (self.pause, (self.pause * 2 + 1).min(LONGEST_PAUSE));
        if let Some(template) = Template::of(tree, json) {
            self.kept.truncate(KEPT - 1);
            self.kept.insert(0, template);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn learning_gives_up_for_a_while_when_it_does_not_pay() {
        let mut tree = FieldTree::default();
        tree.want(&["ts"]);
        let mut templates = FastPath::default();
        let mut found = ParsedRecord::new(&tree);
        // Names that never come twice: fewer and fewer of them are learned.
        let learned = (0..5000).filter(|i| {
            templates.learn(&tree, &format!("{{\"{i}\":1}}"));
            templates.kept.first().is_some_and(|template| template.text == format!("{{\"{i}\":}}"))
        });
        assert_eq!(learned.count(), 14);
        // As soon as one pays, the next is learned again before long.
        let wait = |templates: &mut FastPath, found: &mut ParsedRecord, json: &str| {
            let mut tries = 0;
            while !templates.read(json, found) {
                templates.learn(&tree, json);
                tries += 1;
            }
            tries
        };
        assert!(wait(&mut templates, &mut found, "{\"ts\":1}") <= 1024);
        for _ in 0..20 {
            assert!(templates.read("{\"ts\":7}", &mut found));
        }
        assert!(wait(&mut templates, &mut found, "{\"z\":1}") <= 1024);
        for json in ["{\"a\":1}", "{\"b\":1}", "{\"c\":1}", "{\"d\":1}"] {
            assert!(wait(&mut templates, &mut found, json) <= 2, "{json}");
        }
        assert_eq!(templates.kept.len(), KEPT);
        assert!(!templates.read("{\"ts\":7}", &mut found), "the oldest made room");
    }
}
