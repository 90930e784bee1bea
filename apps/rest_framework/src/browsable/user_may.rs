//! Finds the methods that the permission classes allow, so that a page shows no button whose request they would refuse.

use actix_web::http::Method;

use crate::exceptions::ExceptionKind;
use crate::generics::Inspection;
use crate::initial::check_permissions;
use crate::policies::Policies;
use crate::request::{PageContent, Request};

/// The methods that a page can offer.
const SHOWN: [Method; 6] =
    [Method::GET, Method::OPTIONS, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// The methods that the request's user may call at this URL.
pub(super) struct UserMay {
    pub(super) methods: Vec<Method>,
    /// The JSON that a form for PUT begins with. `None` if there is no object, or the user may not see it.
    pub(super) object: Option<serde_json::Value>,
}

impl UserMay {
    pub(super) async fn find(policies: &Policies, request: &Request, content: &PageContent) -> Self {
        let view = request.view();
        let mut found = Self { methods: Vec::new(), object: None };
        let kind = content.exception.as_ref().map(|(kind, _)| *kind);
        // With bad credentials or over its rate, the client would be refused whatever it asks.
        if matches!(kind, Some(ExceptionKind::AuthenticationFailed | ExceptionKind::Throttled)) {
            return found;
        }
        for method in SHOWN.iter().filter(|method| view.methods.contains(method)) {
            let request = request.overriding_method(method.clone());
            if check_permissions(&policies.permissions, &request).await.is_ok() {
                found.methods.push(method.clone());
            }
        }
        let Some(model_view) = &view.model_view else {
            found.object = serde_json::from_slice(&content.json).ok().filter(|_| content.status.is_success());
            return found;
        };
        let is_of_object = |method: &&Method| [Method::PUT, Method::PATCH, Method::DELETE].contains(method);
        let requests: Vec<Request> = found
            .methods
            .iter()
            .filter(is_of_object)
            .map(|method| request.overriding_method(method.clone()))
            .collect();
        if requests.is_empty() {
            return found;
        }
        let writes = [Method::PUT, Method::PATCH].into_iter().find(|method| found.methods.contains(method));
        let serializer_of = request.overriding_method(writes.unwrap_or(Method::GET));
        let Inspection { json, allowed } =
            model_view.inspect_object(&requests, &serializer_of).await.unwrap_or_default();
        let is_allowed = |method: &Method| {
            let index = requests.iter().position(|request| request.method() == method);
            index.is_none_or(|index| allowed.get(index) == Some(&true))
        };
        found.methods.retain(is_allowed);
        found.object = serde_json::from_slice(&json).ok();
        found
    }
}
