//! Messages that the next page shows, in Django's own cookie (`django/contrib/messages/storage/cookie.py`): a Django admin on the same
//! host shows ours, and this one shows Django's.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderValue;
use serde::Serialize;
use serde_json::{Value, json};

use vitamin_framework::http::{SetCookie, get_cookie};
use vitamin_framework::middleware::Site;
use vitamin_framework::signing;

const COOKIE: &str = "messages";

/// What Django salts the signature with.
const SALT: &str = "django.contrib.messages";

/// What Django puts before the key of each signed cookie.
const KEY_PREFIX: &[u8] = b"django.http.cookies";

/// What each message begins with (`MessageEncoder.message_key`).
const MESSAGE_KEY: &str = "__json_message";

/// The importance of a message (`django/contrib/messages/constants.py`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Something to know.
    Info,
    /// It worked.
    Success,
    /// It did not happen, and why.
    Warning,
    /// It failed.
    Error,
}

impl Level {
    const fn number(self) -> u8 {
        match self {
            Self::Info => 20,
            Self::Success => 25,
            Self::Warning => 30,
            Self::Error => 40,
        }
    }

    const fn of(number: u64) -> Self {
        match number {
            40.. => Self::Error,
            30.. => Self::Warning,
            25.. => Self::Success,
            _ => Self::Info,
        }
    }
}

/// A message, as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Message {
    pub(crate) level: Level,
    pub(crate) text: String,
}

fn keys(site: &Site) -> Vec<Vec<u8>> {
    site.settings.signing_keys().into_iter().map(|key| [KEY_PREFIX, key].concat()).collect()
}

/// The messages of the request's cookie. A cookie that is not signed, or not Django's, has none.
pub(crate) fn read(request: &HttpRequest, site: &Site) -> Vec<Message> {
    let Some(cookie) = get_cookie(request.headers(), COOKIE) else { return Vec::new() };
    let keys = keys(site);
    let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
    let stored: Vec<Value> = signing::loads(&cookie, &keys, SALT, None).unwrap_or_default();
    stored.iter().filter_map(message).collect()
}

/// `["__json_message", is_safe, level, text]`. A safe text is HTML, of which the text is shown.
fn message(stored: &Value) -> Option<Message> {
    let parts = stored.as_array()?;
    parts.first().filter(|key| key.as_str() == Some(MESSAGE_KEY))?;
    let is_html = parts.get(1)?.as_u64()? == 1;
    let text = parts.get(3)?.as_str()?;
    let text = if is_html { text_of(text) } else { text.to_owned() };
    Some(Message { level: Level::of(parts.get(2)?.as_u64()?), text })
}

/// The text of HTML that Django made: the tags are left out, and the five characters that it escapes are put back.
fn text_of(html: &str) -> String {
    let mut parts = html.split('<');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(part.split_once('>').map_or("", |(_, after)| after));
    }
    let escaped = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&amp;", "&")];
    escaped.iter().fold(text, |text, (from, to)| text.replace(from, to))
}

/// The cookie of the response that shows the messages next. `None` if there is no key to sign with.
pub(crate) fn write(site: &Site, messages: &[Message]) -> Option<HeaderValue> {
    let stored: Vec<Value> = messages
        .iter()
        .map(|message| json!([MESSAGE_KEY, 0, message.level.number(), message.text]))
        .collect();
    let keys = keys(site);
    let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
    let value = signing::dumps(&stored, &keys, SALT, true).ok()?;
    cookie(site, &value).header()
}

/// The cookie that forgets the messages.
pub(crate) fn forget(site: &Site) -> Option<HeaderValue> {
    cookie(site, "").deletion()
}

/// Django sends it like the session's cookie, until the browser closes.
fn cookie<'a>(site: &'a Site, value: &'a str) -> SetCookie<'a> {
    SetCookie { max_age: None, path: "/", ..site.settings.session_cookie.cookie(COOKIE, value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_django_s_html_is_text() {
        let html =
            "The issue “<a href=\"/admin/x/1/change/\">a &lt;b&gt; &amp;amp; &#x27;c&#x27;</a>” was added.";
        let stored = json!([MESSAGE_KEY, 1, 25, html]);
        let expected =
            Message { level: Level::Success, text: "The issue “a <b> &amp; 'c'” was added.".to_owned() };
        assert_eq!(message(&stored), Some(expected));
        // Of a plain text nothing is left out.
        let plain = json!([MESSAGE_KEY, 0, 30, "<b>&amp;"]);
        assert_eq!(message(&plain), Some(Message { level: Level::Warning, text: "<b>&amp;".to_owned() }));
        for wrong in [json!([]), json!("x"), json!(["other", 0, 20, "x"]), json!([MESSAGE_KEY, 0, 20])] {
            assert_eq!(message(&wrong), None, "{wrong}");
        }
    }
}
