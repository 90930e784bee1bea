//! The compiler's messages for common mistakes: the traits' own, and those in docs/compiler-errors.md.
//!
//! The messages change with the compiler; `TRYBUILD=overwrite` writes them anew.

#[test]
fn mistakes_are_explained() {
    trybuild::TestCases::new().compile_fail("tests/compile_errors/*.rs");
}
