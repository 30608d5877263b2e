//! Everything that knows bytes.
