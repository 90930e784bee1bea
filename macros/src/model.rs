//! `#[derive(Model)]`: a row struct's description of its table.

mod attributes;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Error, Fields, Ident, LitStr, Path, Type};

use self::attributes::{FieldOptions, ManyToMany, ModelOptions};

/// A field of the struct, with its options.
struct Field {
    ident: Ident,
    ty: Type,
    options: FieldOptions,
}

impl Field {
    /// The model field's name: without `_id` for a foreign key.
    fn name(&self) -> String {
        let column = self.ident.to_string();
        match &self.options.references {
            Some(_) => column.strip_suffix("_id").unwrap_or(&column).to_owned(),
            None => column,
        }
    }
}

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream, Error> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new_spanned(input, "a model is a struct"));
    };
    let Fields::Named(named) = &data.fields else {
        return Err(Error::new_spanned(input, "a model's fields have names"));
    };
    let options = ModelOptions::of(input)?;
    let fields = named
        .named
        .iter()
        .map(|field| {
            let options = FieldOptions::of(field)?;
            let ident =
                field.ident.clone().ok_or_else(|| Error::new_spanned(field, "a field without a name"))?;
            Ok(Field { ident, ty: field.ty.clone(), options })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let primary_key = fields
        .iter()
        .position(|field| field.options.primary_key)
        .or_else(|| fields.iter().position(|field| field.ident == "id"))
        .ok_or_else(|| Error::new_spanned(input, "mark the primary key: `#[model(primary_key)]`"))?;
    expand(&input.ident, &options, &fields, primary_key)
}

fn expand(
    name: &Ident,
    options: &ModelOptions,
    fields: &[Field],
    primary_key: usize,
) -> Result<TokenStream, Error> {
    let root = &options.root;
    let table = &options.table;
    let table_name = options.table_name();
    let model_name = options.model_name(name);
    let app_label = options.app_label(&model_name);
    let columns = fields
        .iter()
        .enumerate()
        .map(|(index, field)| column(root, field, index == primary_key, fields))
        .collect::<Result<Vec<_>, _>>()?;
    let (select_sqlite, select_postgres) =
        (select_list(&table_name, fields, '`'), select_list(&table_name, fields, '"'));
    let idents: Vec<&Ident> = fields.iter().map(|field| &field.ident).collect();
    let types: Vec<&Type> = fields.iter().map(|field| &field.ty).collect();
    let indexes = 0..fields.len();
    let ordering = ordering(&options.ordering, fields)?;
    let unique_together = &options.unique_together;
    let many_to_many = options.many_to_many.iter().map(|relation| {
        let ManyToMany { name, to, table, column, reverse_column, blank } = relation;
        let name = name.to_string();
        quote! {
            #root::models::ManyToManyMeta {
                name: #name, table: #table, column: #column, reverse_column: #reverse_column, blank: #blank,
                to: || <#to as #root::models::Model>::META,
            }
        }
    });
    let relations = relations(name, root, fields, &options.many_to_many);
    let visit_relation = visit_relation(root, fields, &options.many_to_many);
    let unique_together = unique_together.iter().map(|names| quote!(&[#(#names),*]));
    Ok(quote! {
        impl #root::models::Model for #name {
            type Table = #table::table;

            const META: &'static #root::models::ModelMeta = &#root::models::ModelMeta {
                app_label: #app_label,
                name: #model_name,
                table: #table_name,
                columns: &[#(#columns),*],
                select_list: #root::models::Quoted { sqlite: #select_sqlite, postgres: #select_postgres },
                primary_key: #primary_key,
                ordering: &[#(#ordering),*],
                unique_together: &[#(#unique_together),*],
                many_to_many: &[#(#many_to_many),*],
            };

            fn from_row(
                row: &mut #root::models::Row<'_>,
            ) -> ::core::result::Result<Self, #root::__private::diesel::result::Error> {
                ::core::result::Result::Ok(Self { #(#idents: row.read::<#types>()?),* })
            }

            fn value(&self, index: usize) -> #root::models::ValueRef<'_> {
                match index {
                    #(#indexes => #root::models::FieldValue::as_value(&self.#idents),)*
                    _ => #root::models::ValueRef::Null,
                }
            }

            #visit_relation
        }

        #relations

        // The struct's types are those of `schema.rs`.
        const _: () = {
            fn same<T: #root::models::FieldValue>(
                _: impl #root::__private::diesel::Expression<SqlType = <T as #root::models::FieldValue>::SqlType>,
            ) {
            }
            #[allow(dead_code)]
            fn columns() {
                #(same::<#types>(#table::#idents);)*
            }
        };
    })
}

/// All columns, quoted. A Rust identifier has no quote in it.
fn select_list(table: &str, fields: &[Field], quote: char) -> String {
    let column = |field: &Field| format!("{quote}{table}{quote}.{quote}{}{quote}", field.ident);
    fields.iter().map(column).collect::<Vec<_>>().join(", ")
}

fn column(root: &Path, field: &Field, is_primary_key: bool, fields: &[Field]) -> Result<TokenStream, Error> {
    let (name, column, ty, options) = (field.name(), field.ident.to_string(), &field.ty, &field.options);
    let value = quote!(<#ty as #root::models::FieldValue>);
    let class = options.class(root, &value, is_primary_key);
    let mut changes = Vec::new();
    let mut change = |name: &str, value: TokenStream| {
        let name = format_ident!("{name}");
        changes.push(quote!(column.#name = #value;));
    };
    change("null", quote!(#value::NULL));
    for (name, is_set) in [
        ("blank", options.blank),
        ("unique", options.unique || is_primary_key),
        ("primary_key", is_primary_key),
        ("auto_now", options.auto_now),
        ("auto_now_add", options.auto_now_add),
        ("default_now", options.default_now),
        ("translated", options.translated),
    ] {
        if is_set {
            change(name, quote!(true));
        }
    }
    if !options.editable || options.auto_now || options.auto_now_add {
        change("editable", quote!(false));
    }
    if let Some(length) = options.max_length() {
        change("max_length", quote!(::core::option::Option::Some(#length)));
    }
    if let (Some(digits), Some(places)) = (&options.max_digits, &options.decimal_places) {
        change("digits", quote!(::core::option::Option::Some((#digits, #places))));
    }
    if let Some(default) = &options.default {
        change("default", quote!(::core::option::Option::Some(|| #root::models::default_value(#default))));
    }
    if let Some(choices) = &options.choices {
        change("choices", quote!(#choices));
    }
    for (name, text) in [
        ("verbose_name", &options.verbose_name),
        ("help_text", &options.help_text),
        ("unique_message", &options.unique_message),
    ] {
        if let Some(text) = text {
            change(name, quote!(::core::option::Option::Some(#text)));
        }
    }
    let validators: Vec<_> = options.validators.iter().map(|validator| validator.tokens(root)).collect();
    if !validators.is_empty() {
        change("validators", quote!(&[#(#validators),*]));
    }
    let unique_for = unique_for(root, &options.unique_for, fields)?;
    if !unique_for.is_empty() {
        change("unique_for", quote!(&[#(#unique_for),*]));
    }
    if let Some(to) = &options.references {
        let on_delete = format_ident!("{}", options.on_delete()?);
        change(
            "references",
            quote! {
                ::core::option::Option::Some(#root::models::Reference {
                    to: || <#to as #root::models::Model>::META,
                    on_delete: #root::models::OnDelete::#on_delete,
                })
            },
        );
    }
    Ok(quote! {{
        let mut column = #root::models::Column::new(#name, #column, #value::KIND, #class);
        #(#changes)*
        column
    }})
}

/// The date fields for which a field is unique.
fn unique_for(
    root: &Path,
    options: &[(&'static str, LitStr)],
    fields: &[Field],
) -> Result<Vec<TokenStream>, Error> {
    let pair = |(unit, name): &(&'static str, LitStr)| {
        if !fields.iter().any(|field| field.name() == name.value()) {
            return Err(Error::new_spanned(name, "there is no field of this name"));
        }
        let unit = format_ident!("{unit}");
        Ok(quote!((#root::models::UniqueFor::#unit, #name)))
    };
    options.iter().map(pair).collect()
}

/// Indexes of columns, and whether descending.
fn ordering(names: &[LitStr], fields: &[Field]) -> Result<Vec<TokenStream>, Error> {
    let term = |literal: &LitStr| {
        let text = literal.value();
        let (name, descending) = text.strip_prefix('-').map_or((text.as_str(), false), |name| (name, true));
        let index = fields.iter().position(|field| field.name() == name || field.ident == name);
        let index = index.ok_or_else(|| Error::new_spanned(literal, "there is no field of this name"))?;
        Ok(quote!((#index, #descending)))
    };
    names.iter().map(term).collect()
}

/// `Model::visit_relation`.
fn visit_relation(root: &Path, fields: &[Field], many_to_many: &[ManyToMany]) -> Option<TokenStream> {
    let keys = fields.iter().filter(|field| field.options.references.is_some()).map(|field| {
        let (name, constant) = (field.name(), format_ident!("{}", field.name().to_uppercase()));
        quote!(#name => ::core::option::Option::Some(visitor.foreign_key(Self::#constant)))
    });
    let many = many_to_many.iter().map(|relation| {
        let name = relation.name.to_string();
        let constant = format_ident!("{}", name.to_uppercase());
        quote!(#name => ::core::option::Option::Some(visitor.many_to_many(Self::#constant)))
    });
    let arms: Vec<TokenStream> = keys.chain(many).collect();
    (!arms.is_empty()).then(|| {
        quote! {
            fn visit_relation<V: #root::models::RelationVisitor<Self>>(
                name: &str,
                visitor: V,
            ) -> ::core::option::Option<V::Output> {
                match name {
                    #(#arms,)*
                    _ => ::core::option::Option::None,
                }
            }
        }
    })
}

/// `Issue::PROJECT`, `Issue::LABELS`, and `Project::ISSUES` of the model that is referred to, if it is of the same crate. They
/// are associated constants, so a struct's `impl` can have others.
fn relations(name: &Ident, root: &Path, fields: &[Field], many_to_many: &[ManyToMany]) -> TokenStream {
    let keys = fields.iter().enumerate().filter_map(|(index, field)| {
        let to = field.options.references.as_ref()?;
        let (name, column, ty) = (field.name(), field.ident.to_string(), &field.ty);
        let constant = format_ident!("{}", name.to_uppercase());
        let doc = format!("The foreign key `{name}`.");
        Some(quote! {
            #[doc = #doc]
            pub const #constant: #root::models::ForeignKey<Self, #to> = #root::models::ForeignKey::new(
                #name, #column, #index, <#ty as #root::models::FieldValue>::NULL,
            );
        })
    });
    let many = many_to_many.iter().map(|relation| {
        let ManyToMany { name, to, table, column, reverse_column, .. } = relation;
        let constant = format_ident!("{}", name.to_string().to_uppercase());
        let (doc, name) = (format!("The relation `{name}`."), name.to_string());
        quote! {
            #[doc = #doc]
            pub const #constant: #root::models::ManyToMany<Self, #to> =
                #root::models::ManyToMany::new(#name, #table, #column, #reverse_column);
        }
    });
    let constants: Vec<TokenStream> = keys.chain(many).collect();
    let own = (!constants.is_empty()).then(|| quote! { impl #name { #(#constants)* } });
    let reverse = fields.iter().filter_map(|field| {
        let (to, related) = (field.options.references.as_ref()?, field.options.related_name.as_ref()?);
        let key = format_ident!("{}", field.name().to_uppercase());
        let constant = format_ident!("{}", related.to_string().to_uppercase());
        let related = related.to_string();
        let doc = format!("The rows of `{name}` that refer to one.");
        Some(quote! {
            impl #to {
                #[doc = #doc]
                pub const #constant: #root::models::Reverse<#to, #name> = #name::#key.reverse(#related);
            }
        })
    });
    quote! { #own #(#reverse)* }
}
