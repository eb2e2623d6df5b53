//! Tokens.

use axum::extract::State;
use axum::http::StatusCode;
use helios_client::{NewToken, Page, PageQuery, Token, TokenWithSecret};
use uuid::Uuid;

use super::IdPath;
use crate::api::Api;
use crate::api::access::{Admin, Allowed};
use crate::api::cursor;
use crate::api::extract::{Json, Path, Query};
use crate::api::refusal::{Answer, Refusal};
use crate::store::{audit, tokens};

/// The organisation's tokens, newest first
#[utoipa::path(get, path = "/v1/tokens", operation_id = "list_tokens", tag = "access", params(PageQuery), security(("token" = ["admin"])),
    responses((status = 200, body = Page<Token>)))]
pub async fn list(
    State(api): State<Api>,
    allowed: Allowed<Admin>,
    Query(page): Query<PageQuery>,
) -> Answer<Json<Page<Token>>> {
    let wanted = cursor::wanted::<Uuid>(&page)?;
    let mut tx = allowed.begin(&api.store).await?;
    let rows = tokens::list(&mut tx, allowed.org(), wanted.after, wanted.rows()).await?;
    Ok(Json(wanted.page(rows, |token| token.id, |token| token)))
}

/// Make a token; its secret is in this answer and nowhere else
#[utoipa::path(post, path = "/v1/tokens", operation_id = "create_token", tag = "access", request_body = NewToken,
    security(("token" = ["admin"])), responses((status = 201, body = TokenWithSecret)))]
pub async fn create(
    State(api): State<Api>,
    allowed: Allowed<Admin>,
    Json(new): Json<NewToken>,
) -> Answer<(StatusCode, Json<TokenWithSecret>)> {
    if !(1..=5).contains(&new.scopes.len()) {
        return Err(Refusal::Invalid(String::from("`scopes` has at least one and at most five")));
    }
    if new.environment.is_some() && new.app.is_none() {
        return Err(Refusal::Invalid(String::from("`environment` without `app`")));
    }
    if new.expires_in.is_some_and(|seconds| !(1..=315_360_000).contains(&seconds)) {
        return Err(Refusal::Invalid(String::from("`expires_in` is at least 1 and at most 315360000 seconds")));
    }
    let mut tx = allowed.begin(&api.store).await?;
    let (token, secret) = tokens::create(&mut tx, allowed.org(), &new, Some(allowed.caller.token)).await?;
    audit::record(&mut tx, &allowed.did("token.create", token.id.to_string())).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(TokenWithSecret { token, secret: secret.to_string() })))
}

/// A token that has not been revoked
#[utoipa::path(get, path = "/v1/tokens/{id}", operation_id = "get_token", tag = "access", params(IdPath), security(("token" = ["admin"])),
    responses((status = 200, body = Token)))]
pub async fn get(State(api): State<Api>, allowed: Allowed<Admin>, Path(path): Path<IdPath>) -> Answer<Json<Token>> {
    let mut tx = allowed.begin(&api.store).await?;
    let token = tokens::get(&mut tx, allowed.org(), path.id).await?.filter(|token| token.revoked_at.is_none());
    Ok(Json(token.ok_or_else(|| Refusal::no("token"))?))
}

/// Revoke a token, at once; not the one that asks, so that nobody locks the last door from outside
#[utoipa::path(delete, path = "/v1/tokens/{id}", operation_id = "revoke_token", tag = "access", params(IdPath),
    security(("token" = ["admin"])), responses((status = 204)))]
pub async fn revoke(State(api): State<Api>, allowed: Allowed<Admin>, Path(path): Path<IdPath>) -> Answer<StatusCode> {
    if path.id == allowed.caller.token {
        return Err(Refusal::Conflict(String::from("a token does not revoke itself: ask with another one")));
    }
    let mut tx = allowed.begin(&api.store).await?;
    if tokens::revoke(&mut tx, allowed.org(), path.id).await? {
        audit::record(&mut tx, &allowed.did("token.revoke", path.id.to_string())).await?;
    } else if tokens::get(&mut tx, allowed.org(), path.id).await?.is_none() {
        return Err(Refusal::no("token"));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
