//! Directories that BuildKit fetches: first what is in them, then the contents of those files that it does not have yet.
//! (The protocol of <https://github.com/tonistiigi/fsutil>, `send.go` and `receive.go`.)

use std::collections::BTreeMap;
use std::io::Read as _;
use std::pin::Pin;
use std::sync::Arc;

use bollard_buildkit_proto::fsutil::types::packet::PacketType;
use bollard_buildkit_proto::fsutil::types::{Packet, Stat};
use bollard_buildkit_proto::moby::filesync::packet::file_sync_server::FileSync;
use bytes::Bytes;
use cap_std::fs::Dir;
use futures::Stream;
use tokio::sync::mpsc::Sender;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

/// Bytes of a file that are sent at a time.
const PIECE: usize = 32 * 1024;
/// Pieces that wait to be sent.
const QUEUE: usize = 16;
/// Bits of a mode (Go's `io/fs.FileMode`).
const DIRECTORY: u32 = 1 << 31;
const SYMLINK: u32 = 1 << 27;

/// What stands at a path.
#[derive(Debug, Clone)]
pub enum Entry {
    /// A directory.
    Directory,
    /// A symbolic link.
    Link {
        /// Where it leads, as it was written.
        target: String,
    },
    /// A file.
    File {
        /// Whether it may be run.
        executable: bool,
        /// Bytes.
        size: u64,
        /// Where they are.
        content: Content,
    },
}

/// The bytes of a file.
#[derive(Debug, Clone)]
pub enum Content {
    /// These.
    Text(Bytes),
    /// Those of the file at a path.
    At(Arc<Dir>, String),
}

/// A directory.
#[derive(Debug, Default)]
pub struct Tree {
    /// By the parts of their paths: this is the order in which they are told, a directory right before what is in it.
    entries: BTreeMap<Vec<String>, Entry>,
    /// The time of all of them, in nanoseconds since 1970.
    time: i64,
}

impl Tree {
    /// A directory without anything in it, whose files have this time, in nanoseconds since 1970.
    #[must_use]
    pub const fn new(time: i64) -> Self {
        Self { entries: BTreeMap::new(), time }
    }

    /// Puts something at a path, below directories that are made.
    pub fn add(&mut self, path: &str, entry: Entry) {
        let parts: Vec<String> = path.split('/').map(str::to_owned).collect();
        for end in 1..parts.len() {
            let above = parts.iter().take(end).cloned().collect();
            self.entries.entry(above).or_insert(Entry::Directory);
        }
        self.entries.insert(parts, entry);
    }

    fn stats(&self) -> impl Iterator<Item = Stat> {
        self.entries.iter().map(|(path, entry)| {
            let (mode, size, linkname) = match entry {
                Entry::Directory => (DIRECTORY | 0o755, 0, String::new()),
                Entry::Link { target } => (SYMLINK | 0o777, 0, target.clone()),
                Entry::File { executable, size, .. } => {
                    (if *executable { 0o755 } else { 0o644 }, i64::try_from(*size).unwrap_or(i64::MAX), String::new())
                }
            };
            Stat { path: path.join("/"), mode, size, linkname, mod_time: self.time, ..Stat::default() }
        })
    }

    /// The contents of the entry that was told as the n-th.
    fn content(&self, number: u32) -> Option<(Content, u64)> {
        match self.entries.values().nth(usize::try_from(number).ok()?)? {
            Entry::File { content, size, .. } => Some((content.clone(), *size)),
            Entry::Directory | Entry::Link { .. } => None,
        }
    }
}

/// The directories of a session.
#[derive(Debug)]
pub(super) struct Files(pub(super) BTreeMap<String, Arc<Tree>>);

type Pieces = Pin<Box<dyn Stream<Item = Result<Packet, Status>> + Send>>;

#[tonic::async_trait]
impl FileSync for Files {
    type DiffCopyStream = Pieces;
    type TarStreamStream = Pieces;

    async fn diff_copy(&self, request: Request<Streaming<Packet>>) -> Result<Response<Pieces>, Status> {
        let headers = request.metadata();
        let values = |name: &str| -> Vec<String> {
            headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).map(str::to_owned).collect()
        };
        let name = values("dir-name").pop().unwrap_or_default();
        let tree = self.0.get(&name).cloned();
        let mut tree = tree.ok_or_else(|| Status::not_found(format!("there is no directory `{name}`")))?;
        // What it leaves out was left out before the tree was made; that there is nothing more to leave out is all it may learn.
        let wanted: Vec<String> = ["include-patterns", "followpaths"].iter().flat_map(|name| values(name)).collect();
        if !wanted.is_empty() && wanted.iter().all(|path| path.ends_with(".dockerignore")) {
            tree = Arc::new(Tree::default());
        }
        let (pieces, queue) = tokio::sync::mpsc::channel(QUEUE);
        tokio::spawn(async move {
            if let Err(status) = send(&tree, request.into_inner(), &pieces).await {
                let _ = pieces.send(Err(status)).await;
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(queue))))
    }

    async fn tar_stream(&self, _: Request<Streaming<Packet>>) -> Result<Response<Pieces>, Status> {
        Err(Status::unimplemented("archives are not sent"))
    }
}

/// Tells what is in a directory and sends the contents that are asked for.
async fn send(
    tree: &Tree,
    mut asked: Streaming<Packet>,
    pieces: &Sender<Result<Packet, Status>>,
) -> Result<(), Status> {
    let gone = || Status::cancelled("nobody listens any more");
    let stat = |stat| Packet { r#type: PacketType::PacketStat.into(), stat, ..Packet::default() };
    for each in tree.stats() {
        pieces.send(Ok(stat(Some(each)))).await.map_err(|_| gone())?;
    }
    pieces.send(Ok(stat(None))).await.map_err(|_| gone())?;
    while let Some(packet) = asked.message().await? {
        match packet.r#type() {
            PacketType::PacketReq => {
                let found = tree.content(packet.id);
                let (content, size) = found.ok_or_else(|| Status::invalid_argument("there is no such file"))?;
                let (id, pieces) = (packet.id, pieces.clone());
                let sent = tokio::task::spawn_blocking(move || send_content(id, &content, size, &pieces));
                sent.await.map_err(|error| Status::internal(error.to_string()))??;
            }
            PacketType::PacketFin => {
                let fin = Packet { r#type: PacketType::PacketFin.into(), ..Packet::default() };
                return pieces.send(Ok(fin)).await.map_err(|_| gone());
            }
            PacketType::PacketErr => return Err(Status::aborted(String::from_utf8_lossy(&packet.data))),
            PacketType::PacketStat | PacketType::PacketData => {}
        }
    }
    Ok(())
}

/// Sends a file piece by piece; one without anything in it is its end. To be called where waiting is allowed.
fn send_content(id: u32, content: &Content, size: u64, pieces: &Sender<Result<Packet, Status>>) -> Result<(), Status> {
    let piece = |data: Vec<u8>| {
        let packet = Packet { r#type: PacketType::PacketData.into(), id, data, ..Packet::default() };
        pieces.blocking_send(Ok(packet)).map_err(|_| Status::cancelled("nobody listens any more"))
    };
    let failed = |error: std::io::Error| Status::internal(format!("a file of the context: {error}"));
    let mut reader: Box<dyn std::io::Read> = match content {
        Content::Text(text) => Box::new(&**text),
        Content::At(directory, path) => Box::new(directory.open(path).map_err(failed)?.take(size)),
    };
    loop {
        let mut data = Vec::with_capacity(PIECE);
        reader.by_ref().take(PIECE as u64).read_to_end(&mut data).map_err(failed)?;
        if data.is_empty() {
            return piece(data);
        }
        piece(data)?;
    }
}
