//! The OAL language server. What it answers is in [`ide`], as plain data about a checked program; how it speaks the protocol is
//! outside of it.

mod convert;
mod disk;
mod documents;
mod file;
mod findings;
pub mod ide;
mod key;
mod lanes;
mod library;
mod lines;
mod long;
mod program;
mod server;
mod settings;
mod snapshot;
mod transport;
mod window;
mod workspace;

use std::sync::Arc;

use tower_lsp::LspService;

/// The version of the server: of this package, of the language and of the format it can show.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (edition 1, IR 1)");

/// Serves one client over standard input and output, until it says `exit` or is gone. The exit code: 0 after `shutdown`, else 1.
/// End the process with it: what still runs has nobody to answer.
#[must_use]
pub fn run() -> i32 {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).thread_name("oal-lsp answer").build();
    let (Ok(runtime), Ok(lanes)) = (runtime, lanes::Lanes::start()) else { return 1 };
    let Ok(outbox) = transport::Outbox::start(std::io::stdout()) else { return 1 };
    let replay = transport::Replay::begin().map(Arc::new);
    let code = runtime.block_on(async {
        let (out, noted) = (outbox.clone(), replay.clone());
        let (service, socket) = LspService::build(|client| server::Server::new(client, out, lanes, noted))
            .custom_method("oal/graph", server::Server::graph)
            .custom_method("oal/ir", server::Server::ir)
            .custom_method("oal/status", server::Server::status)
            .custom_method("workspace/textDocumentContent", server::Server::text_document_content)
            .custom_method("$/setTrace", server::Server::set_trace)
            .custom_method("window/workDoneProgress/cancel", server::Server::cancel_progress)
            .finish();
        transport::serve(service, socket, outbox, replay.clone(), server::adjust).await
    });
    // Not waited for: it may be busy for a while.
    runtime.shutdown_background();
    if let Some(replay) = replay {
        replay.end();
    }
    code
}
