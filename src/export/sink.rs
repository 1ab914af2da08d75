//! Takes rows and makes a file of them.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::flat::Flat;
use super::{Error, Manifest};
use crate::catalog::Record;
use crate::tables::{self, AtomicFile, CsvWriter, NdjsonWriter, Profile};
use crate::wire::Row;

const BUFFER: usize = 64 * 1024;

/// A file in the making. It has its name after [`Sink::finish`], and not before.
pub struct Sink {
    name: String,
    form: Form,
    rows: u64,
    first: Option<String>,
    last: Option<Row>,
}

enum Form {
    Ndjson(NdjsonWriter<Out>),
    Csv { writer: Box<CsvWriter<Out>>, flat: Flat },
}

type Out = BufWriter<Digested>;

impl Sink {
    /// One JSON object a line, as the platform sent them.
    pub fn ndjson(path: &Path) -> Result<Self, Error> {
        let (name, out) = begin(path)?;
        Ok(Self::of(name, Form::Ndjson(NdjsonWriter::new(out))))
    }

    /// The columns of this record, and one for what it does not document.
    pub fn csv(path: &Path, record: &Record, profile: Profile) -> Result<Self, Error> {
        let (name, out) = begin(path)?;
        let flat = Flat::of(record);
        let start = || -> io::Result<CsvWriter<Out>> {
            let mut writer = CsvWriter::new(out, profile)?;
            writer.row(flat.columns())?;
            Ok(writer)
        };
        let writer = Box::new(start().map_err(tables::Error::write(&name))?);
        Ok(Self::of(name, Form::Csv { writer, flat }))
    }

    fn of(name: String, form: Form) -> Self {
        Self { name, form, rows: 0, first: None, last: None }
    }

    /// Takes a row.
    pub fn write(&mut self, row: &Row) -> Result<(), Error> {
        let json = row.bytes();
        let written = match &mut self.form {
            Form::Ndjson(writer) => writer.raw(json),
            Form::Csv { writer, flat } => {
                let cells = flat.cells(json).map_err(|error| Error::Row {
                    file: self.name.clone(),
                    row: self.rows + 1,
                    reason: error.to_string(),
                })?;
                writer.row(cells)
            }
        };
        written.map_err(tables::Error::write(&self.name))?;
        if self.rows == 0 {
            self.first = row.id();
        }
        self.rows += 1;
        self.last = Some(row.clone());
        Ok(())
    }

    /// How many rows it has taken.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Puts the file in its place and says what is in it.
    pub fn finish(self) -> Result<Manifest, Error> {
        let out = match self.form {
            Form::Ndjson(writer) => writer.finish(),
            Form::Csv { writer, .. } => writer.finish(),
        };
        let digested = out.and_then(|out| out.into_inner().map_err(io::IntoInnerError::into_error));
        let Digested { file, digest, bytes } = digested.map_err(tables::Error::write(&self.name))?;
        file.commit()?;
        Ok(Manifest {
            version: 1,
            file: self.name,
            rows: self.rows,
            bytes,
            sha256: digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect(),
            first: self.first,
            last: self.last.as_ref().and_then(Row::id),
        })
    }
}

fn begin(path: &Path) -> Result<(String, Out), Error> {
    let file = AtomicFile::create(path)?;
    let name = file.name().to_owned();
    Ok((name, BufWriter::with_capacity(BUFFER, Digested { file, digest: Sha256::new(), bytes: 0 })))
}

/// Counts and digests what goes by.
struct Digested {
    file: AtomicFile,
    digest: Sha256,
    bytes: u64,
}

impl Write for Digested {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.digest.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests set their scene")]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::catalog::{Answer, Field, FieldTy};
    use crate::platforms;
    use crate::tables::{Reading, Table};
    use crate::wire::rows;

    const RECORD: Record =
        Record { name: "R", fields: &[Field::new("id", FieldTy::Id), Field::new("note", FieldTy::Text)] };

    fn row(json: &str) -> Row {
        Row::from(Bytes::copy_from_slice(json.as_bytes()))
    }

    fn sha256(text: &str) -> String {
        Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn ndjson_keeps_keys_numbers_and_order_and_the_manifest_says_what_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.ndjson");
        let mut sink = Sink::ndjson(&path).unwrap();
        for json in ["{\n  \"b\": 1.0,\n  \"id\": 9007199254740993\n}", r#"{"x":"a  b"}"#, r#"{"id":"z"}"#] {
            sink.write(&row(json)).unwrap();
        }
        assert!(!path.exists(), "not before it is whole");
        let manifest = sink.finish().unwrap();
        let text = "{\"b\":1.0,\"id\":9007199254740993}\n{\"x\":\"a  b\"}\n{\"id\":\"z\"}\n";
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        assert_eq!(
            manifest,
            Manifest {
                version: 1,
                file: path.display().to_string(),
                rows: 3,
                bytes: text.len() as u64,
                sha256: sha256(text),
                first: Some("9007199254740993".into()),
                last: Some("z".into()),
            }
        );
    }

    #[test]
    fn csv_is_exact_unless_it_is_for_a_spreadsheet() {
        let folder = tempfile::tempdir().unwrap();
        let written = |profile| {
            let path = folder.path().join("out.csv");
            let mut sink = Sink::csv(&path, &RECORD, profile).unwrap();
            sink.write(&row(r#"{"note":"=1+1","id":-5,"k":1}"#)).unwrap();
            let manifest = sink.finish().unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            assert_eq!((manifest.sha256, manifest.bytes), (sha256(&text), text.len() as u64));
            text
        };
        assert_eq!(written(Profile::Exact), "id,note,extra\n-5,=1+1,\"{\"\"k\"\":1}\"\n");
        assert_eq!(written(Profile::Spreadsheet), "\u{FEFF}id,note,extra\r\n'-5,'=1+1,\"{\"\"k\"\":1}\"\r\n");
    }

    #[test]
    fn a_sink_that_is_given_up_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.ndjson");
        std::fs::write(&path, "old").unwrap();
        let mut sink = Sink::ndjson(&path).unwrap();
        sink.write(&row("{}")).unwrap();
        drop(sink);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_empty_list_is_a_file_too() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = Sink::ndjson(&folder.path().join("out.ndjson")).unwrap().finish().unwrap();
        assert_eq!((manifest.rows, manifest.bytes, manifest.first, manifest.last), (0, 0, None, None));
        let path = folder.path().join("out.csv");
        Sink::csv(&path, &RECORD, Profile::Exact).unwrap().finish().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "id,note,extra\n");
    }

    #[test]
    fn a_row_without_columns_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        let mut sink = Sink::csv(&path, &RECORD, Profile::Exact).unwrap();
        sink.write(&row("{}")).unwrap();
        let message = sink.write(&row("7")).unwrap_err().to_string();
        let start = format!("row 2 of `{}` is not a JSON object, so it has no columns: ", path.display());
        assert!(message.starts_with(&start) && message.ends_with("; `ndjson` takes it as it is"), "{message}");
    }

    #[test]
    fn a_page_of_activities_becomes_a_table_that_reads_back() {
        let op = platforms::ALL[0].op("activities", "list").unwrap();
        let Answer::Many(record, keys) = op.answer else { panic!("activities are a list") };
        let page = Bytes::from_static(
            br#"{"activites": [
                {"id": "a1", "created_at": "2024-05-01T10:00:00Z", "type": "comment", "content": "x;y,\n\"z\"",
                 "target": {"id": 5, "type": "post", "name": "Hello"}, "brand_new": [1, {"a": null}]},
                {"type": "mention", "id": "a2", "participants": [3, 4], "initiator": {"id": 9, "name": "Ada"}}
            ], "total_activities": 2}"#,
        );
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        let mut sink = Sink::csv(&path, record, Profile::Exact).unwrap();
        for row in rows(&page, keys).unwrap() {
            sink.write(&row).unwrap();
        }
        let manifest = sink.finish().unwrap();
        assert_eq!((manifest.first.as_deref(), manifest.last.as_deref()), (Some("a1"), Some("a2")));
        let table = Table::open_as(&path, Reading { delimiter: Some(b','), ..Reading::default() }).unwrap();
        let mut lines = table.rows().unwrap().map(|entry| match entry.unwrap() {
            tables::Entry::Row(row) => row,
            tables::Entry::Refused(rejected) => panic!("{rejected:?}"),
        });
        let (one, two) = (lines.next().unwrap(), lines.next().unwrap());
        let cell = |row: &tables::Row, name: &str| row.cell(table.column(name).unwrap()).to_owned();
        assert_eq!(cell(&one, "content"), "x;y,\n\"z\"");
        assert_eq!(cell(&one, "target.name"), "Hello");
        assert_eq!(cell(&one, "extra"), r#"{"brand_new":[1,{"a":null}]}"#);
        assert_eq!((cell(&two, "participants"), cell(&two, "initiator.name")), ("[3,4]".into(), "Ada".into()));
    }
}
