//! A command in a running container: the request, and the frames that go both ways once the connection is switched over
//! (RFC 9110 section 7.8, `Upgrade: helios-exec`).
//!
//! A frame is one byte of kind, four bytes of length (big-endian), and that many bytes.

use oal_ir::NodeId;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// The protocol that `Upgrade` names.
pub const PROTOCOL: &str = "helios-exec";

/// The most bytes in a frame.
pub const MOST: usize = 64 * 1024;

/// A command to be run in a running container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewExec {
    /// The component.
    #[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^[a-z_][a-z0-9_]*/[a-z_][a-z0-9_]*$", max_length = 200))]
    pub node: NodeId,
    /// Which copy; any if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replica: Option<u32>,
    /// Program and arguments.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 200))]
    pub command: Vec<String>,
    /// The terminal it gets; none if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminal: Option<TerminalSize>,
}

/// The size of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TerminalSize {
    /// Characters in a line.
    pub columns: u16,
    /// Lines.
    pub rows: u16,
}

/// What goes over a connection that was switched over.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    /// To the command: bytes for its standard input; none for its end.
    Input(Vec<u8>),
    /// From the command: bytes it wrote to standard output, or to its terminal; none to see whether somebody still reads.
    Output(Vec<u8>),
    /// From the command: bytes it wrote to standard error.
    ErrorOutput(Vec<u8>),
    /// To the command: its terminal has another size now.
    Resize(TerminalSize),
    /// From the command: it has ended, with this exit code if that is known. The last frame.
    Exit(Option<i64>),
    /// From the server: it cannot go on. The last frame.
    Problem(Box<Problem>),
}

/// Why bytes are no frame.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameError {
    /// No frame of that kind is known.
    Kind(u8),
    /// It says it has more than [`MOST`] bytes.
    TooLong(usize),
    /// What it holds is not what its kind says.
    Content,
}

impl std::fmt::Display for FrameError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Kind(kind) => write!(f, "no frame of kind {kind} is known"),
            Self::TooLong(length) => write!(f, "a frame of {length} bytes, which is more than {MOST}"),
            Self::Content => f.write_str("a frame does not hold what its kind says"),
        }
    }
}

impl std::error::Error for FrameError {}

impl Frame {
    /// Adds its bytes. What is longer than [`MOST`] becomes several frames, where its kind allows that.
    pub fn write(&self, to: &mut Vec<u8>) {
        let mut put = |kind: u8, bytes: &[u8]| {
            to.push(kind);
            to.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or_default().to_be_bytes());
            to.extend_from_slice(bytes);
        };
        match self {
            Self::Input(bytes) if bytes.is_empty() => put(0, &[]),
            Self::Input(bytes) => bytes.chunks(MOST).for_each(|part| put(0, part)),
            Self::Output(bytes) if bytes.is_empty() => put(1, &[]),
            Self::Output(bytes) => bytes.chunks(MOST).for_each(|part| put(1, part)),
            Self::ErrorOutput(bytes) => bytes.chunks(MOST).for_each(|part| put(2, part)),
            Self::Exit(code) => put(3, code.map(|code| code.to_string()).unwrap_or_default().as_bytes()),
            Self::Resize(size) => put(4, format!("{} {}", size.columns, size.rows).as_bytes()),
            Self::Problem(problem) => put(5, &serde_json::to_vec(problem).unwrap_or_default()),
        }
    }

    /// Takes the first frame off `buffer`; none while it is not complete.
    ///
    /// # Errors
    /// It is no frame; nothing that follows can be read either.
    pub fn take(buffer: &mut Vec<u8>) -> Result<Option<Self>, FrameError> {
        let Some((&[kind, a, b, c, d], rest)) = buffer.split_first_chunk::<5>() else { return Ok(None) };
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        if kind > 5 {
            return Err(FrameError::Kind(kind));
        }
        if length > MOST {
            return Err(FrameError::TooLong(length));
        }
        let Some(bytes) = rest.get(..length) else { return Ok(None) };
        let text = || std::str::from_utf8(bytes).map_err(|_| FrameError::Content);
        let frame = match kind {
            0 => Self::Input(bytes.to_vec()),
            1 => Self::Output(bytes.to_vec()),
            2 => Self::ErrorOutput(bytes.to_vec()),
            3 if bytes.is_empty() => Self::Exit(None),
            3 => Self::Exit(Some(text()?.parse().map_err(|_| FrameError::Content)?)),
            4 => {
                let (columns, rows) = text()?.split_once(' ').ok_or(FrameError::Content)?;
                let number = |text: &str| text.parse().map_err(|_| FrameError::Content);
                Self::Resize(TerminalSize { columns: number(columns)?, rows: number(rows)? })
            }
            _ => Self::Problem(Box::new(serde_json::from_slice(bytes).map_err(|_| FrameError::Content)?)),
        };
        buffer.drain(..5 + length);
        Ok(Some(frame))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn frames_are_read_back_however_the_bytes_arrive() {
        let frames = [
            Frame::Input(b"ls\n".to_vec()),
            Frame::Input(Vec::new()),
            Frame::Output(vec![0; MOST]),
            Frame::ErrorOutput(b"x".to_vec()),
            Frame::Resize(TerminalSize { columns: 80, rows: 25 }),
            Frame::Exit(None),
            Frame::Exit(Some(-1)),
        ];
        let mut bytes = Vec::new();
        frames.iter().for_each(|frame| frame.write(&mut bytes));
        let (mut buffer, mut read) = (Vec::new(), Vec::new());
        for part in bytes.chunks(7) {
            buffer.extend_from_slice(part);
            while let Some(frame) = Frame::take(&mut buffer).unwrap() {
                read.push(frame);
            }
        }
        assert_eq!(read, frames);
        assert!(buffer.is_empty());
    }

    #[test]
    fn what_is_no_frame_is_refused_before_it_is_waited_for() {
        assert_eq!(Frame::take(&mut vec![9, 0, 0, 0, 0]), Err(FrameError::Kind(9)));
        assert_eq!(Frame::take(&mut vec![0, 255, 255, 255, 255]), Err(FrameError::TooLong(0xffff_ffff)));
        assert_eq!(Frame::take(&mut vec![3, 0, 0, 0, 1, b'x']), Err(FrameError::Content));
    }
}
