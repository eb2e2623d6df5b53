//! The application that the benchmarks check is the one that its peers are measured with.

#[path = "../../benches/model.rs"]
#[allow(unreachable_pub, reason = "shared with the benchmarks")]
mod model;

use sha2::{Digest as _, Sha256};
use std::process::Command;

#[test]
fn application_stays_the_same() {
    let digest: String = Sha256::digest(model::application(100)).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest, "55552a9c76fa3e8e0f92f8292c64e524110b98d727845773180c4f55349d2f46");
}

/// Only where the generator for all peers stands beside the project.
#[test]
fn application_is_that_of_the_peers() {
    let generator = crate::golden::package().join("../../shared/bench/gen.py");
    let Ok(generator) = generator.canonicalize() else {
        eprintln!("no generator for the peers beside the project");
        return;
    };
    let out = std::env::temp_dir().join(format!("oal-bench-model-{}", std::process::id()));
    for n in [1, 10, 101, 1000] {
        let status = Command::new("python3").arg(&generator).args(["oal", &n.to_string()]).arg(&out).status().unwrap();
        assert!(status.success());
        let theirs = std::fs::read_to_string(out.join("app.oal")).unwrap();
        assert!(theirs == model::application(n), "the application of {n} services differs");
    }
    std::fs::remove_dir_all(&out).unwrap();
}

#[test]
fn application_checks_clean() {
    let project = oal_check::Project::single("app.oal", model::application(30));
    let checked = oal_check::check(&project, &oal_check::Options::default());
    assert_eq!(checked.diagnostics().iter().filter(|d| d.severity == oal_check::Severity::Error).count(), 0);
}
