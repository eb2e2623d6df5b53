//! Server-sent events (WHATWG HTML section 9.2), taken up again where they broke off.
//!
//! The server ends every stream with an event `end`. A connection that ends without one was lost, whatever the reason, and says
//! nothing about what is followed: it is made again with `Last-Event-ID`, until the server has not been reached for a while.

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{BoxStream, Stream, StreamExt};
use reqwest::header::ACCEPT;
use reqwest::{Method, Url};
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::{Client, ClientError, Result};

/// How long the server may be away before a stream is given up.
const PATIENCE: Duration = Duration::from_secs(60);
/// The server says something at least every 15 seconds; after that long a connection is taken for dead.
const SILENCE: Duration = Duration::from_secs(45);
/// The most bytes of one event.
const LONGEST: usize = 1024 * 1024;

/// A stream of what happens, with each item's id. It ends when the server says that nothing will follow.
pub struct Follow<T> {
    items: BoxStream<'static, Result<(String, T)>>,
}

impl<T> std::fmt::Debug for Follow<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follow").finish_non_exhaustive()
    }
}

impl<T> Stream for Follow<T> {
    type Item = Result<(String, T)>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.items.as_mut().poll_next(context)
    }
}

impl Client {
    /// Follows what lies at `url`, from after `last` on.
    pub(super) fn follow<T: DeserializeOwned + Send + 'static>(&self, url: Url, last: Option<String>) -> Follow<T> {
        let state = State::<T> {
            client: self.clone(),
            url,
            last,
            connection: None,
            parser: Parser::default(),
            ready: VecDeque::new(),
            lost: None,
            over: false,
            item: PhantomData,
        };
        Follow { items: futures::stream::unfold(state, State::next).boxed() }
    }
}

struct State<T> {
    client: Client,
    url: Url,
    last: Option<String>,
    connection: Option<BoxStream<'static, reqwest::Result<Bytes>>>,
    parser: Parser,
    ready: VecDeque<Event>,
    /// Since when the server says nothing.
    lost: Option<Instant>,
    over: bool,
    item: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> State<T> {
    async fn next(mut self) -> Option<(Result<(String, T)>, Self)> {
        loop {
            if self.over {
                return None;
            }
            if let Some(event) = self.ready.pop_front() {
                match self.event(event) {
                    Some(item) => return Some((item, self)),
                    None => continue,
                }
            }
            if let Err(error) = self.read().await {
                self.over = true;
                return Some((Err(error), self));
            }
        }
    }

    fn event(&mut self, event: Event) -> Option<Result<(String, T)>> {
        match &*event.name {
            "end" => {
                self.over = true;
                None
            }
            "problem" => {
                self.over = true;
                Some(Err(match serde_json::from_str(&event.data) {
                    Ok(problem) => ClientError::Problem(Box::new(problem)),
                    Err(error) => ClientError::Broken(error.to_string()),
                }))
            }
            _ => {
                let id = event.id.or_else(|| self.last.clone()).unwrap_or_default();
                self.last = Some(id.clone());
                match serde_json::from_str(&event.data) {
                    Ok(item) => Some(Ok((id, item))),
                    Err(error) => {
                        self.over = true;
                        Some(Err(ClientError::Answer { status: 200, reason: error.to_string() }))
                    }
                }
            }
        }
    }

    /// Gets more bytes, from a new connection if need be.
    async fn read(&mut self) -> Result<()> {
        let Some(connection) = &mut self.connection else { return self.connect().await };
        match tokio::time::timeout(SILENCE, connection.next()).await {
            Ok(Some(Ok(bytes))) => {
                self.lost = None;
                self.parser
                    .read(&bytes, &mut self.ready)
                    .map_err(|()| ClientError::Broken(format!("an event of more than {LONGEST} bytes")))
            }
            _ => {
                self.connection = None;
                // what has arrived of an event that is not complete comes again
                self.parser = Parser::default();
                Ok(())
            }
        }
    }

    async fn connect(&mut self) -> Result<()> {
        let mut request = self.client.http.request(Method::GET, self.url.clone()).header(ACCEPT, "text/event-stream");
        if let Some(last) = &self.last {
            request = request.header("last-event-id", last);
        }
        match self.client.send(request, false).await {
            Ok(answer) => {
                self.connection = Some(answer.bytes_stream().boxed());
                Ok(())
            }
            Err(error) => {
                let since = *self.lost.get_or_insert_with(Instant::now);
                let passing = error.status().is_none_or(|status| matches!(status, 429 | 500..));
                if !passing || since.elapsed() > PATIENCE {
                    return Err(error);
                }
                tokio::time::sleep(Duration::from_millis(250)).await;
                Ok(())
            }
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Event {
    name: String,
    id: Option<String>,
    data: String,
}

/// What has been read of an event.
#[derive(Default)]
struct Parser {
    line: Vec<u8>,
    name: String,
    id: Option<String>,
    data: Option<String>,
    after_return: bool,
}

impl Parser {
    fn read(&mut self, bytes: &[u8], ready: &mut VecDeque<Event>) -> std::result::Result<(), ()> {
        for &byte in bytes {
            match byte {
                b'\n' if std::mem::take(&mut self.after_return) => {}
                b'\n' | b'\r' => {
                    self.after_return = byte == b'\r';
                    let line = std::mem::take(&mut self.line);
                    self.line(&String::from_utf8_lossy(&line), ready);
                }
                _ => {
                    self.after_return = false;
                    self.line.push(byte);
                }
            }
            if self.line.len() + self.data.as_ref().map_or(0, String::len) > LONGEST {
                return Err(());
            }
        }
        Ok(())
    }

    fn line(&mut self, line: &str, ready: &mut VecDeque<Event>) {
        if line.is_empty() {
            let (name, id) = (std::mem::take(&mut self.name), self.id.take());
            if let Some(data) = self.data.take() {
                ready.push_back(Event { name, id, data });
            }
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "id" => self.id = Some(value.to_owned()),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            // a comment, `retry`, or what a later version of the format brings
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn events_are_read_however_the_bytes_arrive() {
        let text = ": hello\n\nevent: state\r\nid: 7\r\ndata: a\r\ndata:b\r\n\r\ndata\n\nevent: none\n\ndata: lost";
        for size in [1, 2, 3, 100] {
            let (mut parser, mut ready) = (Parser::default(), VecDeque::new());
            for part in text.as_bytes().chunks(size) {
                parser.read(part, &mut ready).unwrap();
            }
            let event = |name: &str, id: Option<&str>, data: &str| Event {
                name: name.to_owned(),
                id: id.map(str::to_owned),
                data: data.to_owned(),
            };
            assert_eq!(ready, [event("state", Some("7"), "a\nb"), event("", None, "")]);
        }
    }

    #[test]
    fn an_endless_line_is_given_up() {
        let (mut parser, mut ready) = (Parser::default(), VecDeque::new());
        assert_eq!(parser.read(&vec![b'x'; LONGEST + 1], &mut ready), Err(()));
    }
}
