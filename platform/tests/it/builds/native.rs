//! Images that are put together without running anything.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

const RECIPE: &str = "FROM scratch\nWORKDIR /srv\nCOPY site .\nCOPY --chown=1000:1001 bin/serve LICENSE /usr/bin/\nENV PORT=80 NAME=\"a b\"\n\
                      EXPOSE 80\nUSER 1000\nLABEL kind=site\nENTRYPOINT [\"/usr/bin/serve\"]\nCMD [\"--port\", \"80\"]\n";

const FILES: [(&str, &str); 5] = [
    ("web/Dockerfile", RECIPE),
    ("web/site/index.html", "<h1>hello</h1>"),
    (
        "web/site/css/long-name-that-does-not-fit-into-one-hundred-bytes-of-a-header-and-needs-a-second-one-before-it.css",
        "",
    ),
    ("web/site/latest -> index.html", ""),
    ("web/LICENSE", "free"),
];

fn files() -> Vec<(&'static str, &'static str)> {
    let mut files = FILES.to_vec();
    files.push(("web/bin/serve", "#!"));
    files
}

/// All that the image has: `docker export` of a container of it, as `tar` lists it.
fn listing(image: &str) -> Vec<String> {
    let container = docker(&["create", image]);
    let container = container.trim();
    let export = Command::new("sh")
        .args(["-c", "docker export \"$1\" | tar --list --verbose --numeric-owner", "-", container])
        .output();
    docker(&["rm", "--force", container]);
    String::from_utf8(export.unwrap().stdout).unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn the_same_files_are_the_same_image() {
    let rig = Rig::new().await;
    let first = rig.build_with("", &files()).await;
    let (image, _) = first.image();
    let Ok(BuildResult::Image { builder, .. }) = &first.result else { panic!() };
    assert_eq!(builder, "native/1");

    // From nothing again, by another worker, in another order and at another time: the same bytes.
    docker(&["rmi", "--force", image]);
    sqlx::query("DELETE FROM builds").execute(rig.store.pool()).await.unwrap();
    let mut turned = files();
    turned.reverse();
    let second = rig.build_with("", &turned).await;
    assert_eq!(second.image(), (image, false));

    let mut other = files();
    other[1].1 = "<h1>other</h1>";
    assert_ne!(rig.build_with("", &other).await.image().0, image);
}

#[tokio::test]
async fn the_image_is_what_the_recipe_says() {
    let rig = Rig::new().await;
    let outcome = rig.build_with("labels: { team: \"web\" }", &files()).await;
    let (image, _) = outcome.image();
    let listing = listing(image);
    let line = |path: &str| {
        let found = listing.iter().find(|line| line.ends_with(&format!(" {path}")));
        found.unwrap_or_else(|| panic!("no {path} in {listing:#?}")).clone()
    };
    assert!(line("srv/index.html").starts_with("-rw-r--r-- 0/0"));
    assert!(line("srv/latest -> index.html").starts_with("lrwxrwxrwx"));
    assert!(line("usr/bin/serve").starts_with("-rw-r--r-- 1000/1001"));
    assert!(line("usr/bin/LICENSE").starts_with("-rw-r--r-- 1000/1001"));
    assert!(line("srv/css/").starts_with("drwxr-xr-x 0/0"));
    assert!(line(FILES[2].0.trim_start_matches("web/site/").replace("css/", "srv/css/").as_str()).contains(" 20"));
    let config = docker(&["inspect", "--format", "{{json .Config}}", image]);
    let config: serde_json::Value = serde_json::from_str(&config).unwrap();
    assert_eq!(config["Env"], serde_json::json!(["PORT=80", "NAME=a b"]));
    assert_eq!(config["Cmd"], serde_json::json!(["--port", "80"]));
    assert_eq!(config["Entrypoint"], serde_json::json!(["/usr/bin/serve"]));
    assert_eq!(config["ExposedPorts"], serde_json::json!({ "80/tcp": {} }));
    assert_eq!((&config["User"], &config["WorkingDir"]), (&serde_json::json!("1000"), &serde_json::json!("/srv")));
    for (label, value) in [("kind", "site"), ("team", "web"), ("helios.app", "t")] {
        assert_eq!(config["Labels"][label], value);
    }
}

/// The same recipe through the engine's own builder gives the same files and the same configuration.
#[tokio::test]
async fn the_engine_makes_the_same_of_it() {
    let rig = Rig::new().await;
    // A second stage is beyond the native builder and changes nothing.
    let through = format!("FROM scratch AS unused\n{RECIPE}");
    let mut twice = files();
    twice[0].1 = &through;
    let (native, engine) = (rig.build_with("", &files()).await, rig.build_with("", &twice).await);
    let Ok(BuildResult::Image { builder, .. }) = &engine.result else { panic!("{:?}", engine.log) };
    assert_eq!(builder, "docker/1");
    let shape = |image: &str| {
        // Rights, owner and path; sizes, too, but not times, as the contexts differ by the recipe.
        let words = |line: &String| {
            let words: Vec<&str> = line.split_whitespace().collect();
            format!("{} {} {} {}", words[0], words[1], words[2], words[5..].join(" "))
        };
        listing(image).iter().map(words).collect::<Vec<_>>()
    };
    assert_eq!(shape(native.image().0), shape(engine.image().0));
    let config = |image: &str| {
        docker(&[
            "inspect",
            "--format",
            "{{.Config.Env}} {{.Config.Cmd}} {{.Config.Entrypoint}} {{.Config.User}} {{.Config.WorkingDir}} {{.Config.ExposedPorts}}",
            image,
        ])
    };
    let engine_config = config(engine.image().0);
    // Every image of the engine's builder has a search path; an image of ours has what its recipe says.
    let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin ";
    assert_eq!(config(native.image().0), engine_config.replace(path, ""));
}

/// Imports images and removes them, until told to end.
fn comings_and_goings(end: &AtomicBool) {
    while !end.load(Ordering::Relaxed) {
        let import = "tar --create --files-from=/dev/null | docker import --message \"$(date +%N)\" - 2>&1";
        let import = Command::new("sh").args(["-c", import]).output().unwrap();
        docker(&["rmi", "--force", String::from_utf8(import.stdout).unwrap().trim()]);
    }
}

/// Behind `FROM scratch` the engine's builder gives up when any image goes away at the wrong moment.
#[tokio::test]
async fn others_may_remove_images_meanwhile() {
    let rig = Rig::new().await;
    let end = Arc::new(AtomicBool::new(false));
    let others: Vec<_> = (0..2)
        .map(|_| {
            let end = Arc::clone(&end);
            std::thread::spawn(move || comings_and_goings(&end))
        })
        .collect();
    let mut met = false;
    for number in 0..200 {
        let recipe = format!("FROM scratch AS unused\nFROM scratch\nENV NUMBER={number}\n");
        let outcome = rig.build(&recipe).await;
        assert!(!outcome.image().1);
        let steps = outcome.log.iter().filter(|line| line.contains("ENV NUMBER")).collect::<Vec<_>>();
        assert_eq!(steps, [&format!("Step 3/3 : ENV NUMBER={number}")], "{:?}", outcome.log);
        if outcome.has_line("beginning again") {
            met = true;
            break;
        }
    }
    end.store(true, Ordering::Relaxed);
    for other in others {
        other.join().unwrap();
    }
    assert!(met, "no image ever went away at the wrong moment");
}

#[tokio::test]
async fn what_is_not_simple_is_left_to_the_engine() {
    let rig = Rig::new().await;
    for line in ["COPY LIC* /x/", "ARG A=b\nCOPY $A /x", "ADD LICENSE /x", "COPY missing /x", "COPY link /x"] {
        let recipe = format!("FROM scratch\n{line}\n");
        let files = [("web/Dockerfile", &*recipe), ("web/LICENSE", "free"), ("web/b", ""), ("web/link -> b", "")];
        let outcome = rig.build_with("", &files).await;
        assert!(outcome.has_line("Step 1/"), "{line}: {:?}", outcome.log);
    }
}
