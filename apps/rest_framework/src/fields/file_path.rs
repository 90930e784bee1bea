//! `FilePathField` (with `FilePathField` of django/forms/fields.py).

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use super::choice::{Choice, ChoiceGroup};
use super::{Context, Field, Input, Kind, Options, Output, OutputError, Pattern};
use crate::data::{Dict, Value};
use crate::error_detail::Detail;
use vitamin_framework::models::ValueRef;

/// A field of the path of a file or folder on the server. The folder is read at each validation and description.
pub type FilePathField = Field<FilePath>;

/// The kind of [`FilePathField`].
#[derive(Clone, Debug)]
pub struct FilePath {
    path: PathBuf,
    matching: Option<Pattern>,
    recursive: bool,
    allow_files: bool,
    allow_folders: bool,
    allow_blank: bool,
}

impl Field<FilePath> {
    /// A field of the files in this folder.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self::of_kind(FilePath {
            path: path.into(),
            matching: None,
            recursive: false,
            allow_files: true,
            allow_folders: false,
            allow_blank: false,
        })
    }

    /// Only names that contain a match of the pattern are choices (Django's `match`).
    pub fn matching(mut self, pattern: impl Into<Cow<'static, str>>) -> Self {
        self.kind.matching = Some(Pattern::new(pattern));
        self
    }

    /// Includes the folders below the folder.
    pub fn recursive(mut self) -> Self {
        self.kind.recursive = true;
        self
    }

    /// Whether files are choices.
    pub fn allow_files(mut self, allow: bool) -> Self {
        self.kind.allow_files = allow;
        self
    }

    /// Whether folders are choices.
    pub fn allow_folders(mut self, allow: bool) -> Self {
        self.kind.allow_folders = allow;
        self
    }

    /// Accepts empty text.
    pub fn allow_blank(mut self) -> Self {
        self.kind.allow_blank = true;
        self
    }
}

impl FilePath {
    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether empty text is a value.
    pub fn allows_blank(&self) -> bool {
        self.allow_blank
    }

    /// The paths and their names. A folder that cannot be read is logged, and has none. A field without
    /// `required(true)` has the empty choice too.
    pub fn choices(&self, options: &Options) -> Vec<(String, String)> {
        let mut choices = Vec::new();
        if options.explicitly_required() != Some(true) {
            choices.push((String::new(), "---------".to_owned()));
        }
        let read = if self.recursive { self.walk(&self.path, &mut choices) } else { self.scan(&mut choices) };
        if let Err(error) = read {
            log::error!("FilePathField cannot read {}: {error}", self.path.display());
        }
        choices
    }

    fn is_match(&self, name: &str) -> bool {
        self.matching.as_ref().is_none_or(|pattern| pattern.is_match(name))
    }

    fn scan(&self, choices: &mut Vec<(String, String)>) -> io::Result<()> {
        let (files, folders) = list(&self.path)?;
        let folders = folders.into_iter().filter(|_| self.allow_folders);
        let mut found: Vec<_> = files.into_iter().filter(|_| self.allow_files).chain(folders).collect();
        found.retain(|name| name != "__pycache__" && self.is_match(name));
        found.sort();
        choices.extend(found.into_iter().map(|name| (join(&self.path, &name), name)));
        Ok(())
    }

    /// Folder by folder, sorted by path, as `sorted(os.walk(path))`.
    fn walk(&self, folder: &Path, choices: &mut Vec<(String, String)>) -> io::Result<()> {
        let mut roots = Vec::new();
        collect(folder, &mut roots)?;
        roots.sort();
        let base = self.path.to_string_lossy();
        for root in roots {
            let (files, folders) = list(Path::new(&root))?;
            let folders = folders.into_iter().filter(|name| self.allow_folders && name != "__pycache__");
            let files = files.into_iter().filter(|_| self.allow_files);
            for name in files.chain(folders).filter(|name| self.is_match(name)) {
                let path = join(Path::new(&root), &name);
                let label = path.replacen(base.as_ref(), "", 1);
                choices.push((path, label));
            }
        }
        Ok(())
    }

    fn choice(&self, options: &Options) -> Choice {
        let choices = self.choices(options).into_iter();
        Choice::grouped(choices.map(|(path, name)| ChoiceGroup::one(path, name)).collect())
    }
}

/// The folder and all below it. Links are not followed.
fn collect(folder: &Path, roots: &mut Vec<String>) -> io::Result<()> {
    roots.push(folder.to_string_lossy().into_owned());
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), roots)?;
        }
    }
    Ok(())
}

/// The sorted names of a folder's files and folders. Links are followed.
fn list(folder: &Path) -> io::Result<(Vec<String>, Vec<String>)> {
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if path.is_dir() {
            folders.push(name);
        } else if path.is_file() {
            files.push(name);
        }
    }
    files.sort();
    folders.sort();
    Ok((files, folders))
}

fn join(folder: &Path, name: &str) -> String {
    folder.join(name).to_string_lossy().into_owned()
}

impl Kind for FilePath {
    const TYPE: &'static str = "choice";

    fn allow_blank(&self) -> bool {
        self.allow_blank
    }

    fn to_internal_value(
        &self,
        value: &Input<'_>,
        options: &Options,
        _: Context<'_>,
    ) -> Result<Value, Detail> {
        if self.allow_blank && value.text().is_empty() {
            return Ok("".into());
        }
        self.choice(options).find(value, "\"{input}\" is not a valid path choice.")
    }

    fn to_representation(
        &self,
        value: ValueRef<'_>,
        _: &Options,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        // Every choice is text, and written as it is.
        super::write_native(value, output, out)
    }

    fn describe_children(&self, options: &Options, info: &mut Dict) {
        self.choice(options).describe(options, info);
    }
}
