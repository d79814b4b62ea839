//! What the examination of the data found, and the repair of the counts.

use std::{
    io::{self, BufRead, IsTerminal, Write},
    process::ExitCode,
};

use anyhow::bail;
use domain::model::doctor::{Examination, Finding, Severity};
use engine::EngineConfig;

use crate::{config::Config, database::Surroundings, redact::redact};

/// Findings of one check that are printed; the rest is counted.
const PRINTED: usize = 10;

/// Prints what was found and returns how many faults there are.
pub(super) async fn print(config: &EngineConfig) -> u32 {
    match engine::inspect::examine(config).await {
        Ok(examination) => {
            println!("\n{}", redact(&text(&examination)));
            u32::try_from(examination.count(Severity::Fault)).unwrap_or(u32::MAX)
        }
        Err(problem) => {
            println!("{:<8} {:<12} {}", "problem", "data", redact(&problem));
            1
        }
    }
}

/// Corrects the counts, after a question unless `yes`.
pub(super) async fn recount(config: &Config, yes: bool) -> anyhow::Result<ExitCode> {
    if !yes && !confirmed()? {
        println!("Nothing was changed.");
        return Ok(ExitCode::FAILURE);
    }
    let surroundings = Surroundings::enter(config).await?;
    let corrected = async {
        let engine = surroundings.start_engine().await?;
        let corrected = engine.recount_rollups(&super::super::actor()).await;
        engine.close().await;
        anyhow::Ok(corrected?)
    };
    let corrected = corrected.await;
    surroundings.leave().await?;
    match corrected? {
        0 => println!("Every count was right."),
        1 => println!("One count was corrected."),
        n => println!("{n} counts were corrected."),
    }
    Ok(ExitCode::SUCCESS)
}

fn confirmed() -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        bail!("`server doctor --recount` asks before it begins; without a terminal add --yes");
    }
    print!("Everything is counted anew, and writers wait until that is done. Go on? [y/N] ");
    io::stdout().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// The findings by severity, the worst first; of each check the first few.
fn text(examination: &Examination) -> String {
    let mut lines = Vec::new();
    for severity in Severity::ALL {
        for check in &examination.checks {
            let found = examination
                .findings
                .iter()
                .filter(|finding| finding.severity == severity && finding.check == *check);
            let found: Vec<&Finding> = found.collect();
            for finding in found.iter().take(PRINTED) {
                lines.push(format!(
                    "{:<11} {}: {} {}\n            -> {}",
                    severity.name(),
                    check,
                    finding.record,
                    finding.what,
                    finding.advice
                ));
            }
            if found.len() > PRINTED {
                let more = found.len() - PRINTED;
                lines.push(format!("{:<11} {check}: and {more} more", severity.name()));
            }
        }
    }
    lines.push(format!(
        "{} checks of the data: {} faults, {} warnings",
        examination.checks.len(),
        examination.count(Severity::Fault),
        examination.count(Severity::Warning)
    ));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_grouped_and_capped() {
        let finding = |severity, check: &str, record: &str| Finding {
            severity,
            check: check.into(),
            what: "is held".into(),
            record: record.into(),
            advice: "Start one".into(),
        };
        let mut findings: Vec<_> = (1..=12)
            .map(|n| finding(Severity::Fault, "leases", &format!("event {n}")))
            .collect();
        findings.push(finding(Severity::Information, "paused", "stage enrich"));
        let examination = Examination {
            checks: vec!["paused".into(), "leases".into()],
            findings,
        };
        let text = text(&examination);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "fault       leases: event 1 is held");
        assert_eq!(lines[1], "            -> Start one");
        assert_eq!(lines[20], "fault       leases: and 2 more");
        assert_eq!(lines[21], "information paused: stage enrich is held");
        assert_eq!(lines[23], "2 checks of the data: 12 faults, 0 warnings");
    }
}
