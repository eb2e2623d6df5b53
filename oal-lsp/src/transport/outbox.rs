//! The way out: one thread writes, so that nobody who answers waits for the client to read.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use tower_lsp::jsonrpc::Error;

enum Out {
    Body(Vec<u8>),
    Flush(SyncSender<()>),
}

/// Sends messages, in the order in which they are given. Clones send to the same client.
#[derive(Clone)]
pub(crate) struct Outbox(Sender<Out>);

#[derive(Serialize)]
struct Notification<'a, P> {
    jsonrpc: &'static str,
    method: &'a str,
    params: P,
}

impl Outbox {
    /// Starts the thread that writes.
    ///
    /// # Errors
    /// Where there can be no thread.
    pub(crate) fn start(output: impl Write + Send + 'static) -> io::Result<Self> {
        let (sender, receiver) = channel();
        std::thread::Builder::new().name("oal-lsp write".to_owned()).spawn(move || write(output, &receiver))?;
        Ok(Self(sender))
    }

    /// Sends a notification. One that cannot be written as JSON is left out.
    pub(crate) fn notify(&self, method: &str, params: impl Serialize) {
        self.send(&Notification { jsonrpc: "2.0", method, params });
    }

    /// Sends a whole message.
    pub(crate) fn send(&self, message: &impl Serialize) {
        if let Ok(body) = serde_json::to_vec(message) {
            self.put(Out::Body(body));
        }
    }

    /// Answers the request of this number, which is JSON already.
    pub(crate) fn answer(&self, id: &str, result: Result<Value, Error>) {
        let (name, body) = match result {
            Ok(value) => ("result", serde_json::to_vec(&value)),
            Err(error) => ("error", serde_json::to_vec(&error)),
        };
        let Ok(body) = body else { return };
        self.answer_json(id, name, &body);
    }

    /// Answers a request with a `result` or an `error` that is JSON already.
    pub(crate) fn answer_json(&self, id: &str, name: &str, body: &[u8]) {
        let mut message = format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"{name}\":").into_bytes();
        message.reserve_exact(body.len() + 1);
        message.extend_from_slice(body);
        message.push(b'}');
        self.put(Out::Body(message));
    }

    /// Waits until all is written, a limited time: the client may have stopped reading.
    pub(crate) fn flush(&self, limit: Duration) {
        let (done, wait) = sync_channel(1);
        self.put(Out::Flush(done));
        let _ = wait.recv_timeout(limit);
    }

    fn put(&self, out: Out) {
        // Fails when the writer has ended, which ends the process.
        let _ = self.0.send(out);
    }
}

/// Writes until the client is gone; then there is nobody to serve.
fn write(mut output: impl Write, messages: &Receiver<Out>) {
    for out in messages {
        let written = match out {
            Out::Body(body) => {
                let mut message = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
                message.extend(body);
                output.write_all(&message).and_then(|()| output.flush())
            }
            Out::Flush(done) => {
                let _ = done.send(());
                Ok(())
            }
        };
        if written.is_err() {
            std::process::exit(1);
        }
    }
}
