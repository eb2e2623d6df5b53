//! One end of a conversation: what is said arrives whole and in order, or the conversation ends with an error.
//!
//! The bus keeps nothing and may drop messages, so each carries its number, and a side that speaks faster than the other listens
//! waits: at most [`WINDOW`] bytes are under way. Beats, what was read and the farewell travel beside, seen to by a task of each
//! end's own: also while whoever uses it is busy with something slow.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_nats::{Client, HeaderMap, Message, Subscriber};
use bytes::Bytes;
use futures::StreamExt;
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};
use tokio_util::sync::CancellationToken;

use super::{AgentError, BEAT, SILENCE};

/// The most bytes that one side has said and the other has not yet read.
pub const WINDOW: u32 = 1 << 20;
/// What a message counts at least, so that not too many are under way either.
const LEAST: u32 = 64;
/// After so many the other side is told what was read.
const TELL: u64 = WINDOW as u64 / 4;

/// What a message counts at most: with less than [`TELL`] still to be told of, there is room for it.
const MOST: u32 = WINDOW / 2;

/// The number of a message, from 1.
const NUMBER: &str = "Helios-Number";
/// How many bytes have been read of all that was said.
const READ: &str = "Helios-Read";
/// Nobody listens any more.
const END: &str = "Helios-End";

/// One end of a conversation. Split it to listen and speak at the same time.
#[derive(Debug)]
pub struct Conversation {
    /// What the other side says. When it is dropped, the other side hears that nobody listens any more.
    pub ear: Ear,
    /// What is said to it.
    pub mouth: Mouth,
}

/// What the other side says.
#[derive(Debug)]
pub struct Ear {
    messages: mpsc::UnboundedReceiver<Bytes>,
    flow: Arc<Flow>,
    handed: u64,
    told: u64,
}

/// What is said to the other side.
#[derive(Debug)]
pub struct Mouth {
    client: Client,
    subject: String,
    flow: Arc<Flow>,
    number: u64,
}

/// What both halves and the task between them know.
#[derive(Debug)]
struct Flow {
    /// Bytes that may still be said.
    credit: Semaphore,
    /// Bytes that were read here.
    read: AtomicU64,
    /// More was read.
    more: Notify,
    /// A message has not come.
    lost: AtomicBool,
    /// The other side has gone.
    gone: CancellationToken,
}

fn cost(message: &[u8]) -> u32 {
    u32::try_from(message.len()).unwrap_or(MOST).clamp(LEAST, MOST)
}

impl Conversation {
    /// Listens to `messages`, and speaks on `subject`.
    pub(super) fn new(client: &Client, messages: Subscriber, subject: String) -> Self {
        let flow = Arc::new(Flow {
            credit: Semaphore::new(WINDOW as usize),
            read: AtomicU64::new(0),
            more: Notify::new(),
            lost: AtomicBool::new(false),
            gone: CancellationToken::new(),
        });
        // As much as the other side may say, so it has bounds.
        let (sender, receiver) = mpsc::unbounded_channel();
        let task =
            Task { client: client.clone(), subject: subject.clone(), flow: Arc::clone(&flow), number: 0, acked: 0 };
        tokio::spawn(task.run(messages, sender));
        Self {
            ear: Ear { messages: receiver, flow: Arc::clone(&flow), handed: 0, told: 0 },
            mouth: Mouth { client: client.clone(), subject, flow, number: 0 },
        }
    }
}

impl Ear {
    /// The next message. With this call the one before counts as read: whoever is slow with one slows the other side down.
    ///
    /// # Errors
    /// [`AgentError::Gone`] the other side has ended or says nothing any more; [`AgentError::Lost`] a message did not come.
    pub async fn next(&mut self) -> Result<Bytes, AgentError> {
        let handed = std::mem::take(&mut self.handed);
        let read = self.flow.read.fetch_add(handed, Ordering::Relaxed) + handed;
        if read.saturating_sub(self.told) >= TELL {
            self.told = read;
            self.flow.more.notify_one();
        }
        match self.messages.recv().await {
            Some(message) => {
                self.handed = u64::from(cost(&message));
                Ok(message)
            }
            None if self.flow.lost.load(Ordering::Relaxed) => Err(AgentError::Lost),
            None => Err(AgentError::Gone),
        }
    }

    /// Becomes true when the other side has gone, whatever of its messages has not been read.
    #[must_use]
    pub fn gone(&self) -> CancellationToken {
        self.flow.gone.clone()
    }
}

impl Mouth {
    /// Says something, as soon as the other side has read enough of what was said before.
    ///
    /// # Errors
    /// The other side has gone; the bus.
    pub async fn say(&mut self, message: impl Into<Bytes>) -> Result<(), AgentError> {
        let message = message.into();
        self.flow.credit.acquire_many(cost(&message)).await.map_err(|_| AgentError::Gone)?.forget();
        self.number += 1;
        let headers = header(NUMBER, &self.number.to_string());
        let said = self.client.publish_with_headers(self.subject.clone(), headers, message).await;
        said.map_err(|error| AgentError::Bus(error.to_string()))
    }
}

fn header(name: &'static str, value: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(name, value);
    headers
}

/// What happens beside the messages.
struct Task {
    client: Client,
    subject: String,
    flow: Arc<Flow>,
    number: u64,
    acked: u64,
}

impl Task {
    async fn run(mut self, mut messages: Subscriber, sender: mpsc::UnboundedSender<Bytes>) {
        let (mut heard, mut beats) = (Instant::now(), interval(BEAT));
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        beats.reset();
        loop {
            let went_well = tokio::select! {
                () = sender.closed() => {
                    let _ = self.tell(header(END, "")).await;
                    false
                }
                message = timeout_at(heard + SILENCE, messages.next()) => match message {
                    Ok(Some(message)) => {
                        heard = Instant::now();
                        self.hear(message, &sender)
                    }
                    _ => false,
                },
                () = self.flow.more.notified() => {
                    let read = self.flow.read.load(Ordering::Relaxed).to_string();
                    self.tell(header(READ, &read)).await
                }
                _ = beats.tick() => self.tell(HeaderMap::new()).await,
            };
            if !went_well {
                break;
            }
        }
        self.flow.credit.close();
        self.flow.gone.cancel();
    }

    async fn tell(&self, headers: HeaderMap) -> bool {
        self.client.publish_with_headers(self.subject.clone(), headers, Bytes::new()).await.is_ok()
    }

    /// Takes a message; whether it goes on.
    fn hear(&mut self, message: Message, sender: &mpsc::UnboundedSender<Bytes>) -> bool {
        let header = |name: &str| message.headers.as_ref()?.get(name).map(|value| value.as_str().parse::<u64>().ok());
        if header(END).is_some() {
            return false;
        }
        if let Some(read) = header(READ) {
            let more = read.unwrap_or(0).saturating_sub(self.acked);
            self.acked += more;
            let most = (WINDOW as usize).saturating_sub(self.flow.credit.available_permits());
            self.flow.credit.add_permits(usize::try_from(more).unwrap_or(most).min(most));
            return true;
        }
        let Some(number) = header(NUMBER) else { return true };
        self.number += 1;
        if number != Some(self.number) {
            self.flow.lost.store(true, Ordering::Relaxed);
            return false;
        }
        sender.send(message.payload).is_ok()
    }
}
