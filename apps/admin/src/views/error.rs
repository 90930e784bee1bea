//! The pages of errors.

use actix_web::HttpResponse;
use minijinja::context;

use vitamin_rest_framework::exceptions::APIException;

use crate::request::AdminRequest;

/// The page of an error that a client can have made. Others are answered as in any view.
pub(crate) fn error_page(request: &AdminRequest, error: APIException) -> Result<HttpResponse, APIException> {
    let status = error.status();
    let (title, text) = match status.as_u16() {
        400 => ("Bad request", "The address or the form of this page has a value that cannot be read."),
        403 => ("Permission denied", "You may not see this page, or not do this."),
        404 => ("Page not found", "There is no such page, or the object is gone."),
        _ => return Err(error),
    };
    request.page(status, "admin/error.html", title, &[], context!(text))
}
