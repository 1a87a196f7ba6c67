//! Parquet that announces more than it has, or becomes more than anybody has memory for.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests assert by panicking"
)]

mod support;

use support::Files;
use support::alone::{read_alone, read_here};
use support::raw_parquet::{
    CODECS, Column, DELTA_BYTE_ARRAY, DOUBLE, PLAIN, TEXT, Thrift, ZSTD, dictionary, file, group, leaf, page,
    schema_only, varint, with_footer, zigzag,
};

/// MiB that a process may take for any file.
const MOST: u64 = 512;

#[test]
#[ignore = "the process that reads a file alone"]
fn child() {
    read_here();
}

/// How a file of that content is read.
fn outcome(bytes: &[u8]) -> String {
    let files = Files::new();
    let alone = read_alone("child", &files.write("x.parquet", bytes));
    assert!(alone.peak <= MOST, "{} bytes took {} MiB: {}", bytes.len(), alone.peak, alone.outcome);
    files.shown_text(&alone.outcome)
}

fn column(name: impl ToString, kind: i64, codec: i64, bytes: Vec<u8>) -> Column {
    Column { name: name.to_string(), kind, codec, bytes }
}

/// Texts as they are written plainly.
fn plain(texts: &[&[u8]]) -> Vec<u8> {
    texts.iter().flat_map(|text| [&(text.len() as u32).to_le_bytes(), *text].concat()).collect()
}

#[test]
fn what_is_written_as_it_should_be_is_read() {
    let numbers: Vec<u8> = (0..100).flat_map(|n| f64::from(n).to_le_bytes()).collect();
    for (codec, options) in CODECS {
        let columns = [
            column("n", DOUBLE, codec, page(100, PLAIN, 800, &numbers, options)),
            column("t", TEXT, codec, dictionary(1, 9, &plain(&[b"a\tb c"]), 100, options)),
        ];
        assert_eq!(outcome(&file(100, &columns)), "100 rows", "{options:?}");
    }
}

#[test]
fn dictionaries_that_become_gibibytes() {
    let body = plain(&[vec![b'x'; 1 << 20].as_slice()]);
    for (codec, options) in CODECS {
        let bytes = dictionary(1, i32::MAX as usize, &body, 100, options);
        let said = outcome(&file(100, &[column("x", TEXT, codec, bytes.clone())]));
        assert_eq!(
            said,
            "x.parquet: Parquet with a dictionary of more than 32 MiB or 4194304 values, column \"x\"; leave the column \
             out, or write it without a dictionary or in smaller row groups"
        );
        let columns: Vec<Column> = (0..8).map(|n| column(n, TEXT, codec, bytes.clone())).collect();
        assert!(outcome(&file(100, &columns)).starts_with("x.parquet: Parquet with a dictionary"));
    }
}

#[test]
fn dictionaries_that_are_almost_too_large() {
    // Every value takes more in memory than in the file.
    let empty = plain(&vec![&b""[..]; 4 << 20]);
    let full = plain(&vec![&[b'x'; 1020][..]; 32 << 10]);
    for (values, body) in [(4 << 20, &empty), (32 << 10, &full)] {
        let bytes = dictionary(values, body.len(), body, 100, ZSTD.1);
        let columns: Vec<Column> = (0..8).map(|n| column(n, TEXT, ZSTD.0, bytes.clone())).collect();
        outcome(&file(100, &columns));
    }
}

#[test]
fn schemas_deeper_than_any() {
    let mut schema: Vec<Thrift> = (0..11_000).map(|_| group("g", 1)).collect();
    schema.push(leaf("x", DOUBLE));
    assert_eq!(
        outcome(&schema_only(schema)),
        "x.parquet: Parquet with groups within groups, more than 64 deep; write the columns that are to be compared less \
         nested"
    );
}

#[test]
fn schemas_wider_than_any() {
    let wide = |around: Vec<Thrift>, columns: usize| {
        let leaves = (0..columns).map(|n| leaf(&format!("c{n}"), DOUBLE));
        schema_only(around.into_iter().chain(leaves).collect())
    };
    let said = outcome(&wide(vec![group("root", 1_000_000)], 1_000_000));
    assert!(said.starts_with("x.parquet: more than 65536 columns"), "{said}");
    // A name that all columns have before their own, and many short ones.
    let below_long = vec![group("root", 1), group(&"k".repeat(20_000), 20_000)];
    let below_many: Vec<Thrift> = (0..60).map(|_| group("g", 1)).chain([group("g", 60_000)]).collect();
    for around in [below_long, below_many] {
        let columns = if around.len() == 2 { 20_000 } else { 60_000 };
        let said = outcome(&wide(around, columns));
        assert!(said.starts_with("x.parquet: the names of the columns"), "{said}");
    }
    // As many as may be are looked at within the bound.
    let said = outcome(&wide(vec![group("root", 1), group("g", 65_536)], 65_536));
    assert!(said.starts_with("x.parquet: has columns but no rows"), "{said}");
}

#[test]
fn lists_that_announce_more_than_there_is() {
    let schema = || [group("root", 1), leaf("x", DOUBLE)];
    let footer = |footer: Thrift| with_footer(b"PAR1".to_vec(), &footer.finish());
    let begun = || Thrift::default().number(1, 1).list(2, 2, schema()).number(3, 0);
    for bytes in [
        footer(Thrift::default().number(1, 1).list(2, i32::MAX as u64, schema())),
        footer(begun().list(4, i32::MAX as u64, [])),
        footer(begun().list(4, 0, []).list(5, i32::MAX as u64, [])),
        footer(begun().list(4, 1, [Thrift::default().list(1, i32::MAX as u64, [])])),
    ] {
        let said = outcome(&bytes);
        assert!(said.starts_with("x.parquet: damaged Parquet file: a list announces more elements"), "{said}");
    }
    // One type before a field and another in it: nobody may read past what somebody else has looked at.
    let said = outcome(&footer(begun().list(4, 0, []).number(6, 5)));
    assert!(said.contains("a field is of another type than Parquet gives it"), "{said}");
}

#[test]
fn pages_that_become_more_or_less_than_they_announce() {
    let numbers = |rows: usize| 1.0_f64.to_le_bytes().repeat(rows);
    for (codec, options) in CODECS {
        for body in [numbers(101), numbers(99), numbers(1 << 20)] {
            let column = column("x", DOUBLE, codec, page(100, PLAIN, 800, &body, options));
            assert_eq!(
                outcome(&file(100, &[column])),
                "x.parquet: damaged Parquet file, column \"x\": a page contradicts its header, which announces another number \
                 of bytes; write or copy it again",
                "{options:?}"
            );
        }
        let huge = column("x", DOUBLE, codec, page(100, PLAIN, 1 << 27, &numbers(100), options));
        let said = outcome(&file(100, &[huge]));
        assert!(said.contains("a page of 100 values announces 134217728 bytes"), "{said}");
    }
}

#[test]
fn texts_of_which_a_block_would_hold_too_many() {
    // Twelve pages of six texts, and rows enough that all of them are one block.
    let text = vec![b'x'; 10 << 20];
    let body = plain(&[text.as_slice(); 6]);
    let bytes = page(6, PLAIN, body.len(), &body, ZSTD.1).repeat(12);
    assert_eq!(outcome(&file(72, &[column("x", TEXT, ZSTD.0, bytes)])), "72 rows");
}

/// `rows` numbers as Parquet packs their differences: one, and all others another.
fn delta_packed(rows: usize, first: u32, others: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Blocks of 128 differences in four parts.
    for number in [128, 4, rows as u64] {
        varint(&mut bytes, number);
    }
    zigzag(&mut bytes, i64::from(first));
    let step = i64::from(others) - i64::from(first);
    for block in 0..(rows - 1).div_ceil(128) {
        let (least, width) = if block == 0 { (step.min(0), 32) } else { (0, 0) };
        zigzag(&mut bytes, least);
        bytes.extend([width; 4]);
        // Only the first of all differences is one.
        for value in 0..if block == 0 { 128 } else { 0 } {
            let difference = if value == 0 { step } else { 0 };
            bytes.extend(((difference - least) as u32).to_le_bytes());
        }
    }
    bytes
}

#[test]
fn texts_that_repeat_a_long_beginning() {
    let (rows, length) = (20_000, 100_000_u32);
    let text = vec![b'x'; length as usize];
    let body = [delta_packed(rows, 0, length), delta_packed(rows, length, 0), text].concat();
    let bytes = page(rows, DELTA_BYTE_ARRAY, body.len(), &body, ZSTD.1);
    assert_eq!(outcome(&file(rows, &[column("x", TEXT, ZSTD.0, bytes)])), "20000 rows");
}
