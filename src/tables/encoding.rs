//! Which encoding a file is in. UTF-8 is proven over the whole file; what is neither UTF-8
//! nor UTF-16 is told apart by its letters.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::Error;
use super::decoded::Decoded;
use super::source::{Source, fill};

pub(super) const CHUNK: usize = 64 * 1024;

/// An encoding as found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) encoding: &'static Encoding,
    /// How many bytes the mark at the beginning takes; 0 without one.
    pub(super) bom: usize,
    /// Whether lines end with CR alone, as old Macs wrote them.
    pub(super) mac: bool,
}

/// Reads the whole file once and says what it is in.
pub(super) fn detect(source: &Source) -> Result<Found, Error> {
    let file = source.name();
    let mut from = source.open()?;
    let mut chunk = vec![0; CHUNK];
    let mut have = fill(&mut from, &mut chunk).map_err(Error::read(file))?;
    if let Some(what) = binary(&chunk[..have]) {
        return Err(Error::NotText { file: file.to_owned(), what });
    }
    let (encoding, bom) = match Encoding::for_bom(&chunk[..have]) {
        Some((encoding, bom)) => (Some(encoding), bom),
        None => (wide(&chunk[..have]), 0),
    };
    if let Some(encoding) = encoding.filter(|e| *e != UTF_8) {
        return wide_ends(source, encoding, bom);
    }
    let mut check = Utf8::default();
    let mut ends = Ends::default();
    while have > 0 {
        if chunk[..have].contains(&0) {
            return Err(Error::NotText { file: file.to_owned(), what: "a binary file" });
        }
        check.feed(&chunk[..have]);
        ends.feed(&chunk[..have]);
        have = fill(&mut from, &mut chunk).map_err(Error::read(file))?;
    }
    let found = |encoding| Ok(Found { encoding, bom, mac: ends.mac() });
    match check.verdict() {
        Verdict::Utf8 => found(UTF_8),
        Verdict::Cut => Err(Error::CutCharacter { file: file.to_owned(), line: check.line }),
        Verdict::Other if bom > 0 => Err(Error::NotUtf8 { file: file.to_owned(), line: check.line }),
        Verdict::Other => found(by_letters(source)?),
    }
}

/// Formats that people take for CSV because a spreadsheet opens them.
fn binary(start: &[u8]) -> Option<&'static str> {
    let kinds: [(&[u8], &str); 5] = [
        (b"PK\x03\x04", "an Excel workbook or another packed file"),
        (b"\xD0\xCF\x11\xE0", "an old Excel workbook"),
        (b"%PDF", "a PDF"),
        (b"\x1F\x8B", "a compressed file"),
        (b"PAR1", "a Parquet file"),
    ];
    kinds.iter().find(|(magic, _)| start.starts_with(magic)).map(|(_, what)| *what)
}

/// UTF-16 without a mark: in text of the Latin kind every other byte is zero.
fn wide(start: &[u8]) -> Option<&'static Encoding> {
    let zeros = |from: usize| start.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let many = (start.len() / 2).div_ceil(3).max(1);
    match (even, odd) {
        (e, o) if o >= many && e * 8 < o => Some(UTF_16LE),
        (e, o) if e >= many && o * 8 < e => Some(UTF_16BE),
        _ => None,
    }
}

/// The same for UTF-16, where lines and the end show only after decoding.
fn wide_ends(source: &Source, encoding: &'static Encoding, bom: usize) -> Result<Found, Error> {
    let mut found = Found { encoding, bom, mac: false };
    let mut text = Decoded::open(source, found)?;
    let mut chunk = vec![0; CHUNK];
    let mut ends = Ends::default();
    let mut lines = 1;
    loop {
        match fill(&mut text, &mut chunk).map_err(Error::read(source.name()))? {
            0 => break,
            have => {
                ends.feed(&chunk[..have]);
                lines += newlines(&chunk[..have]);
            }
        }
    }
    if (text.bytes_read() - bom as u64) % 2 == 1 {
        return Err(Error::CutCharacter { file: source.name().to_owned(), line: lines });
    }
    found.mac = ends.mac();
    Ok(found)
}

/// Up to this many letters tell too little; then the commonest of the older encodings is taken.
const FEW: usize = 2;

fn by_letters(source: &Source) -> Result<&'static Encoding, Error> {
    let mut from = source.open()?;
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut letters = 0;
    let mut chunk = vec![0; CHUNK];
    loop {
        match fill(&mut from, &mut chunk).map_err(Error::read(source.name()))? {
            0 => break,
            have => {
                detector.feed(&chunk[..have], false);
                letters += chunk[..have].iter().filter(|byte| !byte.is_ascii()).count();
            }
        }
    }
    detector.feed(&[], true);
    match letters <= FEW {
        true => Ok(WINDOWS_1252),
        false => Ok(detector.guess(None, Utf8Detection::Deny)),
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// Which signs end lines.
#[derive(Default)]
struct Ends {
    lf: bool,
    cr: bool,
}

impl Ends {
    fn feed(&mut self, bytes: &[u8]) {
        self.lf = self.lf || bytes.contains(&b'\n');
        self.cr = self.cr || bytes.contains(&b'\r');
    }

    fn mac(&self) -> bool {
        self.cr && !self.lf
    }
}

enum Verdict {
    Utf8,
    Cut,
    Other,
}

/// Checks UTF-8 piece by piece.
struct Utf8 {
    /// The beginning of a character whose rest is in the next piece.
    tail: Vec<u8>,
    wide: bool,
    broken: bool,
    line: u64,
}

impl Default for Utf8 {
    fn default() -> Self {
        Self { tail: Vec::new(), wide: false, broken: false, line: 1 }
    }
}

impl Utf8 {
    fn feed(&mut self, bytes: &[u8]) {
        if self.broken {
            return;
        }
        let mut bytes = bytes;
        while !self.tail.is_empty() && !bytes.is_empty() {
            self.tail.push(bytes[0]);
            bytes = &bytes[1..];
            match std::str::from_utf8(&self.tail) {
                Ok(_) => {
                    self.tail.clear();
                    self.wide = true;
                }
                Err(error) if error.error_len().is_some() => {
                    self.broken = true;
                    return;
                }
                Err(_) => {}
            }
        }
        match std::str::from_utf8(bytes) {
            Ok(_) => self.good(bytes),
            Err(error) => {
                let (good, bad) = bytes.split_at(error.valid_up_to());
                self.good(good);
                match error.error_len() {
                    Some(_) => self.broken = true,
                    None => self.tail = bad.to_vec(),
                }
            }
        }
    }

    fn good(&mut self, bytes: &[u8]) {
        self.wide = self.wide || !bytes.is_ascii();
        self.line += newlines(bytes);
    }

    /// A lone high byte at the very end is the rest of a cut file, or a last letter of an older encoding: the former
    /// when the file has shown to be UTF-8 before, or when the byte begins a letter of a Latin, Greek or Cyrillic kind.
    fn verdict(&self) -> Verdict {
        match (self.broken, self.tail.as_slice()) {
            (true, _) => Verdict::Other,
            (false, []) => Verdict::Utf8,
            (false, [0xC2..=0xDF]) => Verdict::Cut,
            (false, tail) if self.wide || tail.len() > 1 => Verdict::Cut,
            _ => Verdict::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn found(bytes: &[u8]) -> Result<(&'static str, usize), String> {
        let found = detect(&Source::memory("f.csv", bytes)).map_err(|error| error.to_string())?;
        Ok((found.encoding.name(), found.bom))
    }

    fn text(bytes: &[u8]) -> String {
        let source = Source::memory("f.csv", bytes);
        let mut text = String::new();
        Decoded::open(&source, detect(&source).unwrap()).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    #[test]
    fn marks_are_believed_and_taken_off() {
        assert_eq!(found(b"\xEF\xBB\xBFname\nAda\n"), Ok(("UTF-8", 3)));
        assert_eq!(text(b"\xEF\xBB\xBFname\nAda\n"), "name\nAda\n");
        let wide = utf16("\u{FEFF}näme\n", u16::to_le_bytes);
        assert_eq!(found(&wide), Ok(("UTF-16LE", 2)));
        assert_eq!(text(&wide), "näme\n");
    }

    #[test]
    fn utf16_without_a_mark_is_seen_by_its_zeros() {
        assert_eq!(found(&utf16("email;näme\nä@b.example;Ö\n", u16::to_le_bytes)), Ok(("UTF-16LE", 0)));
        assert_eq!(text(&utf16("email;näme\n", u16::to_be_bytes)), "email;näme\n");
    }

    #[test]
    fn older_encodings_are_told_by_their_letters() {
        let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode("Vorname;Straße\nJürgen;Königsallee\nRené;Weg 5\n");
        assert_eq!(found(&bytes), Ok(("windows-1252", 0)));
        assert_eq!(text(&bytes), "Vorname;Straße\nJürgen;Königsallee\nRené;Weg 5\n");
        let (bytes, _, _) = encoding_rs::WINDOWS_1250.encode("name\nŁukasz\nMałgorzata Wiśniewska\n");
        assert_eq!(found(&bytes), Ok(("windows-1250", 0)));
        let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode("name\nHélène\n");
        assert_eq!(text(&bytes), "name\nHélène\n", "two letters tell too little to take a rarer one");
    }

    #[test]
    fn characters_that_two_pieces_share_are_whole() {
        let long = format!("{}ä{}", "a".repeat(CHUNK - 1), "ö".repeat(CHUNK));
        assert_eq!(found(long.as_bytes()), Ok(("UTF-8", 0)));
        assert_eq!(text(long.as_bytes()), long);
        let wide = utf16(&long, u16::to_le_bytes);
        assert_eq!(text(&[b"\xFF\xFE", wide.as_slice()].concat()), long);
    }

    #[test]
    fn a_file_that_ends_within_a_character_was_cut() {
        let cut = "`f.csv`, line 2: the file breaks off in the middle of a character; save it again";
        assert_eq!(found("name\nJürgen, J\u{fc}".as_bytes().split_last().unwrap().1), Err(cut.into()));
        assert_eq!(found(b"name\nRen\xC3"), Err(cut.into()));
        assert_eq!(found(&utf16("\u{FEFF}name\nJo", u16::to_le_bytes)[..13]), Err(cut.into()));
        assert_eq!(found(b"name\nRen\xE9"), Ok(("windows-1252", 0)), "an older encoding's last letter");
    }

    #[test]
    fn what_is_no_text_says_what_it_is() {
        assert_eq!(
            found(b"PK\x03\x04...").unwrap_err(),
            "`f.csv` is an Excel workbook or another packed file, not a CSV file: open it in the program that made it and save it as CSV"
        );
        assert!(found(b"a,b\n\0\0,c\nxyzxyzxyzxyzxyzxyz").unwrap_err().contains("is a binary file"));
        assert_eq!(
            found(b"\xEF\xBB\xBFname\nRen\xE9 x\n").unwrap_err(),
            "`f.csv`, line 2: the file is marked as UTF-8, but this line is not; save it again as \"CSV UTF-8\""
        );
    }
}
