//! The templates of pages (`django/template`): those of the apps, compiled in, and the project's own, which replace them by name.
//! The syntax is Jinja's.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, ContentType, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Value, escape_formatter};

use super::conf::{Env, Setting};
use super::pages::escape;
use super::staticfiles::StaticFiles;

/// The settings that this module reads.
pub(crate) const SETTINGS: &[Setting] = &[Setting::new(
    "TEMPLATES_DIR",
    "The folder of the project's own templates. A file `rest_framework/api.html` in it replaces that of the browsable API. \
     It is read when it is first used.",
)
.default(DEFAULT_FOLDER)];

const DEFAULT_FOLDER: &str = "templates";

/// The `Content-Security-Policy` of pages: nothing but the server's own style sheets, scripts and pictures, and no frame
/// around the page.
pub const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'",
);

/// A template that is compiled in: its name, which begins with the app's label, and its source.
///
/// `("polls/list.html", include_str!("../templates/polls/list.html"))`
pub type Template = (&'static str, &'static str);

/// The templates of a project. A request finds them in its app data (`Data<Templates>`). Clones share them.
#[derive(Clone, Debug)]
pub struct Templates {
    environment: Arc<Environment<'static>>,
}

impl Templates {
    /// The templates, and those of the folder `TEMPLATES_DIR`.
    #[must_use]
    pub fn from_env(env: &Env, templates: Vec<Template>, files: &StaticFiles) -> Self {
        let folder = env.text("TEMPLATES_DIR").map_or_else(|| PathBuf::from(DEFAULT_FOLDER), PathBuf::from);
        Self::new(&folder, templates, files)
    }

    /// The templates, and those of a folder: a file of it replaces the template of its name; others can be included and
    /// extended too.
    ///
    /// In a template, `static("polls/polls.css")` is the URL of a static file.
    #[must_use]
    pub fn new(folder: &Path, templates: Vec<Template>, files: &StaticFiles) -> Self {
        let mut environment = Environment::new();
        let folder = folder.to_owned();
        environment.set_loader(move |name| load(&folder, &templates, name));
        environment.set_auto_reload(false);
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        // The engine's own escaping also writes each slash of a URL as five characters.
        environment.set_formatter(|out, state, value| match value.as_str() {
            Some(text) if !value.is_safe() => Ok(out.write_str(&escape(text))?),
            _ => escape_formatter(out, state, value),
        });
        let files = files.clone();
        environment.add_function("static", move |name: &str| {
            let unknown = || Error::new(ErrorKind::InvalidOperation, format!("no static file {name}"));
            files.url(name).map(str::to_owned).ok_or_else(unknown)
        });
        Self { environment: Arc::new(environment) }
    }

    /// Renders a template.
    ///
    /// # Errors
    /// There is no such template, or it is wrong.
    pub fn render(&self, name: &str, context: Value) -> Result<String, Error> {
        self.environment.get_template(name)?.render(context)
    }

    /// Renders a template of the request's project as a page, under the [`POLICY`].
    ///
    /// # Errors
    /// Those of [`render`](Self::render), or the request's application has no templates.
    pub fn page(
        request: &HttpRequest,
        status: StatusCode,
        name: &str,
        context: Value,
    ) -> Result<HttpResponse, Error> {
        let templates = request.app_data::<Data<Self>>();
        let templates = templates
            .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "the app data has no templates"))?;
        let html = templates.render(name, context)?;
        let mut response = HttpResponse::build(status);
        response.content_type(ContentType::html()).insert_header((CONTENT_SECURITY_POLICY, POLICY));
        Ok(response.body(html))
    }
}

fn load(folder: &Path, templates: &[Template], name: &str) -> Result<Option<String>, Error> {
    if let Some(path) = file(folder, name) {
        return std::fs::read_to_string(&path).map(Some).map_err(|error| {
            Error::new(ErrorKind::InvalidOperation, format!("{} can't be read: {error}", path.display()))
        });
    }
    // `{% extends "vitamin/rest_framework/base.html" %}` is the template that a project's own replaces.
    let name = name.strip_prefix("vitamin/").unwrap_or(name);
    Ok(templates.iter().find(|(known, _)| *known == name).map(|(_, source)| (*source).to_owned()))
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
    use crate::staticfiles::StaticFile;

    fn templates(folder: &Path) -> Templates {
        let files = StaticFiles::new("/static/", [StaticFile::new("polls/polls.css", b"a")]);
        let page = ("polls/page.html", "<title>{% block title %}Polls{% endblock %}</title>{{ text }}");
        let link = ("polls/link.html", "{{ static('polls/polls.css') }}");
        Templates::new(folder, vec![page, link], &files)
    }

    #[test]
    fn all_text_is_escaped() {
        let templates = templates(Path::new("/nonexistent"));
        let html = templates.render("polls/page.html", context!(text => "<'\">&/")).unwrap();
        assert_eq!(html, "<title>Polls</title>&lt;&#x27;&quot;&gt;&amp;/");
    }

    #[test]
    fn a_static_file_is_known_by_its_name() {
        let html = templates(Path::new("/nonexistent")).render("polls/link.html", context!()).unwrap();
        assert_eq!(html, "/static/polls/polls.ca978112ca1b.css");
    }

    #[test]
    fn a_file_of_the_project_replaces_a_template_or_extends_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("polls")).unwrap();
        let own = "{% extends \"vitamin/polls/page.html\" %}{% block title %}Own{% endblock %}";
        std::fs::write(folder.path().join("polls/page.html"), own).unwrap();
        let templates = templates(folder.path());
        assert_eq!(templates.render("polls/page.html", context!()).unwrap(), "<title>Own</title>");
        for name in ["polls/../polls/page.html", "/etc/passwd"] {
            assert!(templates.render(name, context!()).is_err(), "{name}");
        }
    }
}
