//! Methods of our own, and those of the protocol that the library does not know.
//!
//! | method | params | answer |
//! |---|---|---|
//! | `oal/ir` | `{ uri, environment? }` | `{ environment, json }`, or null where the program has errors |
//! | `oal/graph` | `{ uri, environment? }` | `{ environment, nodes: [{ id, kind, label }], edges: [{ from, to, label }] }`, or null |
//! | `oal/status` | none | what the server is doing, for reports of problems |
//! | `workspace/textDocumentContent` | `{ uri }` | `{ text }`: files of the built-in library, pages of codes (LSP 3.18) |

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::{SetTraceParams, TraceValue, Uri};

use super::{Server, View};
use crate::ide::graph::{self, Picture};
use crate::key;
use crate::lanes::Lane;
use crate::library;
use crate::snapshot::lock;

/// A program, by any of its files, in an environment.
#[derive(Debug, Deserialize)]
pub(crate) struct Subject {
    uri: Uri,
    /// The first one where none is named.
    #[serde(default, alias = "env")]
    environment: Option<String>,
}

/// A program's document in an environment.
#[derive(Debug, Serialize)]
pub(crate) struct Lowered {
    environment: String,
    /// The document as people read it.
    json: String,
}

/// A document that is on no disk.
#[derive(Debug, Deserialize)]
pub(crate) struct Named {
    uri: Uri,
}

impl Server {
    /// `oal/ir`
    pub(crate) async fn ir(&self, subject: Subject) -> Result<Option<Lowered>> {
        self.ask(Lane::Background, "oal/ir", subject, lowered).await
    }

    /// `oal/graph`
    pub(crate) async fn graph(&self, subject: Subject) -> Result<Option<Picture>> {
        self.ask(Lane::Background, "oal/graph", subject, picture).await
    }

    /// `workspace/textDocumentContent`
    pub(crate) async fn text_document_content(&self, named: Named) -> Result<Value> {
        self.ask(Lane::Interactive, "workspace/textDocumentContent", named, content).await
    }

    /// `oal/status`
    pub(crate) async fn status(&self) -> Result<Value> {
        let snapshot = lock(&self.inner.workspace).snapshot();
        let session = self.session();
        Ok(json!({
            "version": crate::VERSION,
            "encoding": format!("{:?}", session.encoding),
            "revision": snapshot.revision,
            "documents": { "known": snapshot.table.len(), "open": snapshot.open.len() },
            "programs": { "checked": snapshot.checked_count() },
            "settings": format!("{:?}", snapshot.settings()),
        }))
    }

    /// `$/setTrace`
    pub(crate) async fn set_trace(&self, params: SetTraceParams) {
        *lock(&self.inner.trace) = params.value;
    }

    /// Tells what is done, where the client wants to know.
    pub(super) fn trace(&self, message: impl FnOnce() -> String) {
        if *lock(&self.inner.trace) != TraceValue::Off {
            self.inner.outbox.notify("$/logTrace", json!({ "message": message() }));
        }
    }
}

fn lowered(view: &View, subject: Subject) -> Result<Option<Lowered>> {
    let file = view.file(&subject.uri)?;
    let programs = view.programs(&file);
    let Some(held) = programs.first().filter(|held| !held.program.checked.has_errors()) else { return Ok(None) };
    let checked = &held.program.checked;
    let Some(environment) = subject.environment.as_deref().or_else(|| checked.environments().next()) else {
        return Ok(None);
    };
    let refused = |error: &dyn std::fmt::Display| Error::invalid_params(error.to_string());
    let ir = oal_check::lower(checked, environment).map_err(|error| refused(&error))?;
    let json = ir.to_pretty().map_err(|error| refused(&error))?;
    Ok(Some(Lowered { environment: environment.to_owned(), json }))
}

fn picture(view: &View, subject: Subject) -> Result<Option<Picture>> {
    let file = view.file(&subject.uri)?;
    let programs = view.programs(&file);
    let Some(held) = programs.first().filter(|held| !held.program.checked.has_errors()) else { return Ok(None) };
    let checked = &held.program.checked;
    if let Some(name) = subject.environment.as_deref().filter(|name| checked.environments().all(|known| known != *name))
    {
        return Err(Error::invalid_params(format!("there is no environment `{name}`")));
    }
    Ok(graph::graph(checked, subject.environment.as_deref()))
}

fn content(view: &View, named: Named) -> Result<Value> {
    let key = key::of_uri(named.uri.as_str());
    if let Some(text) = key.strip_prefix(key::STD).and_then(library::text) {
        return Ok(json!({ "text": text }));
    }
    Ok(json!({ "text": view.file(&named.uri)?.text() }))
}
