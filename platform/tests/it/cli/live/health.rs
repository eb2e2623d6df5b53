//! Copies that no longer work are started again, whatever others do.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{App, Live, web};

#[test]
fn one_environment_never_stops_the_care_for_others() {
    let live = Arc::new(Live::start());
    // Healthy when it begins; then it takes questions and never answers.
    let hanging = web("one")
        .replace("VERSION:", "HANG_AFTER: \"6\", VERSION:")
        .replace("health: http(path: \"/ready\",", "health: http(path: \"/ready\", timeout: 1h,");
    let slow = App::on(Arc::clone(&live), "slow", &hanging);
    slow.run(&["deploy", "-e", "dev"]).code(0);
    let app = App::on(Arc::clone(&live), "well", &web("one"));
    app.run(&["deploy", "-e", "dev"]).code(0);
    std::thread::sleep(Duration::from_secs(8));
    is_cared_for(&app);

    // What is live in an environment may also be something that cannot be read.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = live.database.store().await;
        sqlx::query(
            "WITH broken AS (INSERT INTO releases (id, org_id, environment_id, number, ir_digest, ir_artifact, source_digest, \
             images, secret_versions, digest, deployment_id) \
             SELECT gen_random_uuid(), r.org_id, r.environment_id, 99, r.ir_digest, 'sha256:' || repeat('0', 64), r.source_digest, \
             r.images, r.secret_versions, 'none', r.deployment_id FROM releases r JOIN environments e ON e.live_release_id = r.id \
             JOIN apps a ON a.id = e.app_id WHERE a.name = 'slow' RETURNING id, environment_id) \
             UPDATE environments e SET live_release_id = broken.id FROM broken WHERE e.id = broken.environment_id",
        )
        .execute(store.pool())
        .await
        .unwrap();
    });
    std::thread::sleep(Duration::from_secs(6));
    is_cared_for(&app);
}

/// Breaks its only copy, which is then started again.
fn is_cared_for(app: &App) {
    let ask = |path: &str| {
        let program = format!("import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000{path}')");
        app.run(&["exec", "-e", "dev", "web", "--", "python3", "-c", &program]).code
    };
    assert_eq!(ask("/break"), 0);
    let begun = Instant::now();
    while ask("/ready") != 0 {
        assert!(begun.elapsed() < Duration::from_secs(60), "it is not started again: {}", app.live.log());
        std::thread::sleep(Duration::from_millis(500));
    }
}
