//! One slip in the body of a component is answered on its line, and nowhere else: what the body lacks because of it is not told.

use oal_check::{Options, Project, check};

/// All is well in it, and each line of a body is there for something else to see.
const PROGRAM: &str = r#"app slips {}
service api {
  image: "acme/api:1"
  ports: { http: 8080 }
  health: http(path: "/")
}
route public {
  host: "api.example.com"
  to: api.http
}
service watcher {
  image: "acme/watcher:1"
  after_healthy: [api]
}
service mailer {
  image: "acme/mailer:1"
  env: { DATABASE_URL: orders.url }
}
kind web extends service {
  field level: Int
  ports: { http: 80 }
  image: "acme/web:1"
}
web shop {
  level: 3
}
database orders {
  engine: postgres
  version: 16
}
"#;

/// A line with a slip in it, for each way of making one.
fn slips(line: &str) -> Vec<String> {
    let Some((key, value)) = line.trim_start().split_once(": ") else { return Vec::new() };
    if key.starts_with('}') || !line.starts_with("  ") {
        return Vec::new();
    }
    vec![
        format!("  {}x: {value}", &key[..key.len() - 1]),
        format!("  {key} {value}"),
        format!("  {key} = {value}"),
        format!("  {key}: @@"),
        format!("  {key}:"),
        format!("  {key}: nowhere"),
        format!("  {key}: -3.5"),
        format!("  {key}: ("),
        format!("  : {value}"),
        format!("  - {key}: {value}"),
        format!("  \"{key}\": {value}"),
        format!("  unset {key}"),
        format!("  {key} {{ x }}"),
    ]
}

#[test]
fn a_slip_is_answered_on_its_line_only() {
    let whole = check(&Project::single("app.oal", PROGRAM), &Options::default());
    assert_eq!(whole.diagnostics(), [], "{}", oal_check::diagnostic::plain(whole.diagnostics(), &whole));
    let lines: Vec<&str> = PROGRAM.lines().collect();
    let mut tried = 0;
    for (at, line) in lines.iter().enumerate() {
        for slip in slips(line) {
            let mut with = lines.clone();
            with[at] = &slip;
            // A field of two letters is meant by none with another one, and a declared field of another name is one.
            if slip.contains("tx:") && line.contains("to: ") || slip.contains("levex:") && line.contains("field") {
                continue;
            }
            let text = with.join("\n");
            let checked = check(&Project::single("app.oal", text.clone()), &Options::default());
            let start = with[..at].iter().map(|line| line.len() + 1).sum::<usize>();
            let home = start..=start + slip.len();
            let found = checked.diagnostics();
            assert!(checked.has_errors(), "nothing found for `{slip}`");
            for one in found {
                let there = home.contains(&(one.primary.span.start as usize));
                assert!(there, "`{slip}`:\n{}", oal_check::diagnostic::plain(found, &checked));
            }
            tried += 1;
        }
    }
    assert!(tried > 150, "{tried}");
}
