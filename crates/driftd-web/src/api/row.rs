//! Rows of the views in the document of the API: their schema follows from the columns.

use std::borrow::Cow;
use std::marker::PhantomData;

use driftd_model::{CellKind, Column, HistoryRow, IncidentRow, View, WindowRow};
use utoipa::openapi::schema::{
    ArrayBuilder, KnownFormat, Object, ObjectBuilder, OneOfBuilder, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::range::ResolvedRange;

/// A row of the view `R`.
pub(super) struct Row<R>(PhantomData<R>);

/// Views that the API shows.
pub(super) trait NamedView: View {
    /// What a row is called in the document.
    const NAME: &'static str;
    /// Columns that every row has a value in.
    const ALWAYS: &'static [&'static str];
}

impl NamedView for HistoryRow {
    const NAME: &'static str = "DriftRow";
    const ALWAYS: &'static [&'static str] = &[
        "monitor",
        "segment",
        "window_name",
        "window_start",
        "window_end",
        "feature",
        "statistic",
        "n",
        "m",
        "baseline",
        "sealed_at",
    ];
}

impl NamedView for WindowRow {
    const NAME: &'static str = "WindowRow";
    const ALWAYS: &'static [&'static str] = &[
        "monitor",
        "segment",
        "window_name",
        "window_start",
        "window_end",
        "rows",
        "coverage",
        "outcome",
        "baseline",
        "sealed_at",
    ];
}

impl NamedView for IncidentRow {
    const NAME: &'static str = "IncidentRow";
    const ALWAYS: &'static [&'static str] =
        &["incident_id", "monitor", "segment", "kind", "severity", "state", "features", "windows"];
}

impl<R: NamedView> PartialSchema for Row<R> {
    fn schema() -> RefOr<Schema> {
        RefOr::T(Schema::Object(object::<R>()))
    }
}

impl<R: NamedView> ToSchema for Row<R> {
    fn name() -> Cow<'static, str> {
        R::NAME.into()
    }
}

/// A page of rows of the view `R`, or the bare rows.
pub(super) struct RowsOf<R>(PhantomData<R>);

impl<R: NamedView> PartialSchema for RowsOf<R> {
    fn schema() -> RefOr<Schema> {
        let rows = || ArrayBuilder::new().items(Ref::from_schema_name(R::NAME));
        let described = |text: &'static str, types: &[Type]| {
            ObjectBuilder::new().schema_type(SchemaType::Array(types.to_vec())).description(Some(text))
        };
        let page = ObjectBuilder::new()
            .property("data", rows().description(Some("Its rows.")))
            .required("data")
            .property("next", described("The cursor of the next page; null on the last.", &[Type::String, Type::Null]))
            .required("next")
            .property("range", Ref::from_schema_name(ResolvedRange::name()))
            .required("range");
        RefOr::T(Schema::OneOf(OneOfBuilder::new().item(page).item(rows()).build()))
    }
}

impl<R: NamedView> ToSchema for RowsOf<R> {
    fn name() -> Cow<'static, str> {
        format!("{}s", R::NAME).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((R::NAME.to_owned(), Row::<R>::schema()));
        schemas.push((ResolvedRange::name().into_owned(), ResolvedRange::schema()));
    }
}

/// The columns of the view; a value that is not there is null.
pub(super) fn object<R: NamedView>() -> Object {
    let columns = R::COLUMNS.iter().map(|column| (column.name, schema(column, R::ALWAYS.contains(&column.name))));
    let object = columns.fold(ObjectBuilder::new(), |object, (name, schema)| object.property(name, schema));
    R::COLUMNS.iter().fold(object, |object, column| object.required(column.name)).build()
}

fn schema<R>(column: &Column<R>, is_always_there: bool) -> Schema {
    let of = |types: &[Type]| {
        let null = (!is_always_there).then_some(Type::Null);
        let types: Vec<Type> = types.iter().cloned().chain(null).collect();
        let schema = ObjectBuilder::new().schema_type(match types.as_slice() {
            [alone] => SchemaType::Type(alone.clone()),
            _ => SchemaType::Array(types),
        });
        schema.description(Some(column.says))
    };
    let known = |format| Some(SchemaFormat::KnownFormat(format));
    Schema::Object(match column.kind {
        CellKind::Text => of(&[Type::String]).build(),
        CellKind::Float => of(&[Type::Number]).format(known(KnownFormat::Double)).build(),
        CellKind::Count => of(&[Type::Integer]).format(known(KnownFormat::Int64)).minimum(Some(0)).build(),
        // A number where times=epoch_ms.
        CellKind::Time => of(&[Type::String, Type::Integer]).build(),
        CellKind::List => {
            let texts = ArrayBuilder::new().items(ObjectBuilder::new().schema_type(Type::String));
            return Schema::Array(texts.description(Some(column.says)).build());
        }
    })
}
