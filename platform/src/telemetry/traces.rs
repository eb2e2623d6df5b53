//! Traces for OpenTelemetry: spans of what is asked and done, sent by OTLP to a collector. Only where the variables of the
//! environment name one; otherwise nothing is set up and [`span`] gives none. The trace that a span is part of travels as
//! [`crate::trace`] says, so that what several processes do for one request is one trace.
//!
//! Spans are made by hand and have no more attributes than are given here: ids, patterns of routes, kinds of failures. Lines of the
//! log are not sent, and no text that could hold a value of a program.

use std::collections::HashMap;
use std::env;
use std::pin::Pin;
use std::sync::OnceLock;
use std::time::Duration;

use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{Span as _, Status, TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tokio::runtime::Handle;

pub use opentelemetry::trace::SpanKind;

/// How long the collector may take for what is sent to it at once.
const SENDING: Duration = Duration::from_secs(10);
/// How long the end of a process waits for the collector.
const LAST: Duration = Duration::from_secs(3);

static TRACES: OnceLock<Traces> = OnceLock::new();

struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

/// Begins to send spans, where `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` says to whom. Needs a runtime.
/// Returns why it does not, where it should.
#[must_use]
pub fn begin() -> Option<String> {
    let set = |name: &str| env::var(name).is_ok_and(|value| !value.trim().is_empty());
    let is = |name: &str, what: &str| env::var(name).is_ok_and(|value| value.eq_ignore_ascii_case(what));
    let named = set("OTEL_EXPORTER_OTLP_ENDPOINT") || set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
    if !named || is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none") || TRACES.get().is_some() {
        return None;
    }
    for protocol in ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"] {
        if set(protocol) && !is(protocol, "http/protobuf") {
            return Some(format!("traces are sent as `http/protobuf`, and `{protocol}` names another protocol"));
        }
    }
    match traces() {
        Ok(traces) => {
            let _ = TRACES.set(traces);
            None
        }
        Err(error) => Some(format!("traces cannot be sent: {error}")),
    }
}

fn traces() -> Result<Traces, Box<dyn std::error::Error>> {
    let exporter = SpanExporter::builder().with_http().with_http_client(Http::new()?).build()?;
    let mut resource = Resource::builder();
    let attributes = env::var("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
    if env::var("OTEL_SERVICE_NAME").is_err() && !attributes.contains("service.name=") {
        resource = resource.with_service_name("helios");
    }
    let provider = SdkTracerProvider::builder().with_resource(resource.build()).with_batch_exporter(exporter).build();
    let tracer = provider.tracer("helios");
    Ok(Traces { provider, tracer })
}

/// Sends what is left, for as long as that is worth waiting for; nothing is sent any more then.
pub async fn end() {
    if let Some(traces) = TRACES.get() {
        // The thread that sends needs this one's runtime.
        let ended = tokio::task::spawn_blocking(|| traces.provider.shutdown_with_timeout(LAST)).await;
        if !matches!(ended, Ok(Ok(()))) {
            tracing::warn!("the last traces could not be sent");
        }
    }
}

/// Something that is done, from now until it is dropped.
#[derive(Debug)]
pub struct Span {
    span: opentelemetry_sdk::trace::Span,
}

/// Begins a span of a trace, or of a new one where `parent` (a `traceparent`) is none; nothing where none are sent.
pub fn span(
    kind: SpanKind,
    parent: Option<&str>,
    what: impl FnOnce() -> (String, Vec<(&'static str, String)>),
) -> Option<Span> {
    let Traces { tracer, .. } = TRACES.get()?;
    let (name, attributes) = what();
    let carrier: HashMap<String, String> =
        parent.map(|parent| ("traceparent".to_owned(), parent.to_owned())).into_iter().collect();
    let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier);
    let attributes = attributes.into_iter().map(|(name, value)| KeyValue::new(name, value));
    let builder = tracer.span_builder(name).with_kind(kind).with_attributes(attributes);
    Some(Span { span: builder.start_with_context(tracer, &parent) })
}

impl Span {
    /// What others say they work for who do a part of it.
    #[must_use]
    pub fn traceparent(&self) -> String {
        let mut carrier = HashMap::new();
        let context = Context::new().with_remote_span_context(self.span.span_context().clone());
        TraceContextPropagator::new().inject_context(&context, &mut carrier);
        carrier.remove("traceparent").unwrap_or_default()
    }

    /// Adds an attribute.
    pub fn set(&mut self, name: &'static str, value: i64) {
        self.span.set_attribute(KeyValue::new(name, value));
    }

    /// It does not go well; `why` is one of a few words.
    pub fn fail(&mut self, why: &str) {
        self.span.set_status(Status::error(why.to_owned()));
    }
}

/// What brings spans to the collector: they are handed over by a thread that has no runtime.
#[derive(Debug)]
struct Http {
    client: reqwest::Client,
    runtime: Handle,
}

impl Http {
    fn new() -> reqwest::Result<Self> {
        // another part of the process may have chosen one before, which is fine
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().timeout(SENDING).redirect(reqwest::redirect::Policy::none());
        Ok(Self { client: client.build()?, runtime: Handle::current() })
    }
}

type Answer = Result<Response<Bytes>, HttpError>;

impl HttpClient for Http {
    fn send_bytes<'a, 'b>(&'a self, request: Request<Bytes>) -> Pin<Box<dyn Future<Output = Answer> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        let client = self.client.clone();
        let sent = self.runtime.spawn(async move {
            let answer = client.execute(request.try_into()?).await?;
            let status = answer.status();
            let mut response = Response::new(answer.bytes().await?);
            *response.status_mut() = status;
            Answer::Ok(response)
        });
        Box::pin(async move { sent.await? })
    }
}
