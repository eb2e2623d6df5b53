//! Packs the schema, which is long and seldom read.

use std::path::Path;
use std::{env, fs};

const SCHEMA: &str = "schema/v1.json";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed={SCHEMA}");
    let packed = miniz_oxide::deflate::compress_to_vec(&fs::read(SCHEMA)?, 10);
    fs::write(Path::new(&env::var("OUT_DIR")?).join("schema"), packed)?;
    Ok(())
}
