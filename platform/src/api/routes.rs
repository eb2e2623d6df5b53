//! The operations, one file for each kind of thing, and what all of their descriptions have in common.

pub mod apps;
pub mod backups;
pub mod deployments;
pub mod environments;
pub mod exec;
pub mod identity;
pub mod jobs;
pub mod logs;
pub mod plans;
pub mod releases;
pub mod secrets;
pub mod sources;
pub mod tokens;

use helios_client::{Name, NewDeployment, Problem};
use serde::Deserialize;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, Content, InfoBuilder, LicenseBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, Ref, RefOr,
    Required, ResponseBuilder, Schema, Type,
};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::Api;
use super::describe::IDEMPOTENCY_KEY;

/// The path of an application.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct AppPath {
    /// The application.
    pub app: Name,
}

/// The path of an environment.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct EnvironmentPath {
    /// The application.
    pub app: Name,
    /// The environment.
    pub environment: Name,
}

/// The path of what has an identifier.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct IdPath {
    /// Its identifier.
    pub id: Uuid,
}

/// All operations.
pub fn all() -> OpenApiRouter<Api> {
    let router = OpenApiRouter::with_openapi(frame())
        .routes(routes!(identity::identity))
        .routes(routes!(identity::audit))
        .routes(routes!(identity::verification))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::get, tokens::revoke))
        .routes(routes!(apps::list))
        .routes(routes!(apps::get, apps::put))
        .routes(routes!(environments::list))
        .routes(routes!(environments::get, environments::put))
        .routes(routes!(environments::status))
        .routes(routes!(environments::params))
        .routes(routes!(releases::list))
        .routes(routes!(releases::get))
        .routes(routes!(sources::head, sources::put))
        .routes(routes!(plans::create))
        .routes(routes!(deployments::list, deployments::create))
        .routes(routes!(deployments::get))
        .routes(routes!(deployments::steps))
        .routes(routes!(deployments::approve))
        .routes(routes!(deployments::cancel))
        .routes(routes!(deployments::events))
        .routes(routes!(logs::of_deployment))
        .routes(routes!(logs::of_job))
        .routes(routes!(logs::of_environment))
        .routes(routes!(secrets::list, secrets::set))
        .routes(routes!(secrets::versions))
        .routes(routes!(secrets::rotate))
        .routes(routes!(backups::list, backups::create))
        .routes(routes!(backups::restore))
        .routes(routes!(jobs::get))
        .routes(routes!(jobs::cancel))
        .routes(routes!(jobs::run))
        .routes(routes!(jobs::down))
        .routes(routes!(exec::exec));
    common(router)
}

fn frame() -> OpenApi {
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A token: `hl_…`. Operations name the scope it needs."))
        .build();
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Helios")
                .version("1")
                .description(Some(
                    "Deploys what OAL programs describe. Failures are problems (RFC 9457). Lists come in pages. What makes something takes an \
                     `Idempotency-Key`. Streams are server-sent events that can be taken up with `Last-Event-ID`; one that has told everything \
                     ends with the event `end`.",
                ))
                .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
                .build(),
        )
        .components(Some(
            ComponentsBuilder::new()
                .security_scheme("token", SecurityScheme::Http(token))
                .schema(Problem::name(), Problem::schema())
                .build(),
        ))
        .build()
}

/// Adds what every operation has: problems, the id of the request, and for those that make something the key.
fn common(mut router: OpenApiRouter<Api>) -> OpenApiRouter<Api> {
    let mut schemas = Vec::new();
    Problem::schemas(&mut schemas);
    let description = router.get_openapi_mut();
    if let Some(components) = &mut description.components {
        components.schemas.extend(schemas);
        // serde refuses what a variant does not have, and the derived description does not say so
        if let Some(RefOr::T(Schema::OneOf(variants))) = components.schemas.get_mut(&*NewDeployment::name()) {
            for variant in &mut variants.items {
                if let RefOr::T(Schema::Object(variant)) = variant {
                    variant.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
                }
            }
        }
    }
    for (path, item) in &mut description.paths.paths {
        // a command is not run again because an answer was lost
        let makes = !path.ends_with("/exec");
        for operation in [&mut item.get, &mut item.put, &mut item.delete, &mut item.head].into_iter().flatten() {
            complete(operation);
        }
        if let Some(operation) = &mut item.post {
            complete(operation);
            if makes {
                operation.parameters.get_or_insert_default().push(RefOr::T(
                    ParameterBuilder::new()
                        .name(IDEMPOTENCY_KEY)
                        .parameter_in(ParameterIn::Header)
                        .description(Some("Makes the request count once, however often it is sent; 24 hours"))
                        .schema(Some(text(200, "^[!#-~]+$")))
                        .build(),
                ));
            }
        }
    }
    router
}

fn text(most: usize, pattern: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(most)).pattern(Some(pattern))
}

fn complete(operation: &mut Operation) {
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        body.required = Some(Required::True);
    }
    for (status, what) in [("4XX", "The request is refused"), ("5XX", "The platform cannot do it now")] {
        let problem = Content::new(Some(RefOr::<Schema>::Ref(Ref::from_schema_name("Problem"))));
        let response = ResponseBuilder::new().description(what).content("application/problem+json", problem).build();
        operation.responses.responses.entry(status.to_owned()).or_insert(RefOr::T(response));
    }
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            let id = HeaderBuilder::new()
                .description(Some("The request's id"))
                .schema(Some(text(64, "^[A-Za-z0-9._-]+$")))
                .build();
            response.headers.insert(String::from("x-request-id"), RefOr::T(id));
        }
    }
}
