//! The process: see `server --help`.

// Pages are one type each, as deep as their markup.
#![recursion_limit = "512"]

use std::process::ExitCode;

use server::{cli, commands, pipe, redact::redact, telemetry};

fn main() -> ExitCode {
    pipe::run(run)
}

fn run() -> ExitCode {
    let environment = |name: &str| std::env::var(name).ok();
    let (command, config) = match cli::parse(std::env::args_os(), environment) {
        Ok(parsed) => parsed,
        Err(cli::ParseError::Arguments(error)) => error.exit(),
        Err(cli::ParseError::Settings(error)) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    telemetry::start(&config);
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the asynchronous runtime does not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(commands::run(command, config)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", redact(&format!("{error:#}")));
            ExitCode::FAILURE
        }
    }
}
