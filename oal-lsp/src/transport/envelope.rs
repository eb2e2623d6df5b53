//! One message of JSON-RPC 2.0, told apart: request, notification, answer, or none of them. Numbers of requests are kept as they
//! were written, so that every one comes back as it was, however long.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use tower_lsp::jsonrpc::{Error, ErrorCode, Id, Response};

/// What a body says.
#[derive(Debug)]
pub(crate) enum Message {
    /// Wants an answer under this number, as JSON.
    Request { id: String, method: String, params: Option<Value> },
    /// Wants none.
    Notification { method: String, params: Option<Value> },
    /// Answers a request of ours.
    Answer(Response),
    /// Is none of these; the error to send and the number to send it under.
    Invalid { id: String, error: Error },
}

/// The number of an answer to something whose number could not be read.
pub(crate) const NULL: &str = "null";

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(default)]
    method: Option<String>,
    #[serde(default)]
    params: Option<Value>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

/// Tells `null` from nothing.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(from).map(Some)
}

/// Reads a body.
///
/// # Errors
/// Why it is no JSON.
pub(crate) fn read(body: &[u8]) -> Result<Message, String> {
    let text = std::str::from_utf8(body).map_err(|error| format!("the message is not UTF-8: {error}"))?;
    let envelope: Envelope<'_> = match serde_json::from_str(text) {
        Ok(envelope) => envelope,
        Err(error) if error.is_data() => {
            let words = if text.trim_start().starts_with('[') {
                "batches are not part of the language server protocol: send each message by itself".to_owned()
            } else {
                format!("the message is no request, notification or answer: {error}")
            };
            return match serde_json::from_str::<serde::de::IgnoredAny>(text) {
                Ok(_) => Ok(invalid(NULL, words)),
                Err(error) => Err(error.to_string()),
            };
        }
        Err(error) => return Err(error.to_string()),
    };
    Ok(told_apart(envelope))
}

fn told_apart(envelope: Envelope<'_>) -> Message {
    let Envelope { id, method, params, result, error } = envelope;
    let id = id.map(RawValue::get);
    if id.is_some_and(|id| !is_number(id)) {
        return invalid(NULL, "the number of a request is a number or a text".to_owned());
    }
    match (method, id) {
        (Some(method), Some(id)) => Message::Request { id: id.to_owned(), method, params },
        (Some(method), None) => Message::Notification { method, params },
        (None, Some(id)) => match answer(id, result, error) {
            Some(answer) => Message::Answer(answer),
            None => invalid(id, "the message has neither a method nor a result".to_owned()),
        },
        (None, None) => invalid(NULL, "the message has neither a method nor a number".to_owned()),
    }
}

/// Whether this can stand as the number of a request: JSON-RPC 2.0 section 4 allows `null`, too.
fn is_number(id: &str) -> bool {
    id.starts_with(|first: char| first == '"' || first == '-' || first.is_ascii_digit()) || id == NULL
}

fn answer(id: &str, result: Option<&RawValue>, error: Option<&RawValue>) -> Option<Response> {
    let parsed: Id = serde_json::from_str(id).unwrap_or(Id::Null);
    if let Some(error) = error {
        let error = serde_json::from_str(error.get()).unwrap_or_else(|_| Error::internal_error());
        return Some(Response::from_error(parsed, error));
    }
    Some(Response::from_ok(parsed, serde_json::from_str(result?.get()).ok()?))
}

fn invalid(id: &str, words: String) -> Message {
    Message::Invalid { id: id.to_owned(), error: error(ErrorCode::InvalidRequest, words) }
}

/// An error with words of our own.
pub(crate) fn error(code: ErrorCode, words: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error { code, message: words.into(), data: None }
}
