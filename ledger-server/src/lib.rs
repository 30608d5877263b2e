//! The shell.

mod log;

pub use log::{
    Block, Head, Log, LogError, LogId, LogOptions, Lost, MAX_ENTRY, MemoryLog, PackedLog,
    SimulatedDisk, Watch, Watchdog,
};
