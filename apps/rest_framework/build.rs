//! Takes the files of Swagger UI out of their archive, for the feature `swagger-ui`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "swagger-ui")]
    swagger_ui::extract()?;
    Ok(())
}

#[cfg(feature = "swagger-ui")]
mod swagger_ui {
    use std::error::Error;
    use std::path::Path;

    use rawzip::{CompressionMethod, ZipArchive};
    use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;

    /// The files of the archive that the page needs.
    const FILES: &[&str] = &["swagger-ui-bundle.js", "swagger-ui.css"];

    /// Writes the files to the folder of the build, compressed as browsers take them.
    pub(super) fn extract() -> Result<(), Box<dyn Error>> {
        let folder = std::env::var("OUT_DIR")?;
        let archive = ZipArchive::from_slice(SWAGGER_UI_VENDORED)?;
        let mut missing = FILES.to_vec();
        let mut entries = archive.entries();
        while let Some(entry) = entries.next_entry()? {
            let path = entry.file_path();
            let is_this = |name: &&str| path.as_bytes().ends_with(format!("/dist/{name}").as_bytes());
            let Some(index) = missing.iter().position(is_this) else { continue };
            let name = missing.remove(index);
            if entry.compression_method() != CompressionMethod::DEFLATE {
                return Err(format!("{name} is not deflated").into());
            }
            // RFC 1952: a header without a name and a time, the deflated content, its CRC-32 and its size.
            let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
            gzip.extend(archive.get_entry(entry.wayfinder())?.data());
            gzip.extend(entry.crc32().to_le_bytes());
            gzip.extend(u32::try_from(entry.uncompressed_size_hint())?.to_le_bytes());
            std::fs::write(Path::new(&folder).join(format!("{name}.gz")), gzip)?;
        }
        if missing.is_empty() { Ok(()) } else { Err(format!("the archive has no {missing:?}").into()) }
    }
}
