//! Parquet: one row group at a time, only the columns that are asked for.
//!
//! The eager reader of polars reads whole files through a memory map. Here its decoder is driven by hand instead: the
//! bytes of one column of one row group are read with a positioned read and decoded in blocks, so memory stays at one
//! block a column whatever the size of the file, and a file that shrinks while it is read is an error instead of a
//! signal.

mod announced;
mod array;
mod batches;
mod cast;
mod decimal;
mod footer;
mod guard;
mod leaf;
mod page_header;
mod pages;
mod thrift;
mod unpacked;
mod vector;

pub(crate) use batches::ParquetBatches;
pub(crate) use footer::ParquetFile;
