//! The canonical form as a formatter of `serde_json`. Members are written as they come and put in order when their object
//! ends: no tree of the document is built.

use std::io::{self, Write};
use std::ops::Range;

use serde_json::ser::{CharEscape, Formatter};

use super::{CanonicalError, MAX_INTEGER};
use crate::Pointer;

/// What was written so far, and what is open.
#[derive(Default)]
pub(super) struct Output {
    pub(super) bytes: Vec<u8>,
    /// Why writing stopped; an I/O error could not say.
    pub(super) refused: Option<CanonicalError>,
    /// Members of the outermost object that are not kept.
    left_out: &'static [&'static str],
    at: Pointer,
    open: Vec<Open>,
}

enum Open {
    /// An array and how many items it has.
    Array(usize),
    Object(Object),
}

struct Object {
    /// Where the members begin.
    start: usize,
    /// Each member's key and where `"key":value` stands.
    members: Vec<(String, Range<usize>)>,
    /// Where the member that is being written begins.
    member: usize,
}

impl Output {
    pub(super) fn without(left_out: &'static [&'static str]) -> Self {
        Self { left_out, ..Self::default() }
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// ECMAScript writes whole numbers below 10^21 as plain digits, so up to 2^53 - 1 both notations are one.
    fn whole(&mut self, number: i128) -> io::Result<()> {
        if number.unsigned_abs() > u128::from(MAX_INTEGER) {
            return self.refuse_number(number.to_string());
        }
        write!(self.bytes, "{number}")
    }

    fn refuse_number<T>(&mut self, number: String) -> io::Result<T> {
        self.refuse(CanonicalError::Number { at: self.at.clone(), number })
    }

    fn refuse<T>(&mut self, error: CanonicalError) -> io::Result<T> {
        self.refused = Some(error);
        Err(io::ErrorKind::InvalidData.into())
    }

    fn object(&mut self) -> io::Result<&mut Object> {
        match self.open.last_mut() {
            Some(Open::Object(object)) => Ok(object),
            _ => Err(io::ErrorKind::InvalidInput.into()),
        }
    }

    fn end_key(&mut self) -> io::Result<()> {
        let start = self.object()?.member;
        let written = self.bytes.get(start..).unwrap_or_default();
        let key: String = serde_json::from_slice(written)?;
        self.at.push(&key);
        self.object()?.members.push((key, start..start));
        Ok(())
    }

    fn end_value(&mut self) -> io::Result<()> {
        self.at.pop();
        let (end, outermost) = (self.bytes.len(), self.open.len() == 1);
        let left_out = self.left_out;
        let object = self.object()?;
        let start = object.member;
        let dropped = outermost && object.members.last().is_some_and(|(key, _)| left_out.contains(&key.as_str()));
        if dropped {
            object.members.pop();
            self.bytes.truncate(start);
        } else if let Some((_, range)) = object.members.last_mut() {
            range.end = end;
        }
        Ok(())
    }

    /// Puts the members in order, with commas.
    fn end_object(&mut self) -> io::Result<()> {
        let Some(Open::Object(Object { start, mut members, .. })) = self.open.pop() else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        members.sort_by(|(a, _), (b, _)| compare(a, b));
        let mut pairs = members.iter().zip(members.iter().skip(1));
        if let Some(((key, _), _)) = pairs.find(|((a, _), (b, _))| a == b) {
            return self.refuse(CanonicalError::NotJson(format!("`{}` has the member `{key}` twice", self.at)));
        }
        let unsorted = self.bytes.split_off(start);
        for (index, (_, range)) in members.into_iter().enumerate() {
            if index > 0 {
                self.bytes.push(b',');
            }
            let range = range.start.saturating_sub(start)..range.end.saturating_sub(start);
            self.bytes.extend_from_slice(unsorted.get(range).unwrap_or_default());
        }
        self.put(b"}")
    }
}

/// RFC 8785 sorts by UTF-16 code units; for ASCII that is the order of bytes.
fn compare(a: &str, b: &str) -> std::cmp::Ordering {
    if a.is_ascii() && b.is_ascii() { a.cmp(b) } else { a.encode_utf16().cmp(b.encode_utf16()) }
}

/// Writes to an [`Output`]; the writer that `serde_json` hands in stays empty.
pub(super) struct Canonical<'o>(pub(super) &'o mut Output);

macro_rules! whole_numbers {
    ($($method:ident: $ty:ty,)*) => {
        $(fn $method<W: Write + ?Sized>(&mut self, _: &mut W, number: $ty) -> io::Result<()> {
            self.0.whole(number.into())
        })*
    };
}

impl Formatter for Canonical<'_> {
    whole_numbers! {
        write_i8: i8, write_i16: i16, write_i32: i32, write_i64: i64, write_i128: i128,
        write_u8: u8, write_u16: u16, write_u32: u32, write_u64: u64,
    }

    fn write_u128<W: Write + ?Sized>(&mut self, _: &mut W, number: u128) -> io::Result<()> {
        self.0.whole(i128::try_from(number).unwrap_or(i128::MAX))
    }

    fn write_f32<W: Write + ?Sized>(&mut self, _: &mut W, number: f32) -> io::Result<()> {
        self.0.refuse_number(format!("{number:?}"))
    }

    fn write_f64<W: Write + ?Sized>(&mut self, _: &mut W, number: f64) -> io::Result<()> {
        self.0.refuse_number(format!("{number:?}"))
    }

    fn write_number_str<W: Write + ?Sized>(&mut self, _: &mut W, number: &str) -> io::Result<()> {
        match number.parse() {
            Ok(number) => self.0.whole(number),
            Err(_) => self.0.refuse_number(number.to_owned()),
        }
    }

    fn write_null<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.put(b"null")
    }

    fn write_bool<W: Write + ?Sized>(&mut self, _: &mut W, value: bool) -> io::Result<()> {
        self.0.put(if value { b"true" } else { b"false" })
    }

    fn begin_string<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.put(b"\"")
    }

    fn end_string<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.put(b"\"")
    }

    fn write_string_fragment<W: Write + ?Sized>(&mut self, _: &mut W, fragment: &str) -> io::Result<()> {
        self.0.put(fragment.as_bytes())
    }

    fn write_char_escape<W: Write + ?Sized>(&mut self, _: &mut W, escape: CharEscape) -> io::Result<()> {
        match escape {
            CharEscape::Quote => self.0.put(b"\\\""),
            CharEscape::ReverseSolidus => self.0.put(b"\\\\"),
            CharEscape::Solidus => self.0.put(b"/"),
            CharEscape::Backspace => self.0.put(b"\\b"),
            CharEscape::FormFeed => self.0.put(b"\\f"),
            CharEscape::LineFeed => self.0.put(b"\\n"),
            CharEscape::CarriageReturn => self.0.put(b"\\r"),
            CharEscape::Tab => self.0.put(b"\\t"),
            CharEscape::AsciiControl(byte) => write!(self.0.bytes, "\\u{byte:04x}"),
        }
    }

    fn begin_array<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.open.push(Open::Array(0));
        self.0.put(b"[")
    }

    fn end_array<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.open.pop();
        self.0.put(b"]")
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, _: &mut W, first: bool) -> io::Result<()> {
        if let Some(Open::Array(count)) = self.0.open.last_mut() {
            self.0.at.push_index(*count);
            *count += 1;
        }
        if first { Ok(()) } else { self.0.put(b",") }
    }

    fn end_array_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.at.pop();
        Ok(())
    }

    fn begin_object<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.put(b"{")?;
        let start = self.0.bytes.len();
        self.0.open.push(Open::Object(Object { start, members: Vec::new(), member: start }));
        Ok(())
    }

    fn end_object<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.end_object()
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, _: &mut W, _: bool) -> io::Result<()> {
        let start = self.0.bytes.len();
        self.0.object()?.member = start;
        Ok(())
    }

    fn end_object_key<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.end_key()
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.put(b":")
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.end_value()
    }

    /// JSON text made elsewhere, which may not be canonical.
    fn write_raw_fragment<W: Write + ?Sized>(&mut self, _: &mut W, _: &str) -> io::Result<()> {
        self.0.refuse(CanonicalError::NotJson("a raw piece of JSON has no canonical form".to_owned()))
    }
}
