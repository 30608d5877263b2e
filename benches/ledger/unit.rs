//! The settings with which a server is installed: those that its unit for systemd puts into its environment.

/// The unit as it is handed out.
const UNIT: &str = include_str!("../../ledger-server/carestore-server.service");

/// Name and value of each setting.
pub(crate) fn settings() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = UNIT.lines().filter_map(|line| line.strip_prefix("Environment="));
    lines.flat_map(str::split_whitespace).filter_map(|setting| setting.split_once('='))
}
