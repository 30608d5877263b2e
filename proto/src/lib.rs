//! Everything that knows bytes.

mod tree;

pub use tree::{Frontier, Hash, Unaligned, leaf, node};
