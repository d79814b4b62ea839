//! The filter of runs, to the query string and back.

use domain::{
    model::run::{RunFilter, RunQuery, RunStatuses},
    phase::Phase,
};

use super::{
    Params,
    lists::text,
    readers::Readers,
    window::{WINDOW, Written, window},
};

pub static RUN_READERS: Readers = Readers::within(
    &WINDOW,
    &[
        ("phase", |text| Phase::parse(text).is_some()),
        ("status", |text| RunStatuses::parse(text).is_some()),
    ],
);

/// What cannot be read is no filter; see [`RUN_READERS`].
pub fn run_query(params: &Params) -> RunQuery {
    RunQuery {
        filter: RunFilter {
            workflow: text(params, "workflow"),
            phase: text(params, "phase").and_then(|name| Phase::parse(&name)),
            statuses: text(params, "status").and_then(|name| RunStatuses::parse(&name)),
            window: window(params, &WINDOW),
        },
        cursor: text(params, "after"),
    }
}

/// The first page of the runs that match.
pub fn runs_path(filter: &RunFilter) -> String {
    let made = Written::of(filter.window, &WINDOW);
    made.path(
        "/runs",
        [
            ("workflow", filter.workflow.as_deref()),
            ("phase", filter.phase.map(Phase::name)),
            ("status", filter.statuses.map(RunStatuses::name)),
        ],
    )
}

#[cfg(test)]
mod tests {
    use domain::model::{run::RunStatus, window::Window};

    use super::*;
    use crate::query::params;

    #[test]
    fn filters_of_runs_survive_the_url() {
        let mut filters = vec![RunFilter::default()];
        let ends = RunStatus::ALL.map(RunStatuses::Only);
        for statuses in ends.into_iter().chain([RunStatuses::Failed]) {
            for phase in Phase::ALL {
                filters.push(RunFilter {
                    workflow: Some("Send & Campaign".into()),
                    phase: Some(phase),
                    statuses: Some(statuses),
                    window: Window {
                        newer_than: "1h".parse().ok(),
                        from: "2026-03-02T13:00:00Z".parse().ok(),
                        until: "2026-03-02T14:00:00Z".parse().ok(),
                    },
                });
            }
        }
        for filter in filters {
            let path = runs_path(&filter);
            let read = params(&path);
            assert_eq!(run_query(&read).filter, filter, "{path}");
            assert_eq!(RUN_READERS.unread(&read), None, "{path}");
        }
        assert_eq!(
            run_query(&params("/runs?after=x~1")).cursor.as_deref(),
            Some("x~1")
        );
    }

    #[test]
    fn what_cannot_be_read_of_runs_is_named() {
        for query in ["status=faild", "phase=sales", "newer=soon", "until=never"] {
            let read = params(&format!("/runs?{query}"));
            assert_eq!(run_query(&read), RunQuery::default(), "{query}");
            assert!(RUN_READERS.unread(&read).is_some(), "{query}");
        }
    }
}
