//! Disks that are full: the deployment fails and says which disk it is, and the next one goes live once there is room.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use helios::artifacts;
use helios::bundle;
use helios::store::tokens;
use helios_client::{Client, DeploymentState, Digest, Failure, FailureKind, NewDeployment, Scope};
use tokio::time::Instant;

use super::platform::{Platform, SHARED};
use crate::access::new_token;
use crate::api::name;
use crate::support::disk::SmallDisk;

/// Somebody who deploys `shop` over HTTP.
struct Person(Client);

impl Person {
    async fn of(platform: &Platform) -> Self {
        let mut tx = platform.store.tenant(platform.org).await.unwrap();
        let (_, token) = tokens::create(&mut tx, platform.org, &new_token(&[Scope::Admin]), None).await.unwrap();
        tx.commit().await.unwrap();
        let client = Client::new(&platform.api(), &token).unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        while client.identity().await.is_err() {
            assert!(Instant::now() < deadline, "the API does not answer\n{}", platform.logs());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Self(client)
    }

    async fn send(&self, project: &Path) -> Result<Digest, helios_client::ClientError> {
        let packed = bundle::pack(project, &bundle::Named::default(), &bundle::Limits::PROJECT).unwrap();
        let bytes = std::fs::read(packed.path()).unwrap();
        let digest: Digest = artifacts::digest(&bytes).parse().unwrap();
        let size = bytes.len() as u64;
        let bytes = futures::stream::iter([Ok::<_, std::io::Error>(bytes)]);
        self.0.upload_source(&digest, size, bytes).await.map(|_| digest)
    }

    /// What becomes of a deployment of these sources.
    async fn deploy(&self, source: &Digest) -> Result<(), Failure> {
        let new = NewDeployment::Deploy { source: source.clone(), params: BTreeMap::new() };
        let id = self.0.deploy(&name("shop"), &name("default"), &new).await.unwrap().id;
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let found = self.0.deployment(id).await.unwrap();
            match found.state {
                DeploymentState::Live => return Ok(()),
                DeploymentState::Failed => return Err(found.failure.expect("it says why")),
                state => assert!(!state.is_terminal() && Instant::now() < deadline, "{found:?}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn says(failure: &Failure, kind: FailureKind, stage: &str, disk: &str, directory: &Path) {
    let message = format!("the disk of the {disk} is full: no space is left in `{}`", directory.display());
    assert_eq!((failure.kind, &*failure.stage, &*failure.message), (kind, stage, &*message), "{failure:?}");
    assert!(failure.help.is_some(), "{failure:?}");
}

fn entries(directory: &Path) -> Vec<String> {
    let name = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    std::fs::read_dir(directory).unwrap().flatten().map(name).collect()
}

async fn nothing_runs(platform: &Platform) {
    assert_eq!(platform.objects(&["ps", "-aq"]), Vec::<String>::new());
    assert_eq!(platform.objects(&["network", "ls", "-q"]), Vec::<String>::new());
    let open = "SELECT count(*) FROM jobs WHERE state IN ('queued', 'running')";
    assert_eq!(sqlx::query_scalar::<_, i64>(open).fetch_one(platform.store.pool()).await.unwrap(), 0);
}

/// A service of two megabytes, which need that much to unpack, and more to be packed into an image.
const PROGRAM: &str = r#"app shop {}
service web {
  build: { context: "." }
  command: ["/bin/busybox", "httpd", "-f", "-p", "8000", "-h", "/www"]
  ports: { http: 8000 }
  health: http(path: "/", every: 500ms, retries: 2)
  stop_grace: 1s
  update: { monitor: 300ms }
}
route site { host: "shop.localhost", to: web.http, tls: off }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_of_the_builder_fails_a_deployment_and_not_the_next_one() {
    let mut platform = Platform::new(SHARED).await;
    let builds = platform.data().join("builds");
    let Some(disk) = SmallDisk::mount(&builds, "1m") else { return };
    platform.start_roles();
    let person = Person::of(&platform).await;
    let project = tempfile::tempdir().unwrap();
    std::fs::write(project.path().join("app.oal"), PROGRAM).unwrap();
    std::fs::write(project.path().join("index.html"), "room").unwrap();
    std::fs::copy("/bin/busybox", project.path().join("busybox")).expect("busybox: apt-get install busybox-static");
    let recipe = "FROM scratch\nCOPY busybox /bin/busybox\nCOPY index.html /www/index.html\n";
    std::fs::write(project.path().join("Dockerfile"), recipe).unwrap();
    let source = person.send(project.path()).await.unwrap();
    for size in ["1m", "3m"] {
        disk.resize(size);
        let failure = person.deploy(&source).await.unwrap_err();
        says(&failure, FailureKind::BuildLimit, "building", "builder", &builds);
        assert_eq!(failure.node.map(|node| node.to_string()).as_deref(), Some("service/web"));
        assert_eq!(entries(&builds), Vec::<String>::new(), "with {size}");
        nothing_runs(&platform).await;
    }
    disk.resize("64m");
    person.deploy(&source).await.unwrap();
    assert_eq!(platform.answer("shop").await, "room");
    assert_eq!(entries(&builds), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_of_the_artifact_store_fails_a_deployment_and_not_the_next_one() {
    let mut platform = Platform::new(SHARED).await;
    let store = platform.data().join("artifacts");
    let Some(_disk) = SmallDisk::mount(&store, "1m") else { return };
    platform.start_roles();
    let person = Person::of(&platform).await;
    let project = tempfile::tempdir().unwrap();
    let program = PROGRAM.replace(r#"build: { context: "." }"#, r#"image: "busybox:1""#);
    let program = program.replace(r#""/www""#, r#""/etc""#).replace(r#"path: "/""#, r#"path: "/passwd""#);
    std::fs::write(project.path().join("app.oal"), &program).unwrap();
    let source = person.send(project.path()).await.unwrap();
    let filler = store.join("filler");
    let mut open = std::fs::File::create(&filler).unwrap();
    while open.write_all(&[1; 4096]).is_ok() {}
    let failure = person.deploy(&source).await.unwrap_err();
    says(&failure, FailureKind::Internal, "checking", "artifact store", &store);
    assert_eq!(entries(&store.join("incoming")), Vec::<String>::new());
    nothing_runs(&platform).await;

    std::fs::write(project.path().join("app.oal"), program.replace("500ms", "600ms")).unwrap();
    let refused = person.send(project.path()).await.unwrap_err();
    assert_eq!(refused.status(), Some(503), "{refused}");
    assert!(refused.to_string().contains(&*store.display().to_string()), "{refused}");
    assert_eq!(entries(&store.join("incoming")), Vec::<String>::new());

    drop(open);
    std::fs::remove_file(&filler).unwrap();
    person.deploy(&source).await.unwrap();
    let source = person.send(project.path()).await.unwrap();
    person.deploy(&source).await.unwrap();
}
