//! The forms of a page: POST, and PUT with PATCH, each with a raw editor.

use std::sync::Arc;

use actix_web::http::Method;
use serde::Serialize;

use super::choices::Choices;
use super::form::{FieldView, FormParts};
use super::submit::METHOD;
use super::user_may::UserMay;
use super::values::{Values, messages};
use crate::error_detail::{Detail, NON_FIELD_ERRORS};
use crate::exceptions::APIException;
use crate::parsers::Parser;
use crate::request::{PageContent, Request};
use crate::schemas::{DescribeSerializer, FieldSchema, SerializerSchema};
use crate::utils::urls::replace_query_param;

/// The forms that write.
#[derive(Default, Serialize)]
pub(super) struct Forms {
    post: Option<Form>,
    /// PUT, with PATCH as a second button; or PATCH alone.
    put: Option<Form>,
}

#[derive(Serialize)]
struct Form {
    /// The first part of the ids.
    prefix: &'static str,
    buttons: Vec<Button>,
    /// `multipart/form-data`, if a parser reads that. `None`: the view reads no forms.
    enctype: Option<&'static str>,
    fields: Vec<FieldView>,
    /// The errors of the whole object.
    errors: Vec<String>,
    /// Whether there is a serializer.
    has_fields: bool,
    /// The media types of the raw editor.
    media_types: Vec<&'static str>,
    raw: String,
    /// Whether the raw editor holds what the client sent.
    raw_is_open: bool,
}

#[derive(Serialize)]
struct Button {
    method: &'static str,
    url: String,
    /// The URL for a raw body.
    raw_url: String,
}

impl Forms {
    pub(super) async fn of(
        request: &Request,
        content: &PageContent,
        user_may: &UserMay,
        target: &str,
    ) -> Result<Self, APIException> {
        let button = |method: &'static str| {
            let url = replace_query_param(target, METHOD, method);
            Button {
                method,
                url: if method == "POST" { target.to_owned() } else { url.clone() },
                raw_url: url,
            }
        };
        let may = |method: &Method| user_may.methods.contains(method);
        let mut forms = Self::default();
        if may(&Method::POST) {
            let as_post = request.overriding_method(Method::POST);
            forms.post = Some(Form::of("post", vec![button("POST")], &as_post, content, None).await?);
        }
        let mut buttons = Vec::new();
        for (method, name) in [(Method::PUT, "PUT"), (Method::PATCH, "PATCH")] {
            if may(&method) {
                buttons.push((method, button(name)));
            }
        }
        if let Some((method, _)) = buttons.first() {
            let as_put = request.overriding_method(method.clone());
            let buttons = buttons.into_iter().map(|(_, button)| button).collect();
            forms.put = Some(Form::of("put", buttons, &as_put, content, user_may.object.as_ref()).await?);
        }
        Ok(forms)
    }
}

impl Form {
    /// `request` has the method that the form sends.
    async fn of(
        prefix: &'static str,
        buttons: Vec<Button>,
        request: &Request,
        content: &PageContent,
        object: Option<&serde_json::Value>,
    ) -> Result<Self, APIException> {
        let parsers = &request.view().body_reader.parsers;
        let reads = |media_type: &str| parsers.iter().any(|parser| parser.media_type() == media_type);
        let enctype =
            ["multipart/form-data", "application/x-www-form-urlencoded"].into_iter().find(|form| reads(form));
        let serializer = serializer(request)?;
        let is_sent = buttons.iter().any(|button| button.method == request.client_method_name());
        let errors = content.exception.as_ref().map(|(_, detail)| detail).filter(|_| is_sent);
        let values = match (errors.and_then(|_| request.submitted()), object) {
            (Some(data), _) => Values::submitted(data),
            (None, Some(object)) => Values::Json(object.clone()),
            (None, None) => Values::Initial,
        };
        let raw_is_open = errors.is_some() && matches!(values, Values::Json(_));
        let mut buttons = buttons;
        let (fields, raw) = match &serializer {
            Some(serializer) => {
                let choices = Choices::load(request, serializer, &[]).await?;
                let parts = FormParts {
                    prefix,
                    values: &values,
                    object,
                    errors,
                    choices: &choices,
                    is_postgres: request.database().is_ok_and(|database| database.is_postgres()),
                };
                (parts.fields(serializer), raw(serializer, &values))
            }
            None => (Vec::new(), String::new()),
        };
        if fields.iter().any(FieldView::is_encoded) {
            // Only then the form is decoded.
            buttons.iter_mut().for_each(|button| button.url.clone_from(&button.raw_url));
        }
        Ok(Self {
            prefix,
            buttons,
            enctype,
            errors: errors.map(form_errors).unwrap_or_default(),
            has_fields: serializer.is_some(),
            fields,
            media_types: raw_media_types(parsers),
            raw,
            raw_is_open,
        })
    }
}

/// The errors that belong to no field.
#[must_use]
pub fn form_errors(detail: &Detail) -> Vec<String> {
    match detail {
        Detail::Dict(errors) => ["detail", NON_FIELD_ERRORS]
            .iter()
            .filter(|key| errors.contains_key(**key))
            .flat_map(|key| messages(Some(detail), &[key]))
            .collect(),
        _ => messages(Some(detail), &[]),
    }
}

/// The serializer of the method that a request has.
fn serializer(request: &Request) -> Result<Option<SerializerSchema>, APIException> {
    let view = request.view();
    let is_postgres = || request.database().is_ok_and(|database| database.is_postgres());
    match (&view.serializer, &view.model_view) {
        (Some(class), _) => Ok(Some(class.get_serializer(request).schema(is_postgres()))),
        (None, Some(model_view)) => model_view.form(request).map(Some),
        (None, None) => Ok(None),
    }
}

/// A multipart body needs a boundary, which only a form has.
fn raw_media_types(parsers: &[Arc<dyn Parser>]) -> Vec<&'static str> {
    parsers
        .iter()
        .map(|parser| parser.media_type())
        .filter(|media_type| *media_type != "multipart/form-data")
        .collect()
}

/// The JSON that the raw editor shows: what the client sent, or the fields that it may write.
fn raw(serializer: &SerializerSchema, values: &Values) -> String {
    let written =
        serializer.fields.iter().filter(|field| !field.field.is_read_only() && !field.field.is_hidden());
    let value = |field: &FieldSchema| match values {
        Values::Json(json) => json.get(field.name.as_ref()).cloned(),
        _ => {
            let options = field.field.options();
            let initial = options.initial().or(options.constant_default()).cloned();
            serde_json::to_value(initial.unwrap_or_else(|| field.field.initial())).ok()
        }
    };
    let shown = written.filter_map(|field| Some((field.name.clone().into_owned(), value(field)?)));
    let shown: serde_json::Map<String, serde_json::Value> = shown.collect();
    serde_json::to_string_pretty(&shown).unwrap_or_default()
}
