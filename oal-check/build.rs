//! Packs the pages of the codes into one text: they are long, alike, and seldom read.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

const PAGES: &str = "docs/errors";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed={PAGES}");
    let files = fs::read_dir(PAGES)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<PathBuf>>>()?;
    let mut files: Vec<PathBuf> = files.into_iter().filter(|path| is_page(path)).collect();
    files.sort();
    let mut pages = String::new();
    for file in files {
        pages.push_str(&fs::read_to_string(file)?);
        pages.push('\0');
    }
    let packed = miniz_oxide::deflate::compress_to_vec(pages.as_bytes(), 10);
    fs::write(Path::new(&env::var("OUT_DIR")?).join("pages"), packed)?;
    Ok(())
}

fn is_page(path: &Path) -> bool {
    path.file_stem().is_some_and(|stem| stem.to_string_lossy().starts_with("OAL"))
}
