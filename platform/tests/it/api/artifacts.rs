//! Artifacts that nobody needs go, and nobody who was told that one is there finds it gone.

use std::sync::Barrier;
use std::time::{Duration, SystemTime};

use helios::artifacts::Artifacts;
use helios::domain::garbage::REST;
use helios::roles::collector;
use helios::store::artifacts as rights;
use helios_client::{Client, ClientError, Digest, NewDeployment};

use super::operations::release;
use super::{Served, shop};

/// Nobody has asked for any of them for longer than they rest.
pub(crate) fn age(artifacts: &Artifacts) {
    for digest in artifacts.at_rest(SystemTime::now() + Duration::from_secs(60)).unwrap() {
        let file = artifacts.file(&digest).unwrap();
        file.set_modified(SystemTime::now() - REST.to_std().unwrap() - Duration::from_secs(60)).unwrap();
    }
}

/// Removes what nobody needs, where two releases are kept.
async fn collect(served: &Served) -> Vec<String> {
    collector::collect(&served.store, &served.artifacts, 2).await.unwrap()
}

async fn upload(client: &Client, digest: &Digest) {
    let bundle = futures::stream::iter([Ok::<_, std::io::Error>(b"not really a bundle".to_vec())]);
    client.upload_source(digest, 19, bundle).await.unwrap();
}

#[tokio::test]
async fn a_bundle_goes_a_day_after_it_was_last_asked_for_and_can_be_sent_again() {
    let served = Served::start().await;
    let (_, secret) = served.organisation("acme").await;
    let client = served.client(&secret);
    let (app, environment, source) = shop(&client).await;
    assert!(collect(&served).await.is_empty(), "it is new");
    age(&served.artifacts);
    assert!(client.has_source(&source).await.unwrap());
    assert!(collect(&served).await.is_empty(), "somebody was told that it is there");
    age(&served.artifacts);
    upload(&client, &source).await;
    assert!(collect(&served).await.is_empty(), "somebody sent it again");

    age(&served.artifacts);
    assert_eq!(collect(&served).await, [source.to_string()]);
    assert!(collect(&served).await.is_empty());
    assert!(!client.has_source(&source).await.unwrap());
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM artifacts").fetch_one(served.store.pool()).await.unwrap();
    assert_eq!(rows, 0);
    let deploy = NewDeployment::Deploy { source: source.clone(), params: [].into() };
    let Err(ClientError::Problem(problem)) = client.deploy(&app, &environment, &deploy).await else { panic!() };
    assert!(problem.detail.unwrap().ends_with("has not been uploaded"));
    upload(&client, &source).await;
    client.deploy(&app, &environment, &deploy).await.unwrap();
    age(&served.artifacts);
    assert!(collect(&served).await.is_empty(), "a deployment is under way");
}

/// The collector is stopped between all its steps; who sends the bytes then has them in the end.
#[tokio::test]
async fn a_bundle_that_is_sent_while_it_goes_stays() {
    let served = Served::start().await;
    let (_, secret) = served.organisation("acme").await;
    let client = served.client(&secret);
    let (app, environment, source) = shop(&client).await;
    age(&served.artifacts);
    let mut tx = served.store.system().await.unwrap();
    rights::forget(&mut tx, source.as_str()).await.unwrap();
    let since = SystemTime::now() - Duration::from_secs(3600);
    let outgoing = served.artifacts.take_out(source.as_str(), since).unwrap().unwrap();
    assert!(!client.has_source(&source).await.unwrap(), "it is as good as gone");
    let upload = async {
        upload(&client, &source).await;
        client.has_source(&source).await.unwrap()
    };
    let go = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        tx.commit().await.unwrap();
        outgoing.remove().unwrap();
    };
    assert!(tokio::join!(upload, go).0);
    let deploy = NewDeployment::Deploy { source: source.clone(), params: [].into() };
    client.deploy(&app, &environment, &deploy).await.unwrap();

    // One that died in between leaves nothing missing.
    drop(served.artifacts.take_out(source.as_str(), SystemTime::now() + Duration::from_secs(60)).unwrap().unwrap());
    assert!(!client.has_source(&source).await.unwrap());
    collect(&served).await;
    assert!(client.has_source(&source).await.unwrap());
}

/// However the steps of two processes mix: what one was told is there is not removed by the other.
#[test]
fn what_somebody_was_told_is_there_is_not_removed() {
    let directory = tempfile::tempdir().unwrap();
    let artifacts = Artifacts::open(directory.path()).unwrap();
    let (mut told, mut removed) = (0, 0);
    let digest = artifacts.put(b"bytes").unwrap();
    for round in 0..4000_u32 {
        std::fs::write(artifacts.path(&digest).unwrap(), "bytes").unwrap();
        age(&artifacts);
        let since = SystemTime::now() - Duration::from_secs(3600);
        let barrier = Barrier::new(2);
        let (is_there, is_gone) = std::thread::scope(|scope| {
            let collector = scope.spawn(|| {
                barrier.wait();
                artifacts.take_out(&digest, since).unwrap().map(|outgoing| outgoing.remove().unwrap()).is_some()
            });
            barrier.wait();
            for _ in 0..round % 64 {
                std::hint::spin_loop();
            }
            (artifacts.touch(&digest).unwrap(), collector.join().unwrap())
        });
        assert!(!(is_there && is_gone), "round {round}");
        assert_eq!(artifacts.file(&digest).is_ok(), !is_gone, "round {round}");
        told += u32::from(is_there);
        removed += u32::from(is_gone);
    }
    assert!(told > 0 && removed > 0, "{told} {removed}");
}

#[tokio::test]
async fn a_release_whose_program_is_gone_is_not_run_again() {
    let served = Served::start().await;
    let (caller, secret) = served.organisation("acme").await;
    let client = served.client(&secret);
    let (app, environment, source) = shop(&client).await;
    for _ in 0..3 {
        release(&served, caller.org, "shop", "production").await;
    }
    age(&served.artifacts);
    let removed = collect(&served).await;
    assert_eq!(removed.len(), 3, "program and sources of the first, and what was never deployed");
    assert!(removed.contains(&source.to_string()));
    let first = NewDeployment::Rollback { release: Some(1) };
    let Err(ClientError::Problem(problem)) = client.deploy(&app, &environment, &first).await else { panic!() };
    assert_eq!((problem.status, problem.slug()), (409, "conflict"));
    let detail = problem.detail.unwrap();
    assert!(detail.starts_with("release 1 cannot be run again: its program and sources are gone"), "{detail}");
    client.deploy(&app, &environment, &NewDeployment::Rollback { release: None }).await.unwrap();
}
