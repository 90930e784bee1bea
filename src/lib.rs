//! The tutorial's project: token authentication with vitamin.

pub mod demo;
pub mod settings;
pub mod urls;

/// The pages of the documentation, whose Rust blocks are doc tests (tests/docs/build.rs).
#[cfg(doctest)]
mod docs {
    include!(concat!(env!("OUT_DIR"), "/docs.rs"));
}
