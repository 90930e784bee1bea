//! The documents that were made, which the views of the schema share.

use std::sync::{Arc, Mutex, PoisonError};

use actix_web::web::Data;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::SchemaGenerator;
use crate::data::QueryDict;
use crate::exceptions::APIException;
use crate::request::Request;
use crate::settings::APISettings;
use vitamin_framework::middleware::Site;
use vitamin_framework::urls::UrlConf;

/// The most versions whose documents are kept: a client can ask for any.
const MAX_DOCUMENTS: usize = 4;

/// The documents by the version of the API. All workers share them.
#[derive(Default)]
pub(crate) struct Documents(Mutex<Vec<(Option<String>, Document)>>);

/// A document that requests share.
#[derive(Clone)]
pub(super) struct Document(pub(super) Arc<Value>);

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl Documents {
    fn find(&self, version: Option<&str>) -> Option<Document> {
        let documents = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        documents.iter().find(|(known, _)| known.as_deref() == version).map(|(_, document)| document.clone())
    }

    fn keep(&self, version: Option<&str>, document: &Document) {
        let mut documents = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Two workers can make it at the same time.
        if documents.iter().any(|(known, _)| known.as_deref() == version) {
            return;
        }
        if documents.len() >= MAX_DOCUMENTS {
            documents.remove(0);
        }
        documents.push((version.map(str::to_owned), document.clone()));
    }
}

/// The version of the API that the request asks for: by its URL or headers, or by `?version=`.
pub(super) fn requested_version(
    request: &Request,
    settings: &APISettings,
) -> Result<Option<String>, APIException> {
    let query: QueryDict = request.query_params()?;
    let asked = query.get("version").and_then(|version| version.as_str()).map(str::to_owned);
    let allowed = &settings.versions.allowed_versions;
    let asked = asked.filter(|version| allowed.is_empty() || allowed.contains(&Some(version.as_str())));
    Ok(request.version().map(str::to_owned).or(asked).filter(|version| !version.is_empty()))
}

/// The document of this version. The first request makes it.
pub(super) fn document(
    request: &Request,
    settings: &APISettings,
    version: Option<&str>,
) -> Result<Document, APIException> {
    // Only tests have views without the app.
    let documents = request.app_data::<Data<Documents>>();
    if let Some(document) = documents.and_then(|documents| documents.find(version)) {
        return Ok(document);
    }
    let site = request.app_data::<Data<Site>>();
    let site = site.ok_or_else(|| APIException::server_error("there is no URLconf in the app data"))?;
    let urlconf = UrlConf::new((site.urlpatterns)());
    let generated = SchemaGenerator::new(settings)
        .session_cookie_name(&site.settings.session_cookie_name)
        .is_postgres(request.database().is_ok_and(|database| database.is_postgres()))
        .api_version(version)
        .get_schema(&urlconf);
    generated.warnings.iter().for_each(|warning| log::warn!("The schema: {warning}"));
    let document = Document(Arc::new(generated.document));
    if let Some(documents) = documents {
        documents.keep(version, &document);
    }
    Ok(document)
}
