//! Methods of our own, and those of the protocol that the library does not know.
//!
//! | method | params | answer |
//! |---|---|---|
//! | `oal/ir` | `{ uri, environment? }` | `{ environment, json, stale }` |
//! | `oal/graph` | `{ uri, environment? }` | `{ environment, nodes: [{ id, kind, label }], edges: [{ from, to, label }], stale }` |
//! | `oal/status` | none | what the server is doing, for reports of problems |
//! | `workspace/textDocumentContent` | `{ uri }` | `{ text }`: files of the built-in library, pages of codes (LSP 3.18) |
//!
//! While a program has errors, `oal/ir` and `oal/graph` answer with `stale: true`, the `reason`, and what they last answered of it, if
//! they have.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use oal_check::{Checked, Severity};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::{SetTraceParams, TraceValue, Uri};

use super::{Server, View};
use crate::ide::graph;
use crate::key::{self, Key};
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

/// What is shown of a program.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Preview {
    #[serde(flatten)]
    shown: Map<String, Value>,
    /// Whether the program has errors, and this is what it was before it had.
    stale: bool,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// What a preview is of: the program's root, the method, and the environment that was asked for.
type Asked = (Key, &'static str, Option<String>);

/// The last good answers.
#[derive(Debug, Default)]
pub(crate) struct Previews(Mutex<BTreeMap<Asked, Map<String, Value>>>);

/// So many last answers are kept: nobody looks at more.
const MOST_PREVIEWS: usize = 16;

/// A document that is on no disk.
#[derive(Debug, Deserialize)]
pub(crate) struct Named {
    uri: Uri,
}

impl Server {
    /// `oal/ir`
    pub(crate) async fn ir(&self, subject: Subject) -> Result<Preview> {
        self.ask(Lane::Background, "oal/ir", subject, |view, subject| preview(view, subject, "oal/ir", lowered)).await
    }

    /// `oal/graph`
    pub(crate) async fn graph(&self, subject: Subject) -> Result<Preview> {
        self.ask(Lane::Background, "oal/graph", subject, |view, subject| preview(view, subject, "oal/graph", picture))
            .await
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
            "settings": format!("{:?}", snapshot.settings),
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

/// What is shown of a program, or was before it had errors.
fn preview(
    view: &View,
    Subject { uri, environment }: Subject,
    method: &'static str,
    show: fn(&Checked, &str) -> Result<Map<String, Value>>,
) -> Result<Preview> {
    let file = view.file(&uri)?;
    let stale = |shown, reason: String| Preview { shown, stale: true, reason: Some(reason) };
    let programs = view.programs(&file);
    let Some(program) = programs.first().map(|held| &held.program) else {
        return Ok(stale(Map::new(), "checking the program failed".to_owned()));
    };
    let (checked, root) = (&program.checked, program.root().map_or_else(|| Arc::clone(&file.key), Arc::clone));
    let name = (root, method, environment.clone());
    let mut errors = checked.diagnostics().iter().filter(|found| found.severity == Severity::Error);
    if let Some(first) = errors.next() {
        let more = match errors.count() {
            0 => String::new(),
            more => format!(" ({more} more)"),
        };
        let place = checked.project().path(first.primary.file);
        let reason = format!("the program has errors: {place}: {}{more}", first.message);
        let last = lock(&view.session.previews.0).get(&name).cloned().unwrap_or_default();
        return Ok(stale(last, reason));
    }
    let Some(environment) = environment.as_deref().or_else(|| checked.environments().next()) else {
        return Ok(stale(Map::new(), "the program has no environment".to_owned()));
    };
    let shown = show(checked, environment)?;
    let mut previews = lock(&view.session.previews.0);
    if previews.len() >= MOST_PREVIEWS && !previews.contains_key(&name) {
        previews.clear();
    }
    previews.insert(name, shown.clone());
    Ok(Preview { shown, stale: false, reason: None })
}

fn lowered(checked: &Checked, environment: &str) -> Result<Map<String, Value>> {
    let refused = |error: &dyn std::fmt::Display| Error::invalid_params(error.to_string());
    let ir = oal_check::lower(checked, environment).map_err(|error| refused(&error))?;
    let json = ir.to_pretty().map_err(|error| refused(&error))?;
    Ok(Map::from_iter([("environment".to_owned(), json!(environment)), ("json".to_owned(), json!(json))]))
}

fn picture(checked: &Checked, environment: &str) -> Result<Map<String, Value>> {
    match graph::graph(checked, Some(environment)).map(|picture| json!(picture)) {
        Some(Value::Object(picture)) => Ok(picture),
        _ => Err(Error::invalid_params(format!("there is no environment `{environment}`"))),
    }
}

fn content(view: &View, named: Named) -> Result<Value> {
    let key = key::of_uri(named.uri.as_str());
    if let Some(text) = key.strip_prefix(key::STD).and_then(library::text) {
        return Ok(json!({ "text": text }));
    }
    Ok(json!({ "text": view.file(&named.uri)?.text() }))
}
