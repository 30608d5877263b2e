//! Compiles the `.proto` files with a compiler written in Rust: no protoc is needed.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message;

const FILES: [&str; 13] = [
    "carestore/v1/common.proto",
    "carestore/v1/error_reason.proto",
    "carestore/v1/coop.proto",
    "carestore/v1/representatives.proto",
    "carestore/v1/members.proto",
    "carestore/v1/time_bank.proto",
    "carestore/v1/respite.proto",
    "carestore/v1/voucher.proto",
    "carestore/v1/store.proto",
    "carestore/v1/history.proto",
    "carestore/v1/batch.proto",
    "carestore/v1/import.proto",
    "carestore/v1/tokens.proto",
];
/// What is served on the operator's socket and never on the network: its words are compiled, and are not in what reflection
/// and the tests of access know as the API.
const ON_THE_SOCKET: &str = "carestore/v1/operator.proto";
const STORED: &str = "carestore/log/v1/entry.proto";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=carestore");
    println!("cargo::rerun-if-changed=google");
    let api = protox::compile(FILES.iter().chain(&[STORED]), ["."])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("descriptor.bin"), api.encode_to_vec())?;
    let descriptors = protox::compile(FILES.iter().chain(&[ON_THE_SOCKET, STORED]), ["."])?;
    tonic_prost_build::configure()
        // One error model for the whole project: that of tonic's own types crate.
        .extern_path(".google.rpc.Status", "::tonic_types::Status")
        .compile_fds(descriptors)?;
    Ok(())
}
