//! Templates: the files of a project `mysite` and an app `polls`, in which those names are replaced. `.ci/run template`
//! makes a project of them, and builds and tests it.

use super::names::type_name;

/// A file of a template.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// Its path below the template's folder.
    path: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! files {
    ($folder:literal: $($path:literal),* $(,)?) => {
        &[$(File { path: $path, text: include_str!(concat!("../../template/", $folder, "/", $path)) }),*]
    };
}

/// The project `mysite`, without the migrations of its apps.
pub const PROJECT: &[File] = files![
    "project":
    ".cargo/config.toml",
    ".env.example",
    ".gitignore",
    "Cargo.toml.template",
    "README.md",
    "diesel.toml",
    "src/lib.rs",
    "src/main.rs",
    "src/settings.rs",
    "src/urls.rs",
    "tests/project.rs",
];

/// The app `polls`. `TIMESTAMP` stands for the time in the names of its migrations.
pub const APP: &[File] = files![
    "app":
    "Cargo.toml.template",
    "build.rs",
    "migrations/postgres/TIMESTAMP_polls_initial/down.sql",
    "migrations/postgres/TIMESTAMP_polls_initial/metadata.toml",
    "migrations/postgres/TIMESTAMP_polls_initial/up.sql",
    "migrations/sqlite/TIMESTAMP_polls_initial/down.sql",
    "migrations/sqlite/TIMESTAMP_polls_initial/metadata.toml",
    "migrations/sqlite/TIMESTAMP_polls_initial/up.sql",
    "src/lib.rs",
    "src/models.rs",
    "src/permissions.rs",
    "src/schema.rs",
    "src/serializers.rs",
    "src/urls.rs",
    "src/views.rs",
    "tests/api.rs",
];

impl File {
    /// Its path in what is made of the template. A `Cargo.toml.template` becomes `Cargo.toml`: cargo would leave a folder
    /// with a `Cargo.toml` out of this crate's package.
    #[must_use]
    pub fn path(&self) -> &'static str {
        self.path.strip_suffix(".template").unwrap_or(self.path)
    }
}

/// Replaces a name in a text or a path, wherever it is a word of an identifier: `polls`, `polls_item`, `Polls`, but not
/// `pollster`. `old` is one word.
#[must_use]
pub fn rename(text: &str, old: &str, new: &str) -> String {
    let (old_type, new_type) = (type_name(old), type_name(new));
    let mut renamed = String::with_capacity(text.len());
    // Every second piece is a word, and may be empty.
    for piece in text.split_inclusive(|letter: char| !letter.is_alphanumeric()) {
        let word = piece.trim_end_matches(|letter: char| !letter.is_alphanumeric());
        let new_word = match word {
            word if word == old => new,
            word if word == old_type => &new_type,
            word => word,
        };
        renamed.push_str(new_word);
        renamed.push_str(piece.strip_prefix(word).unwrap_or_default());
    }
    renamed
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn files_in(folder: &Path, below: &str, paths: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{below}{}", entry.file_name().into_string().unwrap());
            match entry.file_type().unwrap().is_dir() {
                true => files_in(&entry.path(), &format!("{path}/"), paths),
                false => paths.push(path),
            }
        }
    }

    #[test]
    fn no_file_of_a_template_is_left_out() {
        for (name, template) in [("project", PROJECT), ("app", APP)] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("template").join(name);
            let mut paths = Vec::new();
            files_in(&folder, "", &mut paths);
            paths.sort();
            assert_eq!(paths, template.iter().map(|file| file.path).collect::<Vec<_>>());
        }
    }

    #[test]
    fn whole_words_of_identifiers_are_renamed() {
        let text =
            "polls::Polls, polls_item, \"polls/\", pollster, Pollsters, unpolls, 2026_polls_initial, polls";
        assert_eq!(
            rename(text, "polls", "web_shop"),
            "web_shop::WebShop, web_shop_item, \"web_shop/\", pollster, Pollsters, unpolls, 2026_web_shop_initial, \
             web_shop"
        );
        assert_eq!(rename("été polls\n", "polls", "été"), "été été\n");
    }

    fn project_file(path: &str) -> &'static str {
        PROJECT.iter().find(|file| file.path() == path).unwrap().text
    }

    fn repository_file(path: &str) -> String {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
    }

    #[test]
    fn a_project_builds_with_the_profiles_of_this_repository() {
        let profiles = |text: &str| text.split_once("[profile.dev]").unwrap().1.to_owned();
        assert_eq!(profiles(project_file("Cargo.toml")), profiles(&repository_file("Cargo.toml")));
    }

    #[test]
    fn a_project_compiles_sqlite_as_this_repository_does() {
        let flags =
            |text: &str| text.lines().find(|line| line.starts_with("LIBSQLITE3_FLAGS")).unwrap().to_owned();
        let path = ".cargo/config.toml";
        assert_eq!(flags(project_file(path)), flags(&repository_file(path)));
    }
}
