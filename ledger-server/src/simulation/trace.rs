//! All that happens in a run, in order, as one hash.

use std::fmt::Debug;

/// What has happened so far.
#[derive(Clone, Default)]
pub(super) struct Trace {
    hasher: blake3::Hasher,
    told: Told,
}

/// Whether the run is told to whoever reads along.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Told {
    #[default]
    No,
    Yes,
}

impl Trace {
    /// Of a run that is told line by line where `CARESTORE_TRACE` is set.
    pub(super) fn begin() -> Self {
        let told = if std::env::var_os("CARESTORE_TRACE").is_some() { Told::Yes } else { Told::No };
        Self { hasher: blake3::Hasher::new(), told }
    }

    /// Something happens.
    pub(super) fn say(&mut self, what: &dyn Debug) {
        let line = format!("{what:?}\n");
        self.hasher.update(line.as_bytes());
        if self.told == Told::Yes {
            print!("{line}");
        }
    }

    /// What stands for all of it.
    pub(super) fn digest(&self) -> [u8; 32] {
        *self.hasher.finalize().as_bytes()
    }
}
