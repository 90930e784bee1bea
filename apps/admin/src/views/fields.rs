//! The fields of an object's form: controls for those that the user may write, texts for the others.

use serde::Serialize;

use vitamin_framework::database::DbConnection;
use vitamin_framework::models::{DbValue, ModelMeta};
use vitamin_rest_framework::browsable::{
    Control, FieldView, FormSource, FormValues, OptionView, Widget, form_fields, label, pk_lookup,
};
use vitamin_rest_framework::data::{Data, QueryDict, Value};
use vitamin_rest_framework::error_detail::Detail;
use vitamin_rest_framework::exceptions::APIException;
use vitamin_rest_framework::request::RequestInfo;
use vitamin_rest_framework::schemas::{FieldSchema, SerializerSchema};
use vitamin_rest_framework::serializers::Related;

use crate::any_model_admin::{AnyModelAdmin, Found};
use crate::display;
use crate::links::{list_url, object_url};
use crate::related::Texts;
use crate::request::AdminRequest;

/// A field on the page: with a control, or with a text only.
#[derive(Serialize)]
pub(super) struct AdminField {
    view: FieldView,
    is_readonly: bool,
    /// The objects that a key refers to, or the text of a field without a control.
    shown: Vec<ObjectView>,
    /// Where a key can be looked up.
    lookup_url: Option<String>,
}

/// An object as a text, with its page if the user may see it.
#[derive(Serialize)]
pub(super) struct ObjectView {
    text: String,
    url: Option<String>,
}

/// Where the form's values come from.
pub(super) struct Source<'a> {
    /// The object. `None`: a new one.
    pub(super) found: Option<&'a Found>,
    /// What the client sent, with its errors.
    pub(super) refused: Option<(Data, &'a Detail)>,
    /// Whether the user may write.
    pub(super) is_editable: bool,
}

/// The related objects of a field: their model, whether they are many, and their keys.
struct RelatedKeys {
    meta: &'static ModelMeta,
    keys: Vec<DbValue>,
}

/// The fields.
pub(super) async fn fields(
    request: &AdminRequest,
    admin: &dyn AnyModelAdmin,
    source: Source<'_>,
) -> Result<Vec<AdminField>, APIException> {
    let options = admin.options();
    let schema = admin.schema(source.found.is_none(), request.database()?.is_postgres());
    let is_written = |field: &FieldSchema| {
        source.is_editable
            && !field.field.is_read_only()
            && !options.readonly_fields.contains(&field.name.as_ref())
    };
    let errors = source.refused.as_ref().map(|(_, errors)| *errors);
    let sent = source.refused.map(|(data, _)| data);
    let views = if source.is_editable {
        let without: Vec<&str> = [options.raw_id_fields.as_slice(), &options.readonly_fields].concat();
        let values = match (sent.clone(), source.found) {
            (Some(data), _) => FormValues::Submitted(data),
            (None, Some(found)) => FormValues::Object(found.json.clone()),
            (None, None) => FormValues::Object(defaults(admin.meta())),
        };
        let object = source.found.map(|found| &found.json);
        let form = FormSource { prefix: "id", values, object, errors, without_choices: &without };
        form_fields(request, &schema, form).await?
    } else {
        Vec::new()
    };
    let mut views: Vec<Option<FieldView>> = views.into_iter().map(Some).collect();
    let mut fields = Vec::with_capacity(schema.fields.len());
    let mut related = Vec::with_capacity(schema.fields.len());
    for field in schema.fields.iter().filter(|field| !field.field.is_hidden()) {
        let name: &str = &field.name;
        let view = views.iter_mut().find(|view| view.as_ref().is_some_and(|view| view.name == name));
        let view = view.and_then(Option::take).filter(|_| is_written(field));
        let json = source.found.and_then(|found| found.json.get(name));
        match view {
            Some(mut view) => {
                view.id = format!("id_{name}");
                related.push(written_keys(&mut view, field, json, sent.as_ref(), request.info()));
                fields.push(AdminField { view, is_readonly: false, shown: Vec::new(), lookup_url: None });
            }
            // A secret is written only, and a new object has nothing to show yet.
            None if field.field.options().is_write_only() => {}
            None => {
                let Some(found) = source.found else { continue };
                let view = FieldView {
                    name: name.to_owned(),
                    id: format!("id_{name}"),
                    label: label(field),
                    ..FieldView::default()
                };
                let (keys, text) = shown(request, admin, field, found);
                let shown = text.map(|text| ObjectView { text, url: None });
                related.push(keys);
                fields.push(AdminField {
                    view,
                    is_readonly: true,
                    shown: shown.into_iter().collect(),
                    lookup_url: None,
                });
            }
        }
    }
    name_objects(request, &mut fields, &related).await?;
    Ok(fields)
}

/// The values of a new object's form: the defaults of the model's fields.
fn defaults(meta: &ModelMeta) -> serde_json::Value {
    let columns = meta.columns.iter().filter_map(|column| Some((column.name, (column.default?)())));
    let values =
        columns.filter_map(|(name, value)| Some((name.to_owned(), serde_json::to_value(value).ok()?)));
    serde_json::Value::Object(values.collect())
}

/// The related objects that a control offers, or those whose keys it holds.
fn written_keys(
    view: &mut FieldView,
    field: &FieldSchema,
    json: Option<&serde_json::Value>,
    sent: Option<&Data>,
    info: &RequestInfo,
) -> Option<RelatedKeys> {
    let related = related_by_key(field)?;
    let (meta, kind) = (related.meta(), info.kind_of(related.meta().primary_key().kind));
    let key = |text: String| pk_lookup(text, kind).flatten();
    if view.control.widget == Widget::Select {
        let keys = view.options.iter().filter_map(|option| key(option.value.clone())).collect();
        if !related.is_many() && !view.options.iter().any(|option| option.selected) {
            // Otherwise the browser would choose the first object.
            let none = OptionView {
                value: String::new(),
                label: "---------".to_owned(),
                selected: true,
                group: String::new(),
            };
            if view.options.first().is_none_or(|option| !option.value.is_empty()) {
                view.options.insert(0, none);
            }
        }
        return Some(RelatedKeys { meta, keys });
    }
    view.control = Control::of(Widget::Input);
    let texts: Vec<String> = match (sent, json) {
        (Some(Data::Form(form)), _) => {
            form.get_list(&view.name).iter().filter_map(|value| Some(value.as_str()?.to_owned())).collect()
        }
        (_, Some(json)) => key_texts(json),
        _ => Vec::new(),
    };
    view.value = texts.join(",");
    if related.is_many() {
        view.control.attributes.push(("data-many", String::new()));
        let note = "Keys, separated by commas.";
        view.help = if view.help.is_empty() { note.to_owned() } else { format!("{} {note}", view.help) };
    }
    Some(RelatedKeys { meta, keys: texts.into_iter().filter_map(key).collect() })
}

/// The text of a field without a control, or the objects that it refers to.
fn shown(
    request: &AdminRequest,
    admin: &dyn AnyModelAdmin,
    field: &FieldSchema,
    found: &Found,
) -> (Option<RelatedKeys>, Option<String>) {
    if let Some((index, column)) = admin.meta().find(&field.name) {
        let value = found.values.get(index).cloned().unwrap_or(DbValue::Null);
        if let (Some(reference), false) = (column.references, value.is_null()) {
            return (Some(RelatedKeys { meta: (reference.to)(), keys: vec![value] }), None);
        }
        return (None, Some(display::text(value.as_ref(), column, request.info().time_zone())));
    }
    let json = found.json.get(field.name.as_ref()).unwrap_or(&serde_json::Value::Null);
    if let Some(related) = related_by_key(field) {
        let kind = request.info().kind_of(related.meta().primary_key().kind);
        let keys: Vec<DbValue> =
            key_texts(json).into_iter().filter_map(|text| pk_lookup(text, kind).flatten()).collect();
        if !keys.is_empty() {
            return (Some(RelatedKeys { meta: related.meta(), keys }), None);
        }
    }
    let text = match json {
        serde_json::Value::Null => display::EMPTY.to_owned(),
        serde_json::Value::Bool(value) => if *value { "Yes" } else { "No" }.to_owned(),
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(items) if items.is_empty() => display::EMPTY.to_owned(),
        other => other.to_string(),
    };
    (None, Some(text))
}

/// The related field whose values are primary keys.
fn related_by_key(field: &FieldSchema) -> Option<&Related> {
    let related = field.field.kind().downcast_ref::<Related>()?;
    (related.column() == Some(related.meta().primary_key().column)).then_some(related)
}

fn key_texts(json: &serde_json::Value) -> Vec<String> {
    match json {
        serde_json::Value::Null => Vec::new(),
        serde_json::Value::String(text) => vec![text.clone()],
        serde_json::Value::Array(items) => items.iter().flat_map(key_texts).collect(),
        other => vec![other.to_string()],
    }
}

/// Puts the texts of related objects into the fields, and links to them.
async fn name_objects(
    request: &AdminRequest,
    fields: &mut [AdminField],
    related: &[Option<RelatedKeys>],
) -> Result<(), APIException> {
    let keys: Vec<_> =
        related.iter().flatten().flat_map(|one| one.keys.iter().map(|key| (one.meta, key.clone()))).collect();
    let site = request.shared_site();
    let texts = if keys.is_empty() {
        Texts::default()
    } else {
        let load = move |connection: &mut DbConnection| Texts::load(connection, &site, &keys);
        request.database()?.run(load).await?
    };
    for (field, related) in fields.iter_mut().zip(related) {
        let Some(related) = related else { continue };
        let list = match request.site().of(related.meta) {
            Some(admin) if request.permissions().may_view(related.meta) => Some(list_url(request, &**admin)?),
            _ => None,
        };
        if field.view.control.widget == Widget::Select && !field.is_readonly {
            let kind = request.info().kind_of(related.meta.primary_key().kind);
            for option in &mut field.view.options {
                let key = pk_lookup(option.value.clone(), kind).flatten();
                if let Some(key) = key.filter(|_| !option.value.is_empty()) {
                    option.label = display::cut(&texts.get(related.meta, &key));
                }
            }
            continue;
        }
        let object = |key: &DbValue| ObjectView {
            text: display::cut(&texts.get(related.meta, key)),
            url: list.as_deref().map(|list| object_url(list, key, "change")),
        };
        field.shown = related.keys.iter().map(object).collect();
        field.lookup_url = list.filter(|_| !field.is_readonly).map(|list| format!("{list}?_popup=1"));
    }
    Ok(())
}

/// The form with the keys of relations to many objects as a list: an input holds them separated by commas.
pub(super) fn with_keys_apart(schema: &SerializerSchema, data: Data) -> Data {
    let Data::Form(form) = data else { return data };
    let mut apart = QueryDict::new();
    for (name, values) in form.lists() {
        let is_many = schema
            .fields
            .iter()
            .any(|field| field.name == name && related_by_key(field).is_some_and(Related::is_many));
        if !is_many {
            apart.set_list(name, values.to_vec());
            continue;
        }
        let keys = values.iter().filter_map(Value::as_str).flat_map(|text| text.split(','));
        let keys = keys.map(str::trim).filter(|key| !key.is_empty()).map(Value::from);
        apart.set_list(name, keys.collect());
    }
    Data::Form(apart)
}
