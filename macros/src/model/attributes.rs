//! The attributes `#[model(…)]`, on the struct and on its fields.

use proc_macro2::TokenStream;
use quote::quote;
use syn::meta::ParseNestedMeta;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{
    DeriveInput, Error, Expr, Field, Ident, LitInt, LitStr, Path, Token, Type, parenthesized, parse_quote,
};

/// The struct's options.
pub(super) struct ModelOptions {
    pub(super) root: Path,
    /// diesel's table.
    pub(super) table: Path,
    app_label: Option<LitStr>,
    /// The model's name, if it is not the struct's.
    name: Option<LitStr>,
    pub(super) ordering: Vec<LitStr>,
    pub(super) unique_together: Vec<Vec<LitStr>>,
    pub(super) many_to_many: Vec<ManyToMany>,
}

/// `many_to_many(labels: Label, tracker_issue_labels(issue_id, label_id))`.
pub(super) struct ManyToMany {
    pub(super) name: Ident,
    pub(super) to: Type,
    pub(super) table: String,
    pub(super) column: String,
    pub(super) reverse_column: String,
    pub(super) blank: bool,
}

impl ModelOptions {
    pub(super) fn of(input: &DeriveInput) -> Result<Self, Error> {
        let mut table = None;
        let mut options = Self {
            root: parse_quote!(::vitamin),
            table: parse_quote!(table),
            app_label: None,
            name: None,
            ordering: Vec::new(),
            unique_together: Vec::new(),
            many_to_many: Vec::new(),
        };
        for attribute in &input.attrs {
            if attribute.path().is_ident("diesel") {
                attribute.parse_nested_meta(|meta| {
                    if meta.path.is_ident("table_name") {
                        table = Some(meta.value()?.parse::<Path>()?);
                    } else {
                        skip(&meta)?;
                    }
                    Ok(())
                })?;
            } else if attribute.path().is_ident("model") {
                attribute.parse_nested_meta(|meta| {
                    if meta.path.is_ident("table") {
                        table = Some(meta.value()?.parse::<Path>()?);
                        return Ok(());
                    }
                    options.read(&meta)
                })?;
            }
        }
        options.table =
            table.ok_or_else(|| Error::new_spanned(&input.ident, "name its table: `#[model(table = …)]`"))?;
        Ok(options)
    }

    fn read(&mut self, meta: &ParseNestedMeta<'_>) -> Result<(), Error> {
        if meta.path.is_ident("crate") {
            self.root = meta.value()?.parse()?;
        } else if meta.path.is_ident("app_label") {
            self.app_label = Some(meta.value()?.parse()?);
        } else if meta.path.is_ident("name") {
            self.name = Some(meta.value()?.parse()?);
        } else if meta.path.is_ident("ordering") {
            self.ordering = texts(meta)?;
        } else if meta.path.is_ident("unique_together") {
            self.unique_together.push(texts(meta)?);
        } else if meta.path.is_ident("many_to_many") {
            let content;
            parenthesized!(content in meta.input);
            self.many_to_many.push(ManyToMany::parse(&content)?);
        } else {
            return Err(meta
                .error("there are: table, name, app_label, ordering, unique_together, many_to_many, crate"));
        }
        Ok(())
    }

    pub(super) fn table_name(&self) -> String {
        self.table.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default()
    }

    /// The model's name: the struct's, unless an attribute says otherwise.
    pub(super) fn model_name(&self, ident: &Ident) -> String {
        self.name.as_ref().map_or_else(|| ident.to_string(), LitStr::value)
    }

    /// The part of the table's name before the model's, as Django names tables.
    pub(super) fn app_label(&self, model: &str) -> String {
        if let Some(label) = &self.app_label {
            return label.value();
        }
        let table = self.table_name();
        let suffix = format!("_{}", model.to_lowercase());
        match table.strip_suffix(&suffix).or_else(|| table.split_once('_').map(|(label, _)| label)) {
            Some(label) => label.to_owned(),
            None => table,
        }
    }
}

impl ManyToMany {
    fn parse(input: ParseStream<'_>) -> Result<Self, Error> {
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        let to = input.parse()?;
        input.parse::<Token![,]>()?;
        let table: Ident = input.parse()?;
        let columns;
        parenthesized!(columns in input);
        let column: Ident = columns.parse()?;
        columns.parse::<Token![,]>()?;
        let reverse_column: Ident = columns.parse()?;
        let blank = input.parse::<Option<Token![,]>>()?.is_some();
        if blank {
            let word: Ident = input.parse()?;
            if word != "blank" {
                return Err(Error::new_spanned(word, "only `blank` can follow"));
            }
        }
        Ok(Self {
            name,
            to,
            table: table.to_string(),
            column: column.to_string(),
            reverse_column: reverse_column.to_string(),
            blank,
        })
    }
}

/// A validator of `django/core/validators.py`.
pub(super) enum Validator {
    MinValue(Expr),
    MaxValue(Expr),
    MinLength(LitInt),
    Regex(LitStr, LitStr),
}

impl Validator {
    pub(super) fn tokens(&self, root: &Path) -> TokenStream {
        let validator = quote!(#root::models::Validator);
        match self {
            Self::MinValue(limit) => quote!(#validator::MinValue(#limit)),
            Self::MaxValue(limit) => quote!(#validator::MaxValue(#limit)),
            Self::MinLength(limit) => quote!(#validator::MinLength(#limit)),
            Self::Regex(expression, message) => quote!(#validator::Regex(#expression, #message)),
        }
    }
}

/// A field's options.
pub(super) struct FieldOptions {
    pub(super) primary_key: bool,
    pub(super) unique: bool,
    pub(super) blank: bool,
    pub(super) editable: bool,
    pub(super) auto_now: bool,
    pub(super) auto_now_add: bool,
    pub(super) max_length: Option<LitInt>,
    pub(super) max_digits: Option<LitInt>,
    pub(super) decimal_places: Option<LitInt>,
    pub(super) default: Option<Expr>,
    pub(super) default_now: bool,
    pub(super) choices: Option<Expr>,
    pub(super) verbose_name: Option<LitStr>,
    pub(super) help_text: Option<LitStr>,
    pub(super) unique_message: Option<LitStr>,
    pub(super) translated: bool,
    pub(super) validators: Vec<Validator>,
    /// The variants of `UniqueFor`, each with the name of a date field.
    pub(super) unique_for: Vec<(&'static str, LitStr)>,
    pub(super) references: Option<Type>,
    pub(super) related_name: Option<Ident>,
    on_delete: Option<Ident>,
    class: Option<&'static str>,
}

/// The words for Django's class of a field.
const CLASSES: [(&str, &str); 6] = [
    ("slug", "Slug"),
    ("email", "Email"),
    ("url", "Url"),
    ("text", "Text"),
    ("ip_address", "IpAddress"),
    ("positive", "PositiveInteger"),
];

impl FieldOptions {
    pub(super) fn of(field: &Field) -> Result<Self, Error> {
        let mut options = Self {
            primary_key: false,
            unique: false,
            blank: false,
            editable: true,
            auto_now: false,
            auto_now_add: false,
            max_length: None,
            max_digits: None,
            decimal_places: None,
            default: None,
            default_now: false,
            choices: None,
            verbose_name: None,
            help_text: None,
            unique_message: None,
            translated: false,
            validators: Vec::new(),
            unique_for: Vec::new(),
            references: None,
            related_name: None,
            on_delete: None,
            class: None,
        };
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("model")) {
            attribute.parse_nested_meta(|meta| options.read(&meta))?;
        }
        Ok(options)
    }

    fn read(&mut self, meta: &ParseNestedMeta<'_>) -> Result<(), Error> {
        let word = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
        match word.as_str() {
            "primary_key" => self.primary_key = true,
            "unique" => self.unique = true,
            "unique_message" => self.unique_message = Some(meta.value()?.parse()?),
            "blank" => self.blank = true,
            "not_editable" => self.editable = false,
            "auto_now" => self.auto_now = true,
            "auto_now_add" => self.auto_now_add = true,
            "max_length" => self.max_length = Some(meta.value()?.parse()?),
            "max_digits" => self.max_digits = Some(meta.value()?.parse()?),
            "decimal_places" => self.decimal_places = Some(meta.value()?.parse()?),
            "default_now" => self.default_now = true,
            "default" => self.default = Some(meta.value()?.parse()?),
            "choices" => self.choices = Some(meta.value()?.parse()?),
            "verbose_name" => self.verbose_name = Some(meta.value()?.parse()?),
            "translated" => self.translated = true,
            "help_text" => self.help_text = Some(meta.value()?.parse()?),
            "min_value" => self.validators.push(Validator::MinValue(meta.value()?.parse()?)),
            "max_value" => self.validators.push(Validator::MaxValue(meta.value()?.parse()?)),
            "min_length" => self.validators.push(Validator::MinLength(meta.value()?.parse()?)),
            "regex" => self.validators.push(regex(meta)?),
            "unique_for_date" => self.unique_for.push(("Date", meta.value()?.parse()?)),
            "unique_for_month" => self.unique_for.push(("Month", meta.value()?.parse()?)),
            "unique_for_year" => self.unique_for.push(("Year", meta.value()?.parse()?)),
            "related_name" => self.related_name = Some(meta.value()?.parse()?),
            "on_delete" => self.on_delete = Some(meta.value()?.parse()?),
            "references" => {
                let content;
                parenthesized!(content in meta.input);
                self.references = Some(content.parse()?);
            }
            other => match CLASSES.iter().find(|(known, _)| *known == other) {
                Some((_, class)) => self.class = Some(class),
                None => {
                    return Err(meta.error(
                        "there are: primary_key, unique, unique_message, blank, not_editable, auto_now, auto_now_add, max_length, \
                         max_digits, decimal_places, default, default_now, choices, verbose_name, help_text, translated, min_value, max_value, min_length, \
                         regex, unique_for_date, unique_for_month, unique_for_year, references, related_name, on_delete, slug, email, url, text, ip_address, positive",
                    ));
                }
            },
        }
        Ok(())
    }

    /// Django's class: what the attribute says, or what follows from the type.
    pub(super) fn class(&self, root: &Path, value: &TokenStream, is_primary_key: bool) -> TokenStream {
        if let Some(class) = self.class {
            let class = Ident::new(class, proc_macro2::Span::call_site());
            return quote!(#root::models::FieldClass::#class);
        }
        let (has_length, is_auto) = (self.max_length.is_some(), is_primary_key && self.default.is_none());
        quote!(#value::CLASS.of_column(#has_length, #is_auto))
    }

    /// The maximum number of characters: the attribute's, or the class's default.
    pub(super) fn max_length(&self) -> Option<TokenStream> {
        let default = match self.class {
            Some("Slug") => Some(quote!(50)),
            Some("Email") => Some(quote!(254)),
            Some("Url") => Some(quote!(200)),
            _ => None,
        };
        self.max_length.as_ref().map(|length| quote!(#length)).or(default)
    }

    pub(super) fn on_delete(&self) -> Result<&'static str, Error> {
        let Some(word) = &self.on_delete else { return Ok("Cascade") };
        match word.to_string().as_str() {
            "cascade" => Ok("Cascade"),
            "set_null" => Ok("SetNull"),
            "protect" => Ok("Protect"),
            "do_nothing" => Ok("DoNothing"),
            _ => Err(Error::new_spanned(word, "there are: cascade, set_null, protect, do_nothing")),
        }
    }
}

/// `regex = "…"`, or `regex("…", "message")`.
fn regex(meta: &ParseNestedMeta<'_>) -> Result<Validator, Error> {
    if meta.input.peek(Token![=]) {
        let message = parse_quote!("Enter a valid value.");
        return Ok(Validator::Regex(meta.value()?.parse()?, message));
    }
    match texts(meta)?.as_slice() {
        [expression, message] => Ok(Validator::Regex(expression.clone(), message.clone())),
        _ => Err(meta.error("write `regex(\"…\", \"message\")`")),
    }
}

/// `name("a", "b")`.
fn texts(meta: &ParseNestedMeta<'_>) -> Result<Vec<LitStr>, Error> {
    let content;
    parenthesized!(content in meta.input);
    Ok(Punctuated::<LitStr, Token![,]>::parse_terminated(&content)?.into_iter().collect())
}

/// Reads over an option of another derive.
fn skip(meta: &ParseNestedMeta<'_>) -> Result<(), Error> {
    if meta.input.peek(Token![=]) {
        meta.value()?.parse::<Expr>()?;
    } else if meta.input.peek(syn::token::Paren) {
        let content;
        parenthesized!(content in meta.input);
        content.parse::<TokenStream>()?;
    }
    Ok(())
}
