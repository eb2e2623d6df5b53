//! Traces for OpenTelemetry: a collector sees what a command caused as one trace, and nothing waits for a collector.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::State;
use http::HeaderMap;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

use super::{App, Live, web};
use crate::cli::sandbox::Ran;

const CANARY: &str = "canary-of-traces-7f3a";

/// What was sent to it: of each span the service it is of, and all bytes.
#[derive(Default)]
struct Received {
    spans: Vec<(String, Span)>,
    bytes: Vec<u8>,
}

/// A collector of OpenTelemetry.
struct Collector {
    address: SocketAddr,
    received: Arc<Mutex<Received>>,
    _runtime: tokio::runtime::Runtime,
}

impl Collector {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let received = Arc::<Mutex<Received>>::default();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let app = axum::Router::new().route("/v1/traces", axum::routing::post(take)).with_state(Arc::clone(&received));
        runtime.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, received, _runtime: runtime }
    }

    fn variables(&self) -> [String; 2] {
        [
            format!("OTEL_EXPORTER_OTLP_ENDPOINT=http://{}", self.address),
            "OTEL_EXPORTER_OTLP_HEADERS=x-key=of-the-collector".to_owned(),
        ]
    }
}

async fn take(State(received): State<Arc<Mutex<Received>>>, headers: HeaderMap, body: Bytes) {
    assert_eq!(headers["content-type"], "application/x-protobuf");
    assert_eq!(headers["x-key"], "of-the-collector");
    let request = ExportTraceServiceRequest::decode(body.clone()).unwrap();
    let mut received = received.lock().unwrap();
    received.bytes.extend_from_slice(&body);
    for of_service in request.resource_spans {
        let attributes = of_service.resource.unwrap().attributes;
        let name = attributes.into_iter().find(|attribute| attribute.key == "service.name").unwrap();
        let Some(Value::StringValue(name)) = name.value.unwrap().value else { panic!("a name is a text") };
        let spans = of_service.scope_spans.into_iter().flat_map(|scope| scope.spans);
        received.spans.extend(spans.map(|span| (name.clone(), span)));
    }
}

/// A command with these variables in its environment.
fn run(app: &App, arguments: &[&str], variables: &[String]) -> Ran {
    let mut command: Command = app.command(arguments);
    command.envs(variables.iter().map(|variable| variable.split_once('=').unwrap()));
    Ran::of(command, "")
}

#[test]
fn a_deployment_is_one_trace_from_the_command_to_the_target_and_nothing_waits_for_a_collector() {
    let collector = Collector::start();
    let mut live = Arc::new(Live::start_with(&collector.variables()));
    let program = web("one")
        .replace("image: \"python:3.12-slim\"", "build: { context: \".\" }")
        .replace("VERSION: \"one\"", "VERSION: key");
    let app = App::on(Arc::clone(&live), "traced", &(program.clone() + "secret key {}\n"));
    std::fs::write(app.files.path("Dockerfile"), "FROM python:3.12-slim\nCOPY program.py /\n").unwrap();
    app.run_with_input(&["secrets", "set", "key", "-e", "dev"], CANARY).code(0);
    let variables = [&collector.variables()[..], &["OTEL_SERVICE_NAME=ci".to_owned()]].concat();
    run(&app, &["deploy", "-e", "dev"], &variables).code(0);
    std::fs::remove_file(app.files.path("Dockerfile")).unwrap();
    run(&app, &["deploy", "-e", "dev"], &variables).code(3);

    // What was done last comes with the next batch.
    let is_there =
        || collector.received.lock().unwrap().spans.iter().filter(|(_, span)| span.name == "build.docker").count() == 2;
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_there() {
        assert!(Instant::now() < deadline, "{:?}", collector.received.lock().unwrap().spans);
        std::thread::sleep(Duration::from_millis(50));
    }

    // The collector goes, and all goes on.
    let Collector { address, received, _runtime } = collector;
    drop(_runtime);
    app.program(&(program.replace("build: { context: \".\" }", "image: \"python:3.12-slim\"") + "secret key {}\n"));
    let begun = Instant::now();
    run(&app, &["status", "-e", "dev"], &variables).code(0);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    run(&app, &["deploy", "-e", "dev"], &variables).code(0).out("release 2");
    let other =
        [format!("OTEL_EXPORTER_OTLP_ENDPOINT=http://{address}"), "OTEL_EXPORTER_OTLP_PROTOCOL=grpc".to_owned()];
    run(&app, &["status", "-e", "dev"], &other).code(0).err("traces are sent as `http/protobuf`");
    let (token, org) = (live.token.clone(), live.org.clone());
    drop(app);
    let begun = Instant::now();
    Arc::get_mut(&mut live).unwrap().server.take().unwrap().end(rustix::process::Signal::TERM);
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    drop(live);

    let received = received.lock().unwrap();
    let found = |name: &str, parent: &[u8]| -> Vec<&Span> {
        let of =
            |(_, span): &&(String, Span)| span.name == name && (parent.is_empty() || span.parent_span_id == parent);
        received.spans.iter().filter(of).map(|(_, span)| span).collect()
    };
    let roots = found("helios deploy", &[]);
    assert_eq!(roots.len(), 2, "{:?}", received.spans);
    let (first, second) = (roots[0], roots[1]);
    assert!(first.parent_span_id.is_empty() && second.parent_span_id.is_empty());
    assert_ne!(first.trace_id, second.trace_id);
    let ask = "POST /v1/apps/{app}/environments/{environment}/deployments";
    let [asked] = found(ask, &first.span_id)[..] else { panic!("{:?}", found(ask, &[])) };
    assert_eq!(asked.trace_id, first.trace_id);
    let of_platform = ["oal.check", "build.docker"]
        .into_iter()
        .map(str::to_owned)
        .chain(["release", "start", "verify", "shift", "drain"].iter().map(|phase| format!("deploy.docker.{phase}")));
    for name in of_platform {
        let [job] = found(&name, &asked.span_id)[..] else { panic!("{name}: {:?}", found(&name, &[])) };
        assert_eq!(job.trace_id, first.trace_id, "{name}");
        assert!(job.status.as_ref().is_none_or(|status| status.message.is_empty()), "{job:?}");
        assert!(job.start_time_unix_nano >= asked.start_time_unix_nano, "{name}");
    }
    for (service, span) in &received.spans {
        assert_eq!(service, if span.name.starts_with("helios ") { "ci" } else { "helios" }, "{span:?}");
        assert!(span.events.is_empty());
    }
    let [failed] = found(ask, &second.span_id)[..] else { panic!("{:?}", found(ask, &[])) };
    let [build] = found("build.docker", &failed.span_id)[..] else { panic!("{:?}", found("build.docker", &[])) };
    assert_eq!(build.status.as_ref().unwrap().message, "build_step");
    let text = String::from_utf8_lossy(&received.bytes);
    for secret in [CANARY, &*token, &*org, "program.py"] {
        assert!(!text.contains(secret), "{secret}");
    }
}
