//! The Rust blocks of the documentation, as doc tests: `cargo test --doc -p tutorial`.
//!
//! A page with such a block must be listed; tests/it/docs.rs finds one that is not.

macro_rules! pages {
    ($($name:ident: $file:literal),* $(,)?) => { $(
        #[doc = include_str!(concat!("../", $file))]
        pub struct $name;
    )* };
}

pages! {
    Deployment: "docs/deployment.md",
    Tutorial: "docs/tutorial.md",
}
