//! Why a request failed, attached to its response.

use std::error::Error;

use actix_web::HttpResponse;

/// Why a request failed. A view attaches it to the plain page of a 500; with `DEBUG` the middleware shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorReport {
    /// The messages of the error and its causes, outermost first.
    pub messages: Vec<String>,
    /// File, line and column of a panic.
    pub location: Option<String>,
}

impl ErrorReport {
    /// A report with this message.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { messages: vec![message.into()], location: None }
    }

    /// A report with the messages of an error and its causes ([`Error::source`]).
    #[must_use]
    pub fn of(error: &dyn Error) -> Self {
        let mut messages = vec![error.to_string()];
        let mut cause = error.source();
        while let Some(error) = cause {
            messages.push(error.to_string());
            cause = error.source();
        }
        Self { messages, location: None }
    }

    /// Attaches the report to a response.
    #[must_use]
    pub fn attach(self, mut response: HttpResponse) -> HttpResponse {
        response.extensions_mut().insert(self);
        response
    }

    pub(super) fn of_response_error(error: &actix_web::Error) -> Self {
        let (words, details) = (error.to_string(), format!("{error:?}"));
        let mut report = Self::new(words);
        // The words of some errors say little: `InternalError` and enums whose variants hold the cause.
        report.messages.extend((details != report.messages.concat()).then_some(details));
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the poll can't be read")]
    struct Outer(#[source] std::num::ParseIntError);

    #[test]
    fn causes_follow_the_error() {
        let error = Outer("x".parse::<u8>().unwrap_err());
        let messages = ErrorReport::of(&error).messages;
        assert_eq!(messages, ["the poll can't be read", "invalid digit found in string"]);
    }
}
