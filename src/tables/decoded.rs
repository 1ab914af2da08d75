//! A source's text as UTF-8, whatever it is in, piece by piece.

use std::io::{self, Read};

use encoding_rs::{CoderResult, Decoder, UTF_8};

use super::Error;
use super::encoding::{CHUNK, Found};
use super::source::{Source, fill};

/// The source's text as UTF-8, without its mark, in pieces.
pub(super) struct Decoded {
    from: Box<dyn Read + Send>,
    /// `None` for UTF-8, whose bytes go through.
    decoder: Option<Decoder>,
    raw: Vec<u8>,
    raw_at: usize,
    raw_len: usize,
    text: Vec<u8>,
    text_at: usize,
    text_len: usize,
    ended: bool,
    mac: bool,
    bytes_read: u64,
}

impl Decoded {
    /// Bytes of the source so far, its mark among them.
    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    pub(super) fn open(source: &Source, found: Found) -> Result<Self, Error> {
        let mut from = source.open()?;
        fill(&mut from, &mut vec![0; found.bom]).map_err(Error::read(source.name()))?;
        let decoder = (found.encoding != UTF_8).then(|| found.encoding.new_decoder_without_bom_handling());
        let room = if decoder.is_some() { CHUNK } else { 0 };
        Ok(Self {
            from,
            decoder,
            raw: vec![0; room],
            raw_at: 0,
            raw_len: 0,
            text: vec![0; room],
            text_at: 0,
            text_len: 0,
            ended: false,
            mac: found.mac,
            bytes_read: found.bom as u64,
        })
    }

    fn decode(&mut self) -> io::Result<()> {
        let Some(decoder) = &mut self.decoder else { return Ok(()) };
        while self.text_at == self.text_len && !self.ended {
            if self.raw_at == self.raw_len {
                self.raw_len = self.from.read(&mut self.raw)?;
                self.raw_at = 0;
                self.bytes_read += self.raw_len as u64;
            }
            let last = self.raw_len == 0;
            let (result, read, written, _) =
                decoder.decode_to_utf8(&self.raw[self.raw_at..self.raw_len], &mut self.text, last);
            self.raw_at += read;
            (self.text_at, self.text_len) = (0, written);
            self.ended = last && result == CoderResult::InputEmpty;
        }
        Ok(())
    }
}

impl Read for Decoded {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let have = match self.decoder {
            None => self.from.read(into)?,
            Some(_) => {
                self.decode()?;
                let have = into.len().min(self.text_len - self.text_at);
                into[..have].copy_from_slice(&self.text[self.text_at..self.text_at + have]);
                self.text_at += have;
                have
            }
        };
        if self.mac {
            into[..have].iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
        }
        Ok(have)
    }
}
