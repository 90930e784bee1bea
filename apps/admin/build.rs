//! Compiles a new migration folder in: the macro `migrations!` alone is not run again for one.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
