//! What the pages of other apps, such as the admin, have in common with these.

use actix_web::HttpResponse;
use actix_web::web::Data as AppData;

use super::choices::Choices;
use super::controls::{ControlView, filter_views};
use super::encoded::{Budget, decode};
use super::form::{FieldView, FormParts};
use super::values::Values;
use crate::data::{Data, QueryDict};
use crate::error_detail::Detail;
use crate::exceptions::APIException;
use crate::filters::FormField;
use crate::request::{Request, check_csrf, form_token};
use crate::schemas::{FieldSchema, SerializerSchema};
pub use crate::serializers::pk_lookup;
pub use crate::utils::urls::quote_plus;
use vitamin_framework::middleware::Site;

/// The answer to a form whose CSRF token does not match: Django's own page. `None` if it matches.
#[must_use]
pub fn check_form(request: &Request, form: &Data) -> Option<HttpResponse> {
    let Some(site) = request.app_data::<AppData<Site>>() else {
        return Some(vitamin_framework::pages::csrf_failure());
    };
    let reason = check_csrf(request, site, "POST", || form_token(form)).err()?;
    log::warn!("Forbidden ({reason}): {}", request.path());
    Some(vitamin_framework::pages::csrf_failure())
}

/// The values of a page's form as a JSON body would have them: lists and objects, keys one a line, files that are cleared. What can't be
/// decoded keeps its text, and has an error. All values count as those of one JSON body do.
///
/// # Errors
/// 503: there is no memory for them.
pub fn decode_form(request: &Request, data: Data) -> Result<(Data, Option<Detail>), APIException> {
    let Data::Form(form) = data else { return Ok((data, None)) };
    let values = request.view().body_reader.limits.data_upload_max_number_values;
    let (form, errors) = decode(form, Budget { values, reserve: &|bytes| request.reserve_memory(bytes) })?;
    Ok((Data::Form(form), errors))
}

/// Where the values of a form come from.
pub enum FormValues {
    /// The fields' own.
    Initial,
    /// A form that the client sent.
    Submitted(Data),
    /// The object, as the serializer writes it.
    Object(serde_json::Value),
}

/// The values, errors and ids of a form's fields.
pub struct FormSource<'a> {
    /// The first part of the ids.
    pub prefix: &'a str,
    /// The values.
    pub values: FormValues,
    /// The object as it is, as the serializer writes it.
    pub object: Option<&'a serde_json::Value>,
    /// The errors of what the client sent.
    pub errors: Option<&'a Detail>,
    /// Related fields whose objects are not offered, by their names.
    pub without_choices: &'a [&'a str],
}

/// The fields of a serializer that a client may write.
///
/// # Errors
/// A query for the choices of related fields fails.
pub async fn form_fields(
    request: &Request,
    serializer: &SerializerSchema,
    source: FormSource<'_>,
) -> Result<Vec<FieldView>, APIException> {
    let values = match source.values {
        FormValues::Initial => Values::Initial,
        FormValues::Submitted(data) => Values::submitted(data),
        FormValues::Object(json) => Values::Json(json),
    };
    let choices = Choices::load(request, serializer, source.without_choices).await?;
    let parts = FormParts {
        prefix: source.prefix,
        values: &values,
        object: source.object,
        errors: source.errors,
        choices: &choices,
        is_postgres: request.database()?.is_postgres(),
    };
    Ok(parts.fields(serializer))
}

/// A field's label.
#[must_use]
pub fn label(field: &FieldSchema) -> String {
    let own = field.field.options().label();
    own.map_or_else(|| crate::formatting::pretty_name(&field.name), Into::into)
}

/// The controls of filters.
#[must_use]
pub fn filter_controls<'f>(
    fields: impl Iterator<Item = &'f FormField>,
    query: &QueryDict,
) -> Vec<ControlView> {
    fields.flat_map(|field| filter_views(field, query)).collect()
}
