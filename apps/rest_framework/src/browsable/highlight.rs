//! JSON as HTML: its parts marked, and its URLs as links.

use vitamin_framework::pages::escape;

/// Marks the parts of a JSON document: `<b>` for keys, `<i>` for text, `<u>` for numbers and words. These elements mean
/// nothing to a screen reader, and cost a page of many rows little. Text that is a URL of http or https is a link.
pub(super) fn highlight(json: &str) -> String {
    let mut html = String::with_capacity(json.len() * 3 / 2);
    let mut rest = json;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => text_length(rest),
            _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            _ => rest.find(|c| c == '"' || is_word(c)).unwrap_or(rest.len()),
        };
        let Some((part, after)) = rest.split_at_checked(length) else { break };
        match first {
            '"' if after.starts_with(':') => html.extend(["<b>", &escape(part), "</b>"]),
            '"' => push_text(&mut html, part),
            _ if is_word(first) => html.extend(["<u>", &escape(part), "</u>"]),
            _ => html.push_str(&escape(part)),
        }
        rest = after;
    }
    html
}

/// A character of a number, or of `true`, `false` and `null`.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.')
}

/// The length of the text that starts here, with its quotes.
fn text_length(json: &str) -> usize {
    let mut is_escaped = false;
    let end = json.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == '"' && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        ends
    });
    end.map_or(json.len(), |(index, _)| index + 1)
}

fn push_text(html: &mut String, text: &str) {
    let url = serde_json::from_str::<String>(text).ok().filter(|url| is_url(url));
    html.push_str("<i>");
    match url {
        // A page of another site does not learn where the link was.
        Some(url) => {
            let url = escape(&url);
            html.extend(["\"<a href=\"", &url, "\" rel=\"nofollow noreferrer\">", &url, "</a>\""]);
        }
        None => html.push_str(&escape(text)),
    }
    html.push_str("</i>");
}

fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    rest.is_some_and(|rest| {
        !rest.is_empty()
            && !rest.starts_with('/')
            && !rest.contains(|c: char| c.is_whitespace() || c.is_control())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_parts_are_marked() {
        let json = "{\n    \"a\": [1, -2.5e+7, true, null, \"x \\\" <b>\"],\n    \"http://k/\": {}\n}";
        assert_eq!(
            highlight(json),
            "{\n    <b>&quot;a&quot;</b>: [<u>1</u>, <u>-2.5e+7</u>, <u>true</u>, <u>null</u>, \
             <i>&quot;x \\&quot; &lt;b&gt;&quot;</i>],\n    <b>&quot;http://k/&quot;</b>: {}\n}"
        );
    }

    #[test]
    fn urls_are_links() {
        assert_eq!(
            highlight(r#""https://a/?b=1&c=\"'<""#),
            "<i>\"<a href=\"https://a/?b=1&amp;c=&quot;&#x27;&lt;\" rel=\"nofollow noreferrer\">https://a/?b=1&amp;c=&quot;&#x27;&lt;</a>\"</i>"
        );
        for text in [
            "\"javascript:alert(1)\"",
            "\"http://\"",
            "\"https:///x\"",
            "\"see http://a/\"",
            "\"http://a b\"",
        ] {
            assert!(!highlight(text).contains("<a"), "{text}");
        }
    }

    /// The text of HTML, without its tags.
    fn text(html: &str) -> String {
        let mut text = String::new();
        let mut rest = html;
        while let Some((before, after)) = rest.split_once('<') {
            text.push_str(before);
            rest = after.split_once('>').map_or("", |(_, after)| after);
        }
        text.push_str(rest);
        let unescape = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&amp;", "&")];
        unescape.iter().fold(text, |text, (entity, character)| text.replace(entity, character))
    }

    proptest! {
        #[test]
        fn no_input_makes_markup_of_its_own(json in "(\"|\\\\|<|>|&|'|:|,|[a-z0-9]|http://|é| |\\{){0,30}") {
            let html = highlight(&json);
            let known = ["<b>", "</b>", "<i>", "</i>", "<u>", "</u>", "<a href=\"", "\" rel=\"nofollow noreferrer\">", "</a>"];
            let bare = known.iter().fold(html.clone(), |html, tag| html.replace(tag, ""));
            prop_assert!(!bare.contains(['<', '>']), "{html}");
        }

        #[test]
        fn the_text_stays(value in "[ -~é]{0,20}", key in "[a-z<\"]{1,5}") {
            let json = serde_json::to_string_pretty(&serde_json::json!({key: [value, 1, null]})).unwrap();
            prop_assert_eq!(text(&highlight(&json)), json);
        }
    }
}
