//! Names and descriptions of views (`rest_framework/utils/formatting.py`).

use vitamin_framework::pages::escape;

/// The name of a view's class as words, without the suffixes `View` and `ViewSet`: `ObtainAuthToken` becomes
/// `Obtain Auth Token` (`get_view_name` of `rest_framework/views.py`).
pub(crate) fn view_name(class_name: &str) -> String {
    let name = remove_trailing_string(class_name, "View");
    camelcase_to_spaces(remove_trailing_string(name, "ViewSet"))
}

fn remove_trailing_string<'a>(content: &'a str, trailing: &str) -> &'a str {
    content.strip_suffix(trailing).filter(|content| !content.is_empty()).unwrap_or(content)
}

fn camelcase_to_spaces(content: &str) -> String {
    let letters: Vec<char> = content.chars().collect();
    let mut words = String::with_capacity(content.len() + 4);
    for (index, &letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| letters.get(before));
        let after = letters.get(index + 1);
        let begins_word = letter.is_ascii_uppercase()
            && (before.is_some_and(char::is_ascii_lowercase)
                || after.is_some_and(|after| !after.is_ascii_uppercase()));
        if begins_word {
            words.push(' ');
        }
        words.push(letter);
    }
    title(&words.trim().replace('_', " "))
}

/// Python's `str.title`: a letter after a letter is small, all others are capitals.
fn title(text: &str) -> String {
    let mut after_letter = false;
    let mut titled = String::with_capacity(text.len());
    for letter in text.chars() {
        if after_letter {
            titled.extend(letter.to_lowercase());
        } else {
            titled.extend(letter.to_uppercase());
        }
        after_letter = letter.is_alphabetic();
    }
    titled
}

/// The name of an action as a sentence: `bulk_close` becomes `Bulk close` (`pretty_name` of `django/forms/utils.py`).
pub(crate) fn pretty_name(name: &str) -> String {
    let name = name.replace('_', " ");
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters.flat_map(char::to_lowercase)).collect()
    })
}

/// Removes the indentation that all lines but the first have in common, and space at both ends.
pub(crate) fn dedent(content: &str) -> String {
    let indented = || content.lines().skip(1).filter(|line| !line.trim_start().is_empty());
    let common = |indent: char| {
        indented().map(|line| line.len() - line.trim_start_matches(indent).len()).min().unwrap_or(0)
    };
    let indent = match (common(' '), common('\t')) {
        (0, tabs) => "\t".repeat(tabs),
        (spaces, _) => " ".repeat(spaces),
    };
    let lines: Vec<&str> =
        content.split('\n').map(|line| line.strip_prefix(indent.as_str()).unwrap_or(line)).collect();
    lines.join("\n").trim().to_owned()
}

/// The description as HTML, without Markdown.
pub(crate) fn markup_description(description: &str) -> String {
    format!("<p>{}</p>", escape(description).replace('\n', "<br />"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected names are those of Django REST framework's `get_view_name`.
    #[test]
    fn a_class_name_becomes_words() {
        for (class_name, name) in [
            ("TestView", "Test"),
            ("ObtainAuthToken", "Obtain Auth Token"),
            ("View", "View"),
            ("HTTPStatusView", "Http Status"),
            ("APIRootView", "Api Root"),
            ("user_list", "User List"),
            ("KnoxLoginView", "Knox Login"),
            ("NoteViewSet", "Note"),
            ("ViewSet", "View Set"),
            ("ViewSetView", "View Set"),
            ("NoteViewSetView", "Note"),
            ("OAuth2tokenViewSet", "O Auth2Token"),
            ("double__name", "Double  Name"),
        ] {
            assert_eq!(view_name(class_name), name, "{class_name}");
        }
    }

    /// The expected names are those of Django's `pretty_name`.
    #[test]
    fn an_action_name_becomes_a_sentence() {
        for (name, pretty) in
            [("close", "Close"), ("bulk_close", "Bulk close"), ("toPDF_now", "Topdf now"), ("", "")]
        {
            assert_eq!(pretty_name(name), pretty);
        }
    }

    /// The expected texts are those of Django REST framework's `dedent`.
    #[test]
    fn a_description_loses_its_indentation() {
        for (content, dedented) in [
            ("One line. ", "One line."),
            ("First.\n\n    Second.\n      Third.\n    ", "First.\n\nSecond.\n  Third."),
            ("\n    First.\n    Second.\n", "First.\nSecond."),
            ("First.\n\tSecond.\n\t\tThird.", "First.\nSecond.\n\tThird."),
            ("First.\n    Second.\n\tThird.", "First.\n    Second.\n\tThird."),
            ("    First.\n  Second.\n    Third.", "First.\nSecond.\n  Third."),
            ("", ""),
        ] {
            assert_eq!(dedent(content), dedented, "{content:?}");
        }
    }
}
