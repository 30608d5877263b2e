//! The program `carestore`: what is typed becomes one call or a few, and the answer is shown.

use std::process::ExitCode;

use clap::Parser;

mod cli;
mod render;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let output = cli.globals.output;
    let ran = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(ledger_client::Error::Output)
        .and_then(|runtime| runtime.block_on(cli::run(cli)));
    let error = match ran {
        Ok(code) => return code,
        Err(error) => error,
    };
    if render::reader_gone(&error) {
        return ExitCode::SUCCESS;
    }
    let said = match output {
        render::Output::Table => render::talk(&render::explain(&error)),
        render::Output::Json => render::talk(&render::explain_json(&error).to_string()),
    };
    // There is nobody left to tell if even this cannot be written.
    drop(said);
    ExitCode::from(error.exit_code())
}
