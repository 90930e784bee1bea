//! Names of uploaded files: `sanitize_file_name` in `django/http/multipartparser.py` and `UploadedFile` in
//! `django/core/files/uploadedfile.py`.

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// The maximum characters of a file name. In a longer name, the part before the extension is truncated.
const MAX_LENGTH: usize = 255;

/// Removes folders (`/` and `\`), HTML entities and unprintable characters from a name. `None` if the rest is empty, `.`
/// or `..`.
pub(super) fn sanitize(name: &str) -> Option<String> {
    let name = htmlize::unescape(name);
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|character| is_printable(*character)).collect();
    match &*name {
        "" | "." | ".." => None,
        _ => Some(shorten(name)),
    }
}

/// Python's `str.isprintable()`.
fn is_printable(character: char) -> bool {
    use GeneralCategoryGroup::{Other, Separator};
    character == ' ' || !matches!(character.general_category_group(), Other | Separator)
}

fn shorten(name: String) -> String {
    let length = name.chars().count();
    if length <= MAX_LENGTH {
        return name;
    }
    // As in Python's splitext, leading dots do not begin an extension.
    let leading = name.len() - name.trim_start_matches('.').len();
    let dot = name.rfind('.').filter(|dot| *dot > leading);
    let (stem, extension) = name.split_at(dot.unwrap_or(name.len()));
    let extension: String = extension.chars().take(MAX_LENGTH).collect();
    let stem = stem.chars().take(MAX_LENGTH - extension.chars().count());
    stem.chain(extension.chars()).collect()
}
