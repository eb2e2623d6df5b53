//! Who is asking, and whether they may. A handler that takes [`Allowed`] cannot be reached without a token of its scope; one that
//! does not is listed in the test `every_operation_states_its_scope`.

use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use helios_client::Scope;
use http::HeaderName;
use http::header::AUTHORIZATION;
use http::request::Parts;
use uuid::Uuid;

use super::Api;
use super::refusal::{Answer, Refusal};
use super::request::RequestContext;
use crate::store::apps::{self, EnvironmentView};
use crate::store::audit::Entry;
use crate::store::tokens::{self, Caller, PREFIX};
use crate::store::{Store, Tx};

/// A scope as a type.
pub trait Verb: Send + Sync + 'static {
    /// The scope.
    const SCOPE: Scope;
}

macro_rules! verbs {
    ($($(#[$doc:meta])* $verb:ident,)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub struct $verb;

            impl Verb for $verb {
                const SCOPE: Scope = Scope::$verb;
            }
        )*
    };
}

verbs! {
    /// [`Scope::Read`].
    Read,
    /// [`Scope::Deploy`].
    Deploy,
    /// [`Scope::Secrets`].
    Secrets,
    /// [`Scope::Exec`].
    Exec,
    /// [`Scope::Admin`], and of the whole organisation.
    Admin,
}

/// A caller whose token has the scope `V`.
#[derive(Debug, Clone)]
pub struct Allowed<V> {
    /// Who.
    pub caller: Caller,
    /// The request.
    pub request: RequestContext,
    verb: PhantomData<V>,
}

/// What proxies say of who asked them.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Whose token the request has; put there by [`authenticate`].
#[derive(Debug, Clone)]
pub(super) struct Authenticated(pub(super) Caller);

/// The address a request comes from: the peer's, or what trusted proxies say of theirs. Each proxy adds its peer at the end of
/// `X-Forwarded-For`; whatever stands before the first one that is not trusted, anybody may have written.
fn address(api: &Api, request: &Request) -> IpAddr {
    let is_trusted = |address: &IpAddr| {
        let address = address.to_canonical();
        api.trusted_proxies.iter().any(|network| network.contains(&address))
    };
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let mut address = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
    let said: Vec<&str> =
        request.headers().get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok()).collect();
    for hop in said.iter().flat_map(|value| value.split(',')).rev() {
        if !is_trusted(&address) {
            break;
        }
        let Ok(before) = hop.trim().parse() else { break };
        address = before;
    }
    address
}

/// Counts requests by address.
pub(super) async fn limit_address(State(api): State<Api>, request: Request, next: Next) -> Answer<Response> {
    api.limits.address(address(&api, &request))?;
    Ok(next.run(request).await)
}

/// Lets only requests with a valid token through.
pub(super) async fn authenticate(State(api): State<Api>, mut request: Request, next: Next) -> Answer<Response> {
    let caller = match bearer(request.headers()) {
        Some(secret) => tokens::authenticate(&api.store, secret).await?,
        None => None,
    };
    let Some(caller) = caller else {
        api.limits.failure(address(&api, &request))?;
        return Err(Refusal::Unauthenticated);
    };
    api.limits.token(caller.token)?;
    tracing::Span::current().record("token", tracing::field::display(caller.token));
    request.extensions_mut().insert(Authenticated(caller));
    Ok(next.run(request).await)
}

/// The token of `Authorization: Bearer …` (RFC 6750 section 2.1), if it looks like one; where there are several, none.
fn bearer(headers: &http::HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && token.starts_with(PREFIX) && token.len() < 100).then_some(token)
}

impl<V: Verb> FromRequestParts<Api> for Allowed<V> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Refusal> {
        let Some(Authenticated(caller)) = parts.extensions.get().cloned() else { return Err(Refusal::Unauthenticated) };
        let request = parts.extensions.get::<RequestContext>().cloned();
        let request = request.ok_or_else(|| Refusal::Internal(String::from("a request without a context")))?;
        let allowed = Self { caller, request, verb: PhantomData };
        allowed.also(V::SCOPE)?;
        if V::SCOPE == Scope::Admin && !allowed.caller.covers_all() {
            return Err(Refusal::Forbidden(String::from("the token is not for the whole organisation")));
        }
        Ok(allowed)
    }
}

impl<V: Verb> Allowed<V> {
    /// The organisation.
    #[must_use]
    pub const fn org(&self) -> Uuid {
        self.caller.org
    }

    /// Insists on another scope, too.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`].
    pub fn also(&self, scope: Scope) -> Answer<()> {
        if self.caller.may(scope) {
            return Ok(());
        }
        Err(Refusal::Forbidden(format!("the token does not have the scope `{}`", scope.name())))
    }

    /// A transaction in the caller's organisation.
    ///
    /// # Errors
    /// The database.
    pub async fn begin(&self, store: &Store) -> Answer<Tx> {
        Ok(store.tenant(self.caller.org).await?)
    }

    /// The environment of these names, if the token is for it.
    ///
    /// # Errors
    /// [`Refusal::NotFound`]; the database.
    pub async fn environment(&self, tx: &mut Tx, app: &str, name: &str) -> Answer<EnvironmentView> {
        let found = match self.caller.covers(app, name) {
            true => apps::environment(tx, self.caller.org, app, name).await?,
            false => None,
        };
        found.ok_or_else(|| Refusal::no("environment"))
    }

    /// An entry for the audit log.
    #[must_use]
    pub fn did(&self, verb: &'static str, object: impl Into<String>) -> Entry {
        Entry::by(&self.caller, &self.request.id, verb, object)
    }
}
