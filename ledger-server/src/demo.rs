//! A sample co-op with a simulated year.

use crate::{config::Demo, error::Error};

/// Placeholder until filled.
pub async fn demo(_: &Demo) -> Result<(), Error> {
    Ok(())
}
