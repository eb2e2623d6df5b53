//! Queues: NATS, RabbitMQ and Kafka in their official images.

use std::fmt::Write as _;

use helios_client::Failure;
use oal_ir::NodeId;
use oal_ir::v1::{Queue, QueueEngine};
use serde_json::json;

use super::{Common, Managed, Ready, Stream, disk, file, strings};
use crate::domain::container::ContainerSpec;
use crate::domain::outputs::{Program, encode, field, unsupported};
use crate::domain::workload::files::password;

pub(super) fn official(spec: &Queue) -> String {
    match spec.engine {
        QueueEngine::Nats => format!("nats:{}", spec.version),
        QueueEngine::Rabbitmq => format!("rabbitmq:{}", spec.version),
        // The image has full versions only.
        QueueEngine::Kafka => format!("apache/kafka:{}.0.0", spec.version),
    }
}

pub(super) const fn format(spec: &Queue) -> &'static str {
    match spec.engine {
        QueueEngine::Nats => "nats",
        QueueEngine::Rabbitmq => "rabbitmq",
        QueueEngine::Kafka => "kafka",
    }
}

/// `nats://user:password@host:port`, `amqp://…`, `kafka://…`.
pub(crate) fn url(program: &Program<'_>, node: &NodeId, spec: &Queue) -> Result<String, Failure> {
    let scheme = match spec.engine {
        QueueEngine::Nats => "nats",
        QueueEngine::Rabbitmq => "amqp",
        QueueEngine::Kafka => "kafka",
    };
    let password = encode(&password(program, node, spec.password.as_ref(), "password")?);
    Ok(format!("{scheme}://{}:{password}@{}:{}", encode(&spec.user), program.host(node), spec.port))
}

pub(super) fn recipe(program: &Program<'_>, node: &NodeId, spec: &Queue, image: &str) -> Result<Managed, Failure> {
    let common = Common {
        resources: &spec.resources,
        networks: &spec.networks,
        port: spec.port.0.get(),
        publish: spec.publish.map(|port| (port, &spec.publish_address)),
    };
    let container = common.container(program, node, image)?;
    let password = password(program, node, spec.password.as_ref(), "password")?;
    match spec.engine {
        QueueEngine::Nats => Ok(nats(program, node, spec, &password, container)),
        QueueEngine::Rabbitmq => Ok(rabbitmq(program, node, spec, &password, container)),
        QueueEngine::Kafka => kafka(program, node, spec, &password, container),
    }
}

fn nats(program: &Program<'_>, node: &NodeId, spec: &Queue, password: &str, mut container: ContainerSpec) -> Managed {
    const SETTINGS: &str = "/etc/nats/helios.conf";
    // JSON is a subset of the server's language, and quotes every password well.
    let mut settings = json!({
        "port": spec.port.0.get(),
        "server_name": program.host(node),
        "authorization": { "user": spec.user, "password": password },
    });
    if spec.storage.is_some() || !spec.topics.is_empty() {
        let store = match spec.storage {
            Some(size) => json!({ "store_dir": "/data", "max_file_store": size.0 }),
            None => json!({ "store_dir": "/tmp/nats", "max_file_store": 0 }),
        };
        if let Some(settings) = settings.as_object_mut() {
            settings.insert("jetstream".to_owned(), store);
        }
    }
    container.files.insert(SETTINGS.to_owned(), file(settings.to_string()));
    container.command = Some(strings(["--config", SETTINGS]));
    // The image has nothing but the server, which runs as root and leaves nothing behind.
    container.capabilities.clear();
    if spec.storage.is_some() {
        container.mounts.insert("/data".to_owned(), disk(program.names.volume(node, format(spec))));
    }
    let stream = |(topic, settings): (&String, &oal_ir::v1::Topic)| Stream {
        name: topic.replace(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-', "_"),
        subjects: vec![topic.clone(), format!("{topic}.>")],
        keep: settings.keep.map(|keep| keep.0),
        max_size: settings.max_size.map(|size| size.0),
        on_disk: spec.storage.is_some(),
    };
    let streams = spec.topics.iter().map(stream).collect();
    Managed { container, ready: Ready::Tcp(spec.port.0.get()), settle: Vec::new(), streams }
}

fn rabbitmq(
    program: &Program<'_>,
    node: &NodeId,
    spec: &Queue,
    password: &str,
    mut container: ContainerSpec,
) -> Managed {
    const DEFINITIONS: &str = "/etc/rabbitmq/helios-definitions.json";
    // The format has no quotes of its own: what follows the sign is the value, up to the end of the line.
    let mut settings =
        format!("listeners.tcp.default = {}\ndefault_user = {}\ndefault_pass = {password}\n", spec.port, spec.user);
    // The node's name is part of the path of its data, so it must stay.
    container.hostname = Some(program.host(node).to_owned());
    if spec.storage.is_none() {
        let _ = writeln!(settings, "# messages are kept in the container only");
    } else {
        container.mounts.insert("/var/lib/rabbitmq".to_owned(), disk(program.names.volume(node, format(spec))));
    }
    container.files.insert("/etc/rabbitmq/conf.d/90-helios.conf".to_owned(), file(settings));
    let queue = |(name, topic): (&String, &oal_ir::v1::Topic)| {
        let mut arguments = serde_json::Map::new();
        arguments.extend(topic.keep.map(|keep| ("x-message-ttl".to_owned(), json!(keep.0))));
        arguments.extend(topic.max_size.map(|size| ("x-max-length-bytes".to_owned(), json!(size.0))));
        json!({ "name": name, "vhost": "/", "durable": true, "auto_delete": false, "arguments": arguments })
    };
    let mut settle = Vec::new();
    if !spec.topics.is_empty() {
        let definitions = json!({ "queues": spec.topics.iter().map(queue).collect::<Vec<_>>() });
        container.files.insert(DEFINITIONS.to_owned(), file(definitions.to_string()));
        settle.push(strings(["rabbitmqctl", "import_definitions", DEFINITIONS]));
    }
    let ready = Ready::Command(strings(["rabbitmq-diagnostics", "-q", "check_port_listener", &spec.port.to_string()]));
    Managed { container, ready, settle, streams: Vec::new() }
}

/// One node that is broker and controller at once, as the image documents it.
fn kafka(
    program: &Program<'_>,
    node: &NodeId,
    spec: &Queue,
    password: &str,
    mut container: ContainerSpec,
) -> Result<Managed, Failure> {
    const CLIENT: &str = "/etc/helios/client.properties";
    if password.contains(['"', '\\', '\n']) || spec.user.contains(['"', '\\', '\n']) {
        return Err(unsupported(
            "a password of Kafka cannot have quotes, backslashes or line feeds",
            node,
            field(["password"]),
        ));
    }
    let (host, port, user) = (program.host(node), spec.port, &spec.user);
    let module = "org.apache.kafka.common.security.plain.PlainLoginModule";
    let server = format!(
        "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@localhost:29093\n\
         controller.listener.names=CONTROLLER\nlisteners=CLIENT://:{port},CONTROLLER://localhost:29093\n\
         advertised.listeners=CLIENT://{host}:{port}\ninter.broker.listener.name=CLIENT\n\
         listener.security.protocol.map=CLIENT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT\nsasl.enabled.mechanisms=PLAIN\n\
         sasl.mechanism.inter.broker.protocol=PLAIN\nlistener.name.client.plain.sasl.jaas.config={module} required \
         username=\"{user}\" password=\"{password}\" user_{user}=\"{password}\";\nlog.dirs=/var/lib/kafka/data\n\
         offsets.topic.replication.factor=1\ntransaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n"
    );
    let client = format!(
        "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\n\
         sasl.jaas.config={module} required username=\"{user}\" password=\"{password}\";\n"
    );
    container.files.insert("/mnt/shared/config/server.properties".to_owned(), file(server));
    container.files.insert(CLIENT.to_owned(), file(client));
    if spec.storage.is_some() {
        container.mounts.insert("/var/lib/kafka/data".to_owned(), disk(program.names.volume(node, format(spec))));
    }
    let topic = |(name, topic): (&String, &oal_ir::v1::Topic)| {
        let mut command = strings([
            "/opt/kafka/bin/kafka-topics.sh",
            "--bootstrap-server",
            &format!("localhost:{port}"),
            "--command-config",
            CLIENT,
            "--create",
            "--if-not-exists",
            "--topic",
            name,
            "--partitions",
            &topic.partitions.to_string(),
        ]);
        let keep = topic.keep.map(|keep| format!("retention.ms={}", keep.0));
        let size = topic.max_size.map(|size| format!("retention.bytes={}", size.0));
        command.extend(keep.into_iter().chain(size).flat_map(|setting| ["--config".to_owned(), setting]));
        command
    };
    let settle = spec.topics.iter().map(topic).collect();
    Ok(Managed { container, ready: Ready::Tcp(port.0.get()), settle, streams: Vec::new() })
}
