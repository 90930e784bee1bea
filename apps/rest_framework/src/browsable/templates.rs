//! The templates: those that are compiled in, and the project's own, which replace them by name.

use std::path::{Path, PathBuf};

use minijinja::{AutoEscape, Environment, Error, ErrorKind, escape_formatter};

use vitamin_framework::pages::escape;

/// The templates that are compiled in.
const TEMPLATES: [(&str, &str); 5] = [
    ("rest_framework/base.html", include_str!("../../templates/rest_framework/base.html")),
    ("rest_framework/api.html", include_str!("../../templates/rest_framework/api.html")),
    ("rest_framework/form.html", include_str!("../../templates/rest_framework/form.html")),
    ("rest_framework/login.html", include_str!("../../templates/rest_framework/login.html")),
    ("rest_framework/logged_out.html", include_str!("../../templates/rest_framework/logged_out.html")),
];

/// The environment of the templates. A file of `folder` replaces the template of its name; others can be included and
/// extended too.
pub(super) fn environment(folder: &Path) -> Environment<'static> {
    let mut environment = Environment::new();
    let folder = folder.to_owned();
    environment.set_loader(move |name| load(&folder, name));
    environment.set_auto_reload(false);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    // The engine's own escaping also writes each slash of a URL as five characters.
    environment.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if !value.is_safe() => Ok(out.write_str(&escape(text))?),
        _ => escape_formatter(out, state, value),
    });
    environment
}

fn load(folder: &Path, name: &str) -> Result<Option<String>, Error> {
    if let Some(path) = file(folder, name) {
        return std::fs::read_to_string(&path).map(Some).map_err(|error| {
            Error::new(ErrorKind::InvalidOperation, format!("{} can't be read: {error}", path.display()))
        });
    }
    // `{% extends "vitamin/rest_framework/base.html" %}` is the template that a project's own replaces.
    let name = name.strip_prefix("vitamin/").unwrap_or(name);
    Ok(TEMPLATES.iter().find(|(known, _)| *known == name).map(|(_, source)| (*source).to_owned()))
}

/// The project's file of this name. Names come from templates only, never from a request.
fn file(folder: &Path, name: &str) -> Option<PathBuf> {
    let is_plain = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains('\\');
    if !name.split('/').all(is_plain) {
        return None;
    }
    Some(folder.join(name)).filter(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::*;

    #[test]
    fn all_text_is_escaped() {
        let environment = environment(Path::new("/nonexistent"));
        let html = environment
            .render_named_str("x.txt", "{{ a }}{{ b }}", context!(a => "<'\">&/", b => 7))
            .unwrap();
        assert_eq!(html, "&lt;&#x27;&quot;&gt;&amp;/7");
    }

    #[test]
    fn a_file_of_the_project_replaces_a_template_or_extends_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("rest_framework")).unwrap();
        let own =
            "{% extends \"vitamin/rest_framework/logged_out.html\" %}{% block title %}Bye{% endblock %}";
        std::fs::write(folder.path().join("rest_framework/logged_out.html"), own).unwrap();
        let environment = environment(folder.path());
        let html =
            environment.get_template("rest_framework/logged_out.html").unwrap().render(context!()).unwrap();
        assert!(html.contains("<title>Bye</title>") && html.contains("</html>"), "{html}");
        assert!(environment.get_template("rest_framework/../rest_framework/api.html").is_err());
        assert!(environment.get_template("/etc/passwd").is_err());
    }
}
