//! `server doctor`: one line for each thing that must be right, then what is not right with the data.

mod findings;

use std::{path::Path, process::ExitCode};

use crate::{
    cli::DoctorOptions,
    config::{Config, UNUSED},
    database::Surroundings,
    redact::redact,
    web::Site,
};

pub(super) async fn examine(config: &Config, options: DoctorOptions) -> anyhow::Result<ExitCode> {
    if options.recount {
        return findings::recount(config, options.yes).await;
    }
    let mut report = Report { problems: 0 };
    report.line("data folder", data_folder(&config.data_dir));
    report.line("site files", site_files());
    report.line("environment", Ok(environment()));
    match Surroundings::enter(config).await {
        Ok(surroundings) => {
            let which = match surroundings.private_folder() {
                Some(folder) => format!("private PostgreSQL in {}", folder.display()),
                None => "the one of DATABASE_URL".into(),
            };
            report.line("database", Ok(which));
            let before = report.problems;
            for (name, outcome) in engine::inspect::inspect(&surroundings.engine).await {
                report.line(name, outcome);
            }
            // A database that lacks tables would only say so once more.
            if report.problems == before {
                report.problems += findings::print(&surroundings.engine).await;
            }
            surroundings.leave().await?;
        }
        Err(error) => report.line("database", Err(format!("{error:#}"))),
    }
    Ok(if report.problems == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

struct Report {
    problems: u32,
}

impl Report {
    fn line(&mut self, name: &str, outcome: Result<String, String>) {
        let (mark, text) = match &outcome {
            Ok(text) => ("ok", text),
            Err(text) => ("problem", text),
        };
        self.problems += u32::from(outcome.is_err());
        println!("{mark:<8} {name:<12} {}", redact(text));
    }
}

fn data_folder(folder: &Path) -> Result<String, String> {
    let advice = |error| {
        format!(
            "{} cannot be written ({error}): set DATA_DIR",
            folder.display()
        )
    };
    let probe = folder.join(".doctor");
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&probe, ""))
        .map_err(advice)?;
    std::fs::remove_file(&probe).map_err(advice)?;
    Ok(folder.display().to_string())
}

/// Names only: values may be secrets.
fn environment() -> String {
    let set: Vec<&str> = UNUSED
        .iter()
        .copied()
        .filter(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
        .collect();
    if set.is_empty() {
        "nothing is set that this version does not use".into()
    } else {
        format!("set, but not used by this version: {}", set.join(", "))
    }
}

fn site_files() -> Result<String, String> {
    let site = Site::find();
    match site.missing() {
        None => Ok(site.root().to_owned()),
        Some(missing) => Err(format!(
            "{missing} is missing: run scripts/build-web, or set LEPTOS_SITE_ROOT"
        )),
    }
}
