//! The description of the API as the server itself reads it: which query parameters and headers an operation takes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::Method;
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::{OpenApi, RefOr};

use super::refusal::{Answer, Refusal};

/// The header that makes a request count once.
pub(super) const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// What is known of an operation.
#[derive(Debug, Default)]
struct Known {
    query: BTreeSet<String>,
    idempotent: bool,
}

/// The operations by method and path.
#[derive(Debug, Clone, Default)]
pub(super) struct Operations(Arc<BTreeMap<(String, String), Known>>);

/// The operations of a path, with their methods.
pub(super) fn operations(item: &PathItem) -> impl Iterator<Item = (Method, &Operation)> {
    let all = [
        (Method::GET, &item.get),
        (Method::PUT, &item.put),
        (Method::POST, &item.post),
        (Method::DELETE, &item.delete),
        (Method::HEAD, &item.head),
        (Method::PATCH, &item.patch),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}

impl Operations {
    /// Reads a description.
    pub(super) fn of(api: &OpenApi) -> Self {
        let mut known = BTreeMap::new();
        for (path, item) in &api.paths.paths {
            for (method, operation) in operations(item) {
                let parameters = operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
                    RefOr::T(parameter) => Some(parameter),
                    RefOr::Ref(_) => None,
                });
                let mut of_this = Known::default();
                for parameter in parameters {
                    match parameter.parameter_in {
                        ParameterIn::Query => {
                            of_this.query.insert(parameter.name.clone());
                        }
                        ParameterIn::Header if parameter.name == IDEMPOTENCY_KEY => of_this.idempotent = true,
                        _ => {}
                    }
                }
                known.insert((method.to_string(), path.clone()), of_this);
            }
        }
        Self(Arc::new(known))
    }

    fn known(&self, request: &Request) -> Option<&Known> {
        let path = request.extensions().get::<MatchedPath>()?;
        self.0.get(&(request.method().to_string(), path.as_str().to_owned()))
    }

    /// Whether a request may carry a key that makes it count once.
    pub(super) fn is_idempotent(&self, request: &Request) -> bool {
        self.known(request).is_some_and(|known| known.idempotent)
    }
}

/// Refuses query parameters that are not described, and those that come twice.
pub(super) async fn check_query(
    State(operations): State<Operations>,
    request: Request,
    next: Next,
) -> Answer<Response> {
    if let (Some(query), Some(known)) = (request.uri().query(), operations.known(&request)) {
        let mut seen = BTreeSet::new();
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let name = part.split('=').next().unwrap_or_default();
            if !known.query.contains(name) {
                return Err(Refusal::Invalid(String::from("a query parameter that this operation does not have")));
            }
            if !seen.insert(name) {
                return Err(Refusal::Invalid(format!("the query parameter `{name}` twice")));
            }
        }
    }
    Ok(next.run(request).await)
}
