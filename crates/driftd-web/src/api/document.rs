//! The document of the API (OpenAPI 3.1): its frame, and what holds for every path.

use std::collections::BTreeMap;

use utoipa::openapi::{
    ContentBuilder, Info, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Response, ResponseBuilder,
};
use utoipa::{IntoResponses, ToSchema};

use crate::problem::{PAGES, PROBLEM_JSON, ProblemDocument, ProblemKind};

/// The document without its paths.
pub(super) fn frame() -> OpenApi {
    let info: Info = InfoBuilder::new()
        .title("driftd")
        .version("1")
        .description(Some(
            "What a driftd has judged: windows, drift, incidents, baselines. Everything here is read; incidents are \
             acknowledged and silences made by the driftd program. Moments are RFC 3339 in UTC, ranges are [from, to) in \
             event time, lists go on at next. New fields and paths may be added; what is here stays.",
        ))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    let mut document = OpenApiBuilder::new().info(info).build();
    let mut schemas =
        vec![(ProblemDocument::name().into_owned(), <ProblemDocument<'_> as utoipa::PartialSchema>::schema())];
    ProblemDocument::schemas(&mut schemas);
    document.components.get_or_insert_default().schemas.extend(schemas);
    document
}

/// The document as it is served.
pub(super) fn text(document: &OpenApi) -> String {
    // A document of texts, numbers and lists is always JSON.
    serde_json::to_string_pretty(document).unwrap_or_default() + "\n"
}

/// What every path may answer besides what it is asked for.
pub(super) struct Problems;

impl IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut by_status: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
        for kind in ProblemKind::ALL {
            let definition = kind.definition();
            by_status.entry(definition.status.as_u16()).or_default().push(definition.name);
        }
        let response = |(status, names): (u16, Vec<&str>)| {
            let names: Vec<String> = names.into_iter().map(|name| format!("{PAGES}/{name}")).collect();
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(ProblemDocument::name()))).build();
            let response = ResponseBuilder::new()
                .description(format!("A problem: {}", names.join(", ")))
                .content(PROBLEM_JSON, content)
                .build();
            (status.to_string(), RefOr::T(response))
        };
        let bare = [
            ("304", "Nothing: the client has this answer already, as If-None-Match says"),
            ("431", "Nothing: the head of the request has more than 16 KiB"),
        ];
        let bare = bare.map(|(status, why)| (status.to_owned(), RefOr::T(Response::new(why))));
        by_status.into_iter().map(response).chain(bare).collect()
    }
}
