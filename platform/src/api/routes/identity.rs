//! Who is asking, and what was done.

use axum::extract::State;
use helios_client::{AuditEntry, AuditVerification, Identity, Page, PageQuery};

use crate::api::Api;
use crate::api::access::{Admin, Allowed, Read};
use crate::api::cursor;
use crate::api::extract::{Json, Query};
use crate::api::refusal::{Answer, Refusal};
use crate::store::{audit as log, tokens};

/// Who is asking
#[utoipa::path(get, path = "/v1/identity", tag = "access", security(("token" = ["read"])), responses((status = 200, body = Identity)))]
pub async fn identity(State(api): State<Api>, allowed: Allowed<Read>) -> Answer<Json<Identity>> {
    let mut tx = allowed.begin(&api.store).await?;
    let org = tokens::org(&mut tx, allowed.org()).await?;
    let token = tokens::get(&mut tx, allowed.org(), allowed.caller.token).await?.ok_or(Refusal::Unauthenticated)?;
    Ok(Json(Identity { org, token }))
}

/// What was done in the organisation, newest first
#[utoipa::path(get, path = "/v1/audit", tag = "access", params(PageQuery), security(("token" = ["admin"])),
    responses((status = 200, body = Page<AuditEntry>)))]
pub async fn audit(
    State(api): State<Api>,
    allowed: Allowed<Admin>,
    Query(page): Query<PageQuery>,
) -> Answer<Json<Page<AuditEntry>>> {
    let wanted = cursor::wanted::<i64>(&page)?;
    let mut tx = allowed.begin(&api.store).await?;
    let rows = log::list(&mut tx, allowed.org(), wanted.after, wanted.rows()).await?;
    Ok(Json(wanted.page(rows, |entry| entry.id, |entry| entry)))
}

/// Whether the record of what was done is as it was written
///
/// Each entry's hash covers the one before it. All of them are calculated again.
#[utoipa::path(get, path = "/v1/audit/verification", operation_id = "verify_audit", tag = "access", security(("token" = ["admin"])),
    responses((status = 200, body = AuditVerification)))]
pub async fn verification(State(api): State<Api>, allowed: Allowed<Admin>) -> Answer<Json<AuditVerification>> {
    let mut tx = allowed.begin(&api.store).await?;
    let broken = log::verify(&mut tx, allowed.org()).await?;
    Ok(Json(AuditVerification { intact: broken.is_none(), broken }))
}
