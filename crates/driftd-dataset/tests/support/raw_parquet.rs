//! Parquet as no writer writes it: every number in it is whatever the test says.

use polars_parquet::parquet::compression::{CompressionOptions, compress};

/// A structure of Thrift's compact protocol.
#[derive(Clone, Default)]
pub struct Thrift {
    bytes: Vec<u8>,
    last: i16,
}

impl Thrift {
    fn head(&mut self, id: i16, kind: u8) {
        self.bytes.push(((id - self.last) as u8) << 4 | kind);
        self.last = id;
    }

    pub fn number(mut self, id: i16, value: i64) -> Self {
        self.head(id, 6);
        zigzag(&mut self.bytes, value);
        self
    }

    pub fn binary(mut self, id: i16, value: &[u8]) -> Self {
        self.head(id, 8);
        varint(&mut self.bytes, value.len() as u64);
        self.bytes.extend_from_slice(value);
        self
    }

    pub fn structure(mut self, id: i16, value: Self) -> Self {
        self.head(id, 12);
        self.bytes.extend(value.finish());
        self
    }

    /// A list that announces `length` structures and has these.
    pub fn list(mut self, id: i16, length: u64, values: impl IntoIterator<Item = Self>) -> Self {
        self.head(id, 9);
        self.bytes.push(0xfc);
        varint(&mut self.bytes, length);
        values.into_iter().for_each(|value| self.bytes.extend(value.finish()));
        self
    }

    pub fn finish(mut self) -> Vec<u8> {
        self.bytes.push(0);
        self.bytes
    }
}

/// A number whose sign is its last bit.
pub fn zigzag(bytes: &mut Vec<u8>, value: i64) {
    varint(bytes, (value << 1 ^ value >> 63) as u64);
}

pub fn varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// A codec, as Parquet numbers it and as it is called.
pub const CODECS: [(i64, CompressionOptions); 4] = [
    (1, CompressionOptions::Snappy),
    (2, CompressionOptions::Gzip(None)),
    (6, CompressionOptions::Zstd(None)),
    (7, CompressionOptions::Lz4Raw),
];
pub const ZSTD: (i64, CompressionOptions) = CODECS[2];

pub const DOUBLE: i64 = 5;
pub const TEXT: i64 = 6;
pub const PLAIN: i64 = 0;
pub const DELTA_BYTE_ARRAY: i64 = 7;
const DICTIONARY: i64 = 8;

/// A column whose chunk is `bytes`.
#[derive(Clone)]
pub struct Column {
    pub name: String,
    pub kind: i64,
    pub codec: i64,
    pub bytes: Vec<u8>,
}

/// A page of values that becomes `body` and announces `announced` bytes.
pub fn page(values: usize, encoding: i64, announced: usize, body: &[u8], codec: CompressionOptions) -> Vec<u8> {
    let data = Thrift::default().number(1, values as i64).number(2, encoding).number(3, 3).number(4, 3);
    let packed = packed(body, codec);
    let header = Thrift::default().number(1, 0).number(2, announced as i64).number(3, packed.len() as i64);
    [header.structure(5, data).finish(), packed].concat()
}

/// A dictionary that becomes `body` and announces `announced` bytes, and a page of `rows` of its first value.
pub fn dictionary(values: usize, announced: usize, body: &[u8], rows: usize, codec: CompressionOptions) -> Vec<u8> {
    let of = Thrift::default().number(1, values as i64).number(2, PLAIN);
    let packed = packed(body, codec);
    let header = Thrift::default().number(1, 2).number(2, announced as i64).number(3, packed.len() as i64);
    // One bit an index, and a run of zeros.
    let mut indices = vec![1];
    varint(&mut indices, (rows as u64) << 1);
    indices.push(0);
    let data = page(rows, DICTIONARY, indices.len(), &indices, codec);
    [header.structure(7, of).finish(), packed, data].concat()
}

fn packed(body: &[u8], codec: CompressionOptions) -> Vec<u8> {
    let mut packed = Vec::new();
    compress(codec, body, &mut packed).unwrap();
    packed
}

/// An element of the schema with children.
pub fn group(name: &str, children: i64) -> Thrift {
    Thrift::default().number(3, 1).binary(4, name.as_bytes()).number(5, children)
}

/// An element of the schema that is a column.
pub fn leaf(name: &str, kind: i64) -> Thrift {
    let element = Thrift::default().number(1, kind).number(3, 0).binary(4, name.as_bytes());
    if kind == TEXT { element.number(6, 0) } else { element }
}

/// A file of one row group of these columns.
pub fn file(rows: usize, columns: &[Column]) -> Vec<u8> {
    let mut bytes = b"PAR1".to_vec();
    let mut chunks = Vec::new();
    for Column { kind, codec, bytes: chunk, name } in columns {
        let size = chunk.len() as i64;
        let described = Thrift::default().number(1, *kind).number(4, *codec).number(5, rows as i64);
        let described = described.number(6, size).number(7, size).number(9, bytes.len() as i64);
        assert!(!name.is_empty());
        chunks.push(Thrift::default().number(2, 0).structure(3, described));
        bytes.extend_from_slice(chunk);
    }
    let row_group = Thrift::default().list(1, chunks.len() as u64, chunks).number(2, 0).number(3, rows as i64);
    let schema: Vec<Thrift> = std::iter::once(group("root", columns.len() as i64))
        .chain(columns.iter().map(|column| leaf(&column.name, column.kind)))
        .collect();
    let footer = Thrift::default().number(1, 1).list(2, schema.len() as u64, schema).number(3, rows as i64);
    with_footer(bytes, &footer.list(4, 1, [row_group]).finish())
}

/// A file of nothing but a schema.
pub fn schema_only(schema: Vec<Thrift>) -> Vec<u8> {
    let footer = Thrift::default().number(1, 1).list(2, schema.len() as u64, schema).number(3, 0).list(4, 0, []);
    with_footer(b"PAR1".to_vec(), &footer.finish())
}

/// What stands before a footer, and that footer.
pub fn with_footer(mut bytes: Vec<u8>, footer: &[u8]) -> Vec<u8> {
    bytes.extend_from_slice(footer);
    bytes.extend_from_slice(&(footer.len() as u32).to_le_bytes());
    bytes.extend_from_slice(b"PAR1");
    bytes
}
