//! Cargo does not see by itself what the macros below embed.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-changed=web/dist");
}
