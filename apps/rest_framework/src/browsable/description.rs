//! The description of a view as HTML (`markup_description` of rest_framework/utils/formatting.py).

use pulldown_cmark::{CowStr, Event, Parser, Tag, TagEnd, html};

/// Markdown as HTML. HTML in it is text, images are their descriptions, and links lead to http, https and mail only.
pub(crate) fn markdown(text: &str) -> String {
    let events = Parser::new(text).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
        Event::Start(Tag::Image { .. }) => Event::Start(Tag::Emphasis),
        Event::End(TagEnd::Image) => Event::End(TagEnd::Emphasis),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let dest_url = if is_safe(&dest_url) { dest_url } else { CowStr::Borrowed("#") };
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        // The name of the view is the page's first heading.
        Event::Start(Tag::Heading { id, classes, attrs, .. }) => {
            Event::Start(Tag::Heading { level: pulldown_cmark::HeadingLevel::H2, id, classes, attrs })
        }
        Event::End(TagEnd::Heading(_)) => Event::End(TagEnd::Heading(pulldown_cmark::HeadingLevel::H2)),
        other => other,
    });
    let mut page = String::with_capacity(text.len() * 3 / 2);
    html::push_html(&mut page, events);
    page
}

fn is_safe(url: &str) -> bool {
    let scheme = url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme {
        // A colon after a slash, a question or a number sign is part of a path.
        Some(scheme) if !scheme.contains(['/', '?', '#']) => {
            matches!(scheme.as_str(), "http" | "https" | "mailto")
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_is_html_and_html_is_text() {
        let html = markdown(
            "# Notes\n\nOf <b>a user</b>, see [here](/api/?a:b).\n\n- *one*\n\n<script>alert(1)</script>",
        );
        assert_eq!(
            html,
            "<h2>Notes</h2>\n<p>Of &lt;b&gt;a user&lt;/b&gt;, see <a href=\"/api/?a:b\">here</a>.</p>\n<ul>\n\
             <li><em>one</em></li>\n</ul>\n<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"
        );
    }

    #[test]
    fn no_link_runs_a_script_and_no_image_is_loaded() {
        for text in [
            "[a](javascript:alert(1))",
            "[a](JAVASCRIPT:alert(1))",
            "[a](java&#115;cript:alert(1))",
            "[a](data:text/html,x)",
            "<javascript:alert(1)>",
            "![x](http://evil/x.png)",
            "[a]: vbscript:x\n\n[a]",
        ] {
            let html = markdown(text);
            let targets = ["href=\"java", "href=\"vb", "href=\"data", "<img"];
            assert!(!targets.iter().any(|target| html.to_lowercase().contains(target)), "{text}: {html}");
        }
    }
}
