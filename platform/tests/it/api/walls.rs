//! Nobody sees or does what is not theirs. Every operation of the description is tried, so that a new one cannot be forgotten.

use helios_client::{NewToken, Scope};
use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::describe::operations;
use super::{Reply, Served, operations::release, shop};
use crate::access::new_token;

/// A request that fits the description of an operation, about the things of `shop/production`.
struct Things {
    token: String,
    deployment: String,
    job: String,
    backup: String,
    digest: String,
}

impl Things {
    async fn of(served: &Served, name: &str) -> (Self, String) {
        let (caller, secret) = served.organisation(name).await;
        let client = served.client(&secret);
        let (app, environment, digest) = shop(&client).await;
        release(served, caller.org, "shop", "production").await;
        let run = helios_client::NewRun { node: "job/a".parse().unwrap(), command: None };
        let job = client.run(&app, &environment, &run).await.unwrap().id.to_string();
        let deploy = helios_client::NewDeployment::Deploy { source: digest.clone(), params: [].into() };
        let deployment = client.deploy(&app, &environment, &deploy).await.unwrap().id.to_string();
        let backup: Uuid = sqlx::query_scalar(
            "INSERT INTO backups (id, org_id, environment_id, node, scheduled, size, digest, finished_at) \
             SELECT gen_random_uuid(), org_id, id, 'database/a', false, 1, $2, now() FROM environments \
             WHERE org_id = $1 AND name = 'production' RETURNING id",
        )
        .bind(caller.org)
        .bind(digest.as_str())
        .fetch_one(served.store.pool())
        .await
        .unwrap();
        let (token, backup, digest) = (caller.token.to_string(), backup.to_string(), digest.to_string());
        (Self { token, deployment, job, backup, digest }, secret)
    }

    fn path(&self, template: &str) -> String {
        let id = match template.split('/').nth(2) {
            Some("tokens") => &self.token,
            Some("deployments") => &self.deployment,
            _ if template.contains("/backups/") => &self.backup,
            _ => &self.job,
        };
        let path = template.replace("{app}", "shop").replace("{environment}", "production").replace("{number}", "1");
        let path = path.replace("{id}", id).replace("{digest}", &self.digest);
        if template.ends_with("secrets/versions") { path + "?name=secret%2Fa" } else { path }
    }

    fn body(&self, template: &str) -> Value {
        let plan = format!("sha256:{}", "0".repeat(64));
        match template.rsplit('/').next().unwrap() {
            "tokens" => json!({ "name": "x", "scopes": ["read"] }),
            "approve" => json!({ "plan": plan }),
            "secrets" => json!({ "name": "secret/a", "value": "v" }),
            "rotate" => json!({ "name": "secret/a" }),
            // one that was not uploaded: nobody is here to check it
            "plans" => json!({ "source": plan }),
            "deployments" => json!({ "kind": "deploy", "source": self.digest }),
            "backups" => json!({ "node": "database/a" }),
            "runs" => json!({ "node": "job/a" }),
            "exec" => json!({ "node": "service/a", "command": ["sh"] }),
            _ => json!({}),
        }
    }

    async fn ask(&self, served: &Served, token: &str, method: &Method, template: &str) -> Reply {
        let bearer = format!("Bearer {token}");
        let (kind, body) = match template {
            "/v1/sources/{digest}" => ("application/octet-stream", String::from("not really a bundle")),
            _ => ("application/json", self.body(template).to_string()),
        };
        let mut headers = vec![("authorization", &*bearer), ("content-type", kind)];
        if template.ends_with("/exec") {
            headers.extend([("connection", "upgrade"), ("upgrade", "helios-exec")]);
        }
        served.ask(method.clone(), &self.path(template), &headers, body).await
    }
}

#[tokio::test]
async fn no_operation_is_reached_without_a_token() {
    let served = Served::start().await;
    let (things, _) = Things::of(&served, "acme").await;
    for (method, template, _) in operations() {
        for token in ["", "hl_0123456789012345678901234567890123456789012", "x"] {
            let reply = things.ask(&served, token, &method, &template).await;
            assert_eq!(reply.status, 401, "{method} {template}");
        }
    }
}

#[tokio::test]
async fn every_operation_is_closed_to_tokens_without_its_scope_and_open_to_those_with_it() {
    let served = Served::start().await;
    let (things, secret) = Things::of(&served, "acme").await;
    let org = served.client(&secret).identity().await.unwrap().org.id;
    for scope in Scope::ALL {
        let token = served.scoped(org, &[*scope]).await;
        for (method, template, operation) in operations() {
            let required = operation["security"][0]["token"][0].as_str().unwrap();
            if required == "admin" && method == Method::DELETE {
                continue;
            }
            let status = things.ask(&served, &token, &method, &template).await.status;
            if required == scope.name() || *scope == Scope::Admin {
                assert!(!matches!(status, 401 | 403), "{method} {template} with {}: {status}", scope.name());
            } else {
                assert_eq!(status, 403, "{method} {template} with {}", scope.name());
            }
        }
    }
}

#[tokio::test]
async fn what_another_organisation_has_is_not_there() {
    let served = Served::start().await;
    let (things, _) = Things::of(&served, "acme").await;
    let (_, stranger) = served.organisation("other").await;
    let before = dump(&served).await;
    for (method, template, _) in operations() {
        // what makes something of that name for oneself, and what names nothing
        let names_nothing = !template.contains('{');
        let makes_own = method == Method::PUT;
        if names_nothing || makes_own {
            continue;
        }
        let reply = things.ask(&served, &stranger, &method, &template).await;
        assert_eq!(reply.status, 404, "{method} {template}: {}", reply.text);
        assert!(
            method == Method::HEAD || reply.json()["type"] == "/problems/not-found",
            "{method} {template}: {}",
            reply.text
        );
    }
    assert_eq!(before, dump(&served).await);
    for list in ["/v1/apps", "/v1/tokens", "/v1/audit"] {
        let text = served.get(&stranger, list).await.text;
        assert!(!text.contains("shop") && !text.contains(&things.token), "{list}: {text}");
    }
}

/// All that an organisation could have changed of another.
async fn dump(served: &Served) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT d::text FROM deployments d UNION ALL SELECT j::text FROM jobs j UNION ALL SELECT b::text FROM backups b UNION ALL SELECT s::text FROM secrets s \
         UNION ALL SELECT e::text FROM environments e UNION ALL SELECT a::text FROM audit_log a ORDER BY 1",
    )
    .fetch_all(served.store.pool())
    .await
    .unwrap()
}

#[tokio::test]
async fn a_token_for_one_environment_sees_and_does_nothing_elsewhere() {
    let served = Served::start().await;
    let (things, secret) = Things::of(&served, "acme").await;
    let org = served.client(&secret).identity().await.unwrap().org.id;
    let everything = [Scope::Read, Scope::Deploy, Scope::Secrets, Scope::Exec, Scope::Admin];
    let only = |app: &str, environment: Option<&str>| NewToken {
        app: Some(app.parse().unwrap()),
        environment: environment.map(|environment| environment.parse().unwrap()),
        ..new_token(&everything)
    };
    let elsewhere =
        [served.token(org, &only("other", None)).await, served.token(org, &only("shop", Some("staging"))).await];
    for token in &elsewhere {
        for (method, template, operation) in operations() {
            let whole_organisation = operation["security"][0]["token"][0] == "admin";
            let of_environment = template.contains("{environment}") || template.contains("{id}");
            let status = things.ask(&served, token, &method, &template).await.status;
            if whole_organisation {
                assert_eq!(status, 403, "{method} {template}");
            } else if of_environment {
                assert_eq!(status, 404, "{method} {template}");
            }
        }
    }
    let listed = served.get(&elsewhere[0], "/v1/apps").await.json();
    assert_eq!(listed["items"], json!([]));
    let listed = served.get(&elsewhere[1], "/v1/apps/shop/environments").await.json();
    assert_eq!(listed["items"], json!([]));
    let here = served.token(org, &only("shop", Some("production"))).await;
    assert_eq!(served.get(&here, &things.path("/v1/deployments/{id}")).await.status, 200);
    assert_eq!(served.get(&here, &things.path("/v1/jobs/{id}")).await.status, 200);
}

/// Texts that have hurt platforms.
const HOSTILE: [&str; 12] = [
    "'; DROP TABLE apps; --",
    "$(touch /tmp/pwned)",
    "`id`",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "a/../b",
    "\u{0}",
    "a\nb",
    "\u{202e}x",
    "{{7*7}}",
    "%00",
    "😀",
];

#[tokio::test]
async fn hostile_texts_are_refused_or_kept_as_they_are_in_every_field() {
    let served = Served::start().await;
    let (things, secret) = Things::of(&served, "acme").await;
    for (method, template, operation) in operations() {
        for text in HOSTILE {
            // in each part of the path
            let encoded: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
            for part in ["app", "environment", "id", "digest", "number"]
                .iter()
                .filter(|part| template.contains(&format!("{{{part}}}")))
            {
                let path = things.path(&template.replace(&format!("{{{part}}}"), &encoded));
                let reply = served.json(&secret, method.clone(), &path, &things.body(&template)).await;
                assert!((400..500).contains(&reply.status), "{method} {path}: {} {}", reply.status, reply.text);
            }
            // in each member of the body
            let body = things.body(&template);
            for member in body.as_object().unwrap().keys() {
                if operation.get("requestBody").is_none() || template.starts_with("/v1/sources") {
                    continue;
                }
                let mut hostile = body.clone();
                hostile[member] = match body[member] {
                    Value::Array(_) => json!([text]),
                    _ => json!(text),
                };
                let reply = served.json(&secret, method.clone(), &things.path(&template), &hostile).await;
                assert!(reply.status < 500, "{method} {template} {member}={text:?}: {} {}", reply.status, reply.text);
                if reply.status < 300 {
                    assert!(
                        member == "value" || reply.text.contains(&json!(text).to_string()),
                        "{template} {member}={text:?}: {}",
                        reply.text
                    );
                }
            }
            // in a query, and in the headers that are kept
            let reply = served
                .ask(
                    method.clone(),
                    &format!("{}?{encoded}={encoded}", things.path(&template)),
                    &[("authorization", &format!("Bearer {secret}"))],
                    "",
                )
                .await;
            assert_eq!(reply.status, 400, "{method} {template}?{text:?}");
        }
    }
    // still there
    assert_eq!(served.get(&secret, "/v1/apps/shop").await.status, 200);
    assert!(!std::path::Path::new("/tmp/pwned").exists());
}
