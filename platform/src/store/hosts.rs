//! Whose the host names of routes are. On each target a host belongs to one organisation and, within it, to environments of one
//! name: `shop` in `prod` and `api` in `prod` may share it by different paths, `shop` in `dev` has no part in it. A name with a
//! star meets every name that it stands for.
//!
//! Claims are taken when a deployment is planned. When it has ended those of what runs then are left, and none when the
//! environment is down.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::Tx;
use crate::domain::job::EnvironmentRef;
use crate::domain::planner::hosts::{Claim, Owner};

/// Takes claims for an environment. Gives those that are somebody else's; then none is taken.
///
/// # Errors
/// The server.
pub async fn take(
    tx: &mut Tx,
    target: &str,
    environment: &EnvironmentRef,
    claims: &BTreeSet<Claim>,
) -> Result<Vec<(Claim, Owner)>, sqlx::Error> {
    if claims.is_empty() {
        return Ok(Vec::new());
    }
    // Of two that want the same at a time one is first.
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('helios hosts ' || $1, 0))")
        .bind(target)
        .execute(&mut **tx)
        .await?;
    let mut names: Vec<String> = claims.iter().map(|claim| claim.host.clone()).collect();
    names.extend(claims.iter().filter_map(|claim| Some(format!("*.{}", claim.host.split_once('.')?.1))));
    let domains: Vec<&str> = claims.iter().filter_map(|claim| claim.host.strip_prefix('*')).collect();
    let others: Vec<(String, String, Uuid, String, String)> = sqlx::query_as(
        "SELECT c.host, c.path, c.org_id, a.name, e.name FROM host_claims c JOIN environments e ON e.id = c.environment_id \
         JOIN apps a ON a.id = e.app_id WHERE c.target = $1 AND c.environment_id <> $2 \
         AND (c.host = ANY($3) OR substr(c.host, strpos(c.host, '.')) = ANY($4)) ORDER BY c.host, c.path",
    )
    .bind(target)
    .bind(environment.id)
    .bind(&names)
    .bind(&domains)
    .fetch_all(&mut **tx)
    .await?;
    let mut refused = Vec::new();
    for claim in claims {
        let theirs = others.iter().filter(|(host, ..)| claim.meets(host)).find(|(host, path, org, _, name)| {
            let together = *org == environment.org && *name == environment.name;
            !together || (*host == claim.host && *path == claim.path)
        });
        let Some((_, _, org, app, name)) = theirs else { continue };
        let owner = if *org == environment.org { Owner::Own(app.clone(), name.clone()) } else { Owner::Foreign };
        refused.push((claim.clone(), owner));
    }
    if refused.is_empty() {
        let (hosts, paths) = columns(claims);
        sqlx::query(
            "INSERT INTO host_claims (target, host, path, org_id, environment_id) \
             SELECT $1, host, path, $2, $3 FROM unnest($4::text[], $5::text[]) AS wanted (host, path) ON CONFLICT DO NOTHING",
        )
        .bind(target)
        .bind(environment.org)
        .bind(environment.id)
        .bind(&hosts)
        .bind(&paths)
        .execute(&mut **tx)
        .await?;
    }
    Ok(refused)
}

/// Gives back all claims of an environment but these.
///
/// # Errors
/// The server.
pub async fn keep(tx: &mut Tx, environment: Uuid, claims: &BTreeSet<Claim>) -> Result<(), sqlx::Error> {
    let (hosts, paths) = columns(claims);
    sqlx::query(
        "DELETE FROM host_claims WHERE environment_id = $1 \
         AND (host, path) NOT IN (SELECT * FROM unnest($2::text[], $3::text[]))",
    )
    .bind(environment)
    .bind(&hosts)
    .bind(&paths)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Gives back all claims of an environment of which nothing is served any more, unless a deployment has taken them meanwhile.
///
/// # Errors
/// The server.
pub async fn give_back(tx: &mut Tx, environment: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM host_claims WHERE environment_id = $1 AND NOT EXISTS (SELECT FROM deployments d \
         WHERE d.environment_id = $1 AND d.state NOT IN ('queued', 'live', 'cancelled', 'rolled_back', 'failed', 'superseded'))",
    )
    .bind(environment)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn columns(claims: &BTreeSet<Claim>) -> (Vec<&str>, Vec<&str>) {
    claims.iter().map(|claim| (claim.host.as_str(), claim.path.as_str())).unzip()
}
