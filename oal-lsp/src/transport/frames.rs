//! Bytes to message bodies, as the base protocol frames them: header lines, a blank line, so many bytes. Whatever comes, the next
//! well-framed message is found again: a header cannot stand inside a body, where line ends are escaped.

use std::io::{self, Read};

/// Longest body that is read. A client that announces more gets an error, and what it sends is skipped.
pub(crate) const MOST_BYTES: usize = 256 << 20;
/// Longest header line that is kept; of a longer one the end, which may hold a header after garbage.
const LONGEST_LINE: usize = 4096;
const CHUNK: usize = 64 << 10;
const HEADER: &[u8] = b"content-length:";

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// The bytes of one body.
    Body(Vec<u8>),
    /// Something that is no message, said in words for the client.
    Fault(String),
}

/// Reads frames from a stream.
pub(crate) struct Frames<R> {
    input: R,
    buffer: Vec<u8>,
    at: usize,
    /// Whether the last thing was no message: of several in a row only the first is worth a word.
    lost: bool,
}

impl<R: Read> Frames<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input, buffer: Vec::new(), at: 0, lost: false }
    }

    /// The next frame; `None` at the end of the stream.
    ///
    /// # Errors
    /// Those of the stream.
    pub(crate) fn next(&mut self) -> io::Result<Option<Frame>> {
        loop {
            let Some(announced) = self.header()? else { return Ok(None) };
            let fault = match announced {
                Ok(length) if length <= MOST_BYTES => {
                    let Some(body) = self.body(length)? else { return Ok(None) };
                    self.lost = false;
                    return Ok(Some(Frame::Body(body)));
                }
                // What was announced need not come. If it does, it is read like a long header line, up to the next header.
                Ok(length) => format!("a message of {length} bytes is announced; at most {MOST_BYTES} are read"),
                Err(fault) => fault,
            };
            if !self.lost {
                self.lost = true;
                return Ok(Some(Frame::Fault(fault)));
            }
        }
    }

    /// Reads a body that is no JSON again, for the next header in it: its length may have been announced wrong.
    pub(crate) fn resync(&mut self, mut body: Vec<u8>) {
        body.extend_from_slice(self.buffer.get(self.at..).unwrap_or_default());
        self.buffer = body;
        self.at = 0;
        self.lost = true;
    }

    /// The length that the next block of header lines announces, or what is wrong with the block; `None` at the end.
    fn header(&mut self) -> io::Result<Option<Result<usize, String>>> {
        let (mut length, mut lines) = (None, 0);
        loop {
            let Some(line) = self.line()? else { return Ok(None) };
            let line = line.trim_ascii();
            if line.is_empty() {
                if lines == 0 {
                    continue;
                }
                return Ok(Some(
                    length.unwrap_or_else(|| Err("a message without a `Content-Length` header".to_owned())),
                ));
            }
            lines += 1;
            // After garbage the header need not start the line.
            if let Some(start) = find_name(line) {
                let value = line.get(start + HEADER.len()..).unwrap_or_default().trim_ascii();
                let text = String::from_utf8_lossy(value);
                length = Some(text.parse().map_err(|_| {
                    let shown: String = text.chars().take(40).collect();
                    format!("`Content-Length: {shown}` is no number of bytes")
                }));
            }
        }
    }

    /// The next line with its end.
    fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        loop {
            let rest = self.buffer.get(self.at..).unwrap_or_default();
            if let Some(end) = memchr::memchr(b'\n', rest) {
                line.extend_from_slice(rest.get(..=end).unwrap_or_default());
                self.at += end + 1;
                return Ok(Some(line));
            }
            line.extend_from_slice(rest);
            self.at = self.buffer.len();
            if line.len() > LONGEST_LINE {
                line.drain(..line.len() - LONGEST_LINE / 2);
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// The next `length` bytes; `None` if there are not so many.
    fn body(&mut self, length: usize) -> io::Result<Option<Vec<u8>>> {
        // What is announced need not come: memory is taken as it does.
        let mut body = Vec::with_capacity(length.min(1 << 20));
        loop {
            let rest = self.buffer.get(self.at..).unwrap_or_default();
            let taken = rest.len().min(length - body.len());
            body.extend_from_slice(rest.get(..taken).unwrap_or_default());
            self.at += taken;
            if body.len() == length {
                return Ok(Some(body));
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// Reads more; false at the end.
    fn fill(&mut self) -> io::Result<bool> {
        if self.at >= self.buffer.len() {
            self.buffer.clear();
            self.at = 0;
        }
        let used = self.buffer.len();
        self.buffer.resize(used + CHUNK, 0);
        let read = loop {
            match self.input.read(self.buffer.get_mut(used..).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.buffer.truncate(used + read.as_ref().copied().unwrap_or(0));
        Ok(read? > 0)
    }
}

/// Where the name of the header starts, in whatever case.
fn find_name(bytes: &[u8]) -> Option<usize> {
    bytes.windows(HEADER.len()).rposition(|part| part.eq_ignore_ascii_case(HEADER))
}

#[cfg(test)]
mod tests {
    use super::{Frame, Frames};

    /// What comes out of these bytes, however they arrive; bodies that are no JSON are looked through again.
    fn read(bytes: &[u8]) -> Vec<String> {
        let whole = collect(Frames::new(bytes));
        for size in [1, 2, 7] {
            assert_eq!(whole, collect(Frames::new(Drip(bytes, size))), "in parts of {size}");
        }
        whole
    }

    struct Drip<'a>(&'a [u8], usize);

    impl std::io::Read for Drip<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let count = self.1.min(into.len());
            self.0.read(into.get_mut(..count).unwrap_or_default())
        }
    }

    fn collect<R: std::io::Read>(mut frames: Frames<R>) -> Vec<String> {
        let mut found = Vec::new();
        while let Ok(Some(frame)) = frames.next() {
            match frame {
                Frame::Body(body) => {
                    found.push(String::from_utf8_lossy(&body).into_owned());
                    if !body.starts_with(b"{") || !body.ends_with(b"}") {
                        frames.resync(body);
                    }
                }
                Frame::Fault(fault) => found.push(format!("! {fault}")),
            }
        }
        found
    }

    #[test]
    fn headers_are_read_in_every_spelling() {
        let bytes =
            b"Content-Length: 2\r\n\r\n{}content-length:2\r\nContent-Type: x\r\n\r\n{}CONTENT-LENGTH : 3\r\n\r\n\
            Content-Length: 3\n\n{1}\r\n\r\nContent-Type: y\r\nContent-Length:   4  \r\n\r\n{12}";
        let all = read(bytes);
        assert_eq!(all.iter().filter(|one| !one.starts_with('!')).collect::<Vec<_>>(), ["{}", "{}", "{1}", "{12}"]);
    }

    #[test]
    fn the_next_message_is_found_again() {
        let next = "Content-Length: 6\r\n\r\n{next}";
        for (broken, faults) in [
            ("Content-Type: x\r\n\r\n{lost}", 1),
            ("Content-Length: many\r\n\r\n{lost}", 1),
            ("Content-Length: -1\r\n\r\n{lost}", 1),
            ("Content-Length: 1073741824\r\n\r\n{lost}", 1),
            ("Content-Length: 99999999999999999999999\r\n\r\n{lost}", 1),
            ("garbage\r\n\r\nmore\r\n\r\n", 1),
        ] {
            let all = read(format!("{broken}{next}{next}").as_bytes());
            assert_eq!(all.iter().filter(|one| one.starts_with('!')).count(), faults, "{broken:?}: {all:?}");
            assert_eq!(all.iter().filter(|one| *one == "{next}").count(), 2, "{broken:?}: {all:?}");
        }
        let all = read(format!("Content-Length: 20\r\n\r\n{{lost}}{next}{next}").as_bytes());
        assert_eq!(all.iter().filter(|one| *one == "{next}").count(), 2, "{all:?}");
        let all = read(format!("Content-Length: 3\r\n\r\n{{lost}}{next}{next}").as_bytes());
        assert_eq!(all.iter().filter(|one| *one == "{next}").count(), 2, "{all:?}");
    }

    #[test]
    fn a_long_skipped_body_takes_no_memory() {
        let mut bytes = b"Content-Length: 1073741824\r\n\r\n".to_vec();
        bytes.extend(std::iter::repeat_n(b'x', 3 << 20));
        bytes.extend(b"Content-Length: 6\r\n\r\n{next}");
        assert_eq!(collect(Frames::new(&*bytes)).last().map(String::as_str), Some("{next}"));
    }
}
