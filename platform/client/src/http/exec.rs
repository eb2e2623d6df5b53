//! A command in a running container, as its caller sees it.

use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};

use reqwest::Upgraded;

use super::{ClientError, Result};
use crate::exec::{Frame, TerminalSize};

/// A command that runs.
#[derive(Debug)]
pub struct ExecSession {
    /// What it writes.
    pub reader: ExecReader,
    /// What it reads.
    pub writer: ExecWriter,
}

/// What a command writes.
#[derive(Debug)]
pub struct ExecReader {
    connection: ReadHalf<Upgraded>,
    buffer: Vec<u8>,
}

/// What a command reads.
#[derive(Debug)]
pub struct ExecWriter {
    connection: WriteHalf<Upgraded>,
}

impl ExecSession {
    pub(super) fn new(connection: Upgraded) -> Self {
        let (read, write) = tokio::io::split(connection);
        Self { reader: ExecReader { connection: read, buffer: Vec::new() }, writer: ExecWriter { connection: write } }
    }
}

impl ExecReader {
    /// The next frame: output until it is [`Frame::Exit`], after which there is none.
    ///
    /// # Errors
    /// The connection breaks; the server cannot go on.
    pub async fn next(&mut self) -> Result<Frame> {
        loop {
            match Frame::take(&mut self.buffer) {
                Ok(Some(Frame::Problem(problem))) => return Err(ClientError::Problem(problem)),
                Ok(Some(frame)) => return Ok(frame),
                Ok(None) => {}
                Err(error) => return Err(ClientError::Broken(error.to_string())),
            }
            match self.connection.read_buf(&mut self.buffer).await {
                Ok(0) => return Err(ClientError::Broken(String::from("the connection ended before the command did"))),
                Ok(_) => {}
                Err(error) => return Err(ClientError::Broken(error.to_string())),
            }
        }
    }
}

impl ExecWriter {
    async fn send(&mut self, frame: Frame) -> Result<()> {
        let mut bytes = Vec::new();
        frame.write(&mut bytes);
        let sent = async {
            self.connection.write_all(&bytes).await?;
            self.connection.flush().await
        };
        sent.await.map_err(|error: std::io::Error| ClientError::Broken(error.to_string()))
    }

    /// Gives the command bytes to read; none for the end of its input.
    ///
    /// # Errors
    /// The connection breaks.
    pub async fn input(&mut self, bytes: Vec<u8>) -> Result<()> {
        self.send(Frame::Input(bytes)).await
    }

    /// Says that the terminal has another size now.
    ///
    /// # Errors
    /// The connection breaks.
    pub async fn resize(&mut self, size: TerminalSize) -> Result<()> {
        self.send(Frame::Resize(size)).await
    }
}
