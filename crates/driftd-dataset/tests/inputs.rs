//! A table is the same table however it lies in storage.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests assert by panicking"
)]

mod support;

use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use driftd_dataset::{BaselineOptions, Format, RawRecords, ReadOptions, Table, build_baseline, fingerprints};
use driftd_model::Baseline;
use flate2::Compression;
use flate2::write::GzEncoder;
use insta::assert_snapshot;
use support::Files;
use support::columns::Columns;

const ROWS: usize = 240;

fn row(i: usize) -> (f64, &'static str) {
    ((i * 37 % 101) as f64 / 4.0, ["a", "b", "c"][i * i % 3])
}

fn csv(rows: std::ops::Range<usize>) -> String {
    rows.map(row).fold("x,k\n".to_owned(), |text, (x, k)| format!("{text}{x},{k}\n"))
}

fn json(rows: std::ops::Range<usize>) -> Vec<String> {
    rows.map(row).map(|(x, k)| format!("{{\"x\":{x},\"k\":\"{k}\"}}")).collect()
}

fn columns(rows: std::ops::Range<usize>) -> Columns {
    columns!("x" => rows.clone().map(|i| row(i).0).collect::<Vec<_>>(), "k" => rows.map(|i| row(i).1).collect::<Vec<_>>())
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Sixty-four kilobytes that become eighty megabytes.
fn bomb() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(b"x\n").unwrap();
    (0..80).for_each(|_| encoder.write_all(&b"1\n".repeat(1 << 19)).unwrap());
    encoder.finish().unwrap()
}

fn baseline(named: &[PathBuf]) -> Baseline {
    let table = Table::open_all(named, &ReadOptions::default()).unwrap();
    assert_eq!(table.rows(), ROWS as u64, "{named:?}");
    build_baseline(&table, &BaselineOptions::default(), &|_| ()).unwrap()
}

fn shape(table: &Table) -> String {
    table.schema().columns().iter().map(|c| format!("{}: {}", c.name, c.kind)).collect::<Vec<_>>().join(", ")
}

#[test]
fn one_table_in_every_storage_is_one_baseline() {
    let files = Files::new();
    std::fs::create_dir_all(files.path("parts/below/_temporary")).unwrap();
    std::fs::create_dir_all(files.path("parquet")).unwrap();
    let whole = files.write("whole.csv", csv(0..ROWS));
    files.write("parts/_SUCCESS", "");
    files.write("parts/.part-0.csv.crc", "crc");
    files.write("parts/below/_temporary/part-9.csv", csv(0..9));
    let first = files.write("parts/below/part-0.csv", csv(0..100));
    files.write("parts/part-1.csv.gz", gzip(&csv(100..ROWS)));
    let second = files.path("parts/part-1.csv.gz");
    files.parquet("parquet/part-0.snappy.parquet", columns(0..100), 33);
    files.parquet("parquet/part-1.snappy.parquet", columns(100..ROWS), 1000);
    let (lines, members) = (json(0..ROWS), json(0..ROWS).join(","));
    let frame = |values: &dyn Fn(usize) -> String| {
        (0..ROWS).map(|i| format!("\"{i}\":{}", values(i))).collect::<Vec<_>>().join(",")
    };
    let (xs, ks) = (frame(&|i| row(i).0.to_string()), frame(&|i| format!("\"{}\"", row(i).1)));
    let two_members = [gzip(&csv(0..100)), gzip(csv(100..ROWS).trim_start_matches("x,k\n"))].concat();
    let expected = baseline(&[whole]).content_hash();
    for named in [
        vec![files.path("parts")],
        vec![first, second],
        vec![files.path("parts/*/part-?.csv"), files.path("parts/part-*")],
        vec![files.path("parquet")],
        vec![files.path("parquet/*.parquet")],
        vec![files.write("whole.csv.gz", gzip(&csv(0..ROWS)))],
        vec![files.write("members.csv.gz", two_members)],
        vec![files.write("packed.csv", gzip(&csv(0..ROWS)))],
        vec![files.write("whole.csv.zst", zstd::encode_all(csv(0..ROWS).as_bytes(), 1).unwrap())],
        vec![files.write("lines.ndjson", lines.join("\n"))],
        vec![files.write("lines.json.gz", gzip(&lines.join("\n")))],
        vec![files.write("array.json", format!("[{members}]"))],
        vec![files.write("spread.json", lines.join("\n").replace(',', ",\n  ").replace('{', "{\n  "))],
        vec![files.write("frame.json", format!("{{\"x\":{{{xs}}},\"k\":{{{ks}}}}}"))],
    ] {
        assert_eq!(baseline(&named).content_hash(), expected, "{named:?}");
    }
}

#[test]
fn partitions_are_columns() {
    let files = Files::new();
    for (month, city, rows) in
        [("01", "Porto", 0..100), ("02", "__HIVE_DEFAULT_PARTITION__", 100..150), ("03", "Lisboa", 150..ROWS)]
    {
        let directory = format!("year=2024/month={month}/city={city}");
        std::fs::create_dir_all(files.path(&directory)).unwrap();
        files.write(&format!("{directory}/part.csv"), csv(rows));
    }
    let table = Table::open(files.0.path()).unwrap();
    assert_eq!(table.rows(), ROWS as u64);
    let baseline = build_baseline(&table, &BaselineOptions::default(), &|_| ()).unwrap();
    let names: Vec<&str> = baseline.features.iter().map(|f| f.name.as_str()).collect();
    // How the files are filed by time is no feature.
    assert_eq!(names, ["x", "k", "city"]);
    let cities = baseline.feature("city").unwrap();
    assert_eq!(driftd_model::rows_of(&cities.aggregate).missing, 50);
    let skipped: Vec<&str> = baseline.skipped.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(skipped, ["year", "month"]);
    let pattern = Table::open(files.path("year=2024/month=0[13]")).unwrap();
    assert_eq!(pattern.rows(), 190);
    assert!(shape(&pattern).ends_with("city: text"), "{}", shape(&pattern));
}

#[test]
fn columns_of_parts_are_put_together_by_name() {
    let files = Files::new();
    for (name, text) in [("a.csv", "x,k\n1,a\n2,b\n"), ("b.csv", "k,y\nc,3\n"), ("c.csv", "y,x\n,word\n4,5\n")] {
        files.write(name, text);
    }
    let table = Table::open(files.path("[abc].csv")).unwrap();
    assert_eq!(table.rows(), 5);
    assert!(shape(&table).contains("k: text, y: numbers"), "{}", shape(&table));
    let baseline = build_baseline(&table, &BaselineOptions::default(), &|_| ()).unwrap();
    let missing = |name: &str| driftd_model::rows_of(&baseline.feature(name).unwrap().aggregate).missing;
    assert_eq!((missing("k"), missing("y")), (2, 3));
    files.parquet("1.parquet", columns!("n" => vec![1, 2], "m" => vec![1, 2]), 10);
    files.parquet("2.parquet", columns!("n" => vec!["x"], "m" => vec![0.5]), 10);
    let table = Table::open(files.path("?.parquet")).unwrap();
    assert_snapshot!(files.shown_text(&shape(&table)), @"n: numbers in some files and text in 2.parquet, m: numbers");
}

#[test]
fn what_cannot_be_one_table_is_refused() {
    let files = Files::new();
    let open = |name: &str| files.shown(&Table::open(files.path(name)).unwrap_err());
    std::fs::create_dir(files.path("empty")).unwrap();
    files.write("empty/_SUCCESS", "");
    assert_snapshot!(open("empty"), @"empty: holds no file that is read; files there are named .parquet, .csv, .tsv, .ndjson or .jsonl, and not beginning with _ or .");
    std::fs::create_dir(files.path("mixed")).unwrap();
    files.write("mixed/a.csv", "x\n1\n");
    files.write("mixed/b.json", "{}");
    assert_snapshot!(open("mixed"), @"mixed: holds CSV files and NDJSON files, such as mixed/a.csv and mixed/b.json, which are not one table; name one kind by a pattern, as in 'DIRECTORY/*.parquet'");
    assert_snapshot!(open("nothing-*.csv"), @"nothing-*.csv: no file is called that, and none matches it as a pattern; check the path");
    assert_snapshot!(open("nothing.csv"), @"nothing.csv: no such file; check the path");
    assert_snapshot!(open("***.csv"), @"***.csv: is no pattern: wildcards are either regular `*` or recursive `**`");
    assert_snapshot!(files.refusal("bomb.csv.gz", bomb()), @"bomb.csv.gz: cannot be read: the compressed data become more than 500 times as large, as data do that are made to do harm; if it is what you want to read, decompress it first");
    let cut = gzip(&csv(0..200));
    assert_snapshot!(files.refusal("cut.csv.gz", &cut[..cut.len() / 2]), @"cut.csv.gz: cannot be read: the compressed data were cut short; copy it again");
    let parquet = std::fs::read(files.parquet("t.parquet", columns(0..9), 10)).unwrap();
    let packed = {
        let mut e = GzEncoder::new(Vec::new(), Compression::fast());
        e.write_all(&parquet).unwrap();
        e.finish().unwrap()
    };
    assert_snapshot!(files.refusal("t.parquet.gz", packed), @"t.parquet.gz: holds compressed Parquet; decompress it first with `gunzip` or `unzstd`: Parquet is compressed within, column by column");
    assert_snapshot!(files.refusal("t.feather.csv", b"ARROW1\0\0"), @"t.feather.csv: is named as CSV but holds Arrow IPC (Feather); write it as Parquet");
}

#[test]
fn directories_that_are_odd_are_walked_to_an_end() {
    let files = Files::new();
    std::fs::create_dir_all(files.path("odd/below")).unwrap();
    files.write("odd/a.csv", csv(0..ROWS));
    files.write("odd/empty.csv", "");
    files.write("odd/README.md", "# of this");
    symlink(files.path("odd"), files.path("odd/below/loop")).unwrap();
    let table = Table::open(files.path("odd")).unwrap();
    assert_eq!(table.rows(), ROWS as u64);
    assert_snapshot!(files.shown_text(&table.notes().join("\n")), @"
    odd/below/loop: passed over, a link to a directory that it is in
    odd: 1 empty files passed over
    odd: passed over, of no kind that is read: odd/README.md
    ");
    let mut deep = files.path("deep");
    (0..40).for_each(|_| deep.push("d"));
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::write(deep.join("a.csv"), csv(0..9)).unwrap();
    assert!(Table::open(files.path("deep")).is_err());
    std::fs::create_dir(files.path("many")).unwrap();
    for part in 0..2_000 {
        files.write(&format!("many/{part:04}.csv"), csv(part % ROWS..part % ROWS + 1));
    }
    // More files than a process may have open at a time.
    assert_eq!(Table::open(files.path("many")).unwrap().rows(), 2_000);
}

#[test]
fn what_is_so_of_many_files_is_said_once() {
    let files = Files::new();
    std::fs::create_dir(files.path("many")).unwrap();
    for part in 0..40 {
        let rows = csv(part..part + 9).replace("x,k\n", ",x,k\n").replace('\n', "\n1,");
        files.write(&format!("many/{part:04}.csv"), rows.trim_end_matches("1,"));
    }
    let table = Table::open(files.path("many")).unwrap();
    assert_snapshot!(files.shown_text(&table.notes().join("\n")), @"many/0000.csv and 39 more files: column number 1 has no name and is left out");
}

#[test]
fn a_record_that_is_too_long_to_be_sent_is_refused() {
    let files = Files::new();
    let long = format!("{{\"x\":1}}\n{{\"x\":\"{}\"}}\n", "y".repeat(65 << 20));
    let path = files.write("long.ndjson", long);
    let mut records = RawRecords::open(&path, &ReadOptions::default()).unwrap();
    assert_eq!(records.next().unwrap().unwrap(), b"{\"x\":1}");
    let error = records.next().unwrap().unwrap_err();
    assert!(files.shown(&error).starts_with("long.ndjson:2:1: a record of more than 64 MiB; "), "{error}");
    assert!(records.next().is_none());
}

#[test]
fn a_part_that_changes_between_looking_and_reading_is_an_error() {
    let files = Files::new();
    files.write("a.csv", csv(0..100));
    files.write("b.csv", csv(100..ROWS));
    let table = Table::open(files.path("?.csv")).unwrap();
    files.write("b.csv", csv(0..9));
    let error = build_baseline(&table, &BaselineOptions::default(), &|_| ()).unwrap_err();
    assert_snapshot!(files.shown(&error), @"b.csv: cannot be read: it was changed or replaced while it was read; start again");
    std::fs::remove_file(files.path("b.csv")).unwrap();
    let error = build_baseline(&table, &BaselineOptions::default(), &|_| ()).unwrap_err();
    assert_snapshot!(files.shown(&error), @"b.csv: no such file; check the path");
}

#[test]
fn names_that_say_nothing_need_an_option() {
    let files = Files::new();
    let path = files.write("table.dat", csv(0..ROWS));
    assert_snapshot!(files.shown(&Table::open(&path).unwrap_err()), @"table.dat: unknown kind of file; name it .parquet, .csv, .tsv, .ndjson or .jsonl, after what is in it, or say --read-as");
    let options = ReadOptions { format: Some(Format::Csv), ..ReadOptions::default() };
    assert_eq!(Table::open_all(&[path], &options).unwrap().rows(), ROWS as u64);
    // Parts of a directory have such names where their writer thinks the directory's is enough.
    std::fs::create_dir(files.path("export")).unwrap();
    files.write("export/part-00000", csv(0..100));
    files.write("export/part-00001", csv(100..ROWS));
    assert_eq!(Table::open(files.path("export")).unwrap().rows(), ROWS as u64);
}

#[test]
fn a_pipe_is_read_to_its_end() {
    let files = Files::new();
    let pipe = files.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let writer = {
        let pipe = pipe.clone();
        std::thread::spawn(move || std::fs::write(pipe, json(0..ROWS).join("\n")).unwrap())
    };
    assert_eq!(Table::open(&pipe).unwrap().rows(), ROWS as u64);
    writer.join().unwrap();
}

#[test]
fn files_are_known_by_their_content() {
    let files = Files::new();
    let print = |path: &Path| fingerprints(path, &ReadOptions::default()).unwrap();
    let (a, b) = (files.write("a.csv", csv(0..100)), files.write("b.csv", csv(0..100)));
    assert_eq!(print(&a), print(&b));
    assert_eq!(print(&files.path("?.csv")), [print(&a), print(&b)].concat());
    assert_ne!(print(&a), print(&files.write("c.csv", csv(0..101))));
}
