//! What dashboards ask: every view of the contract, and every read of a page.
//!
//! Previews of acts on whatever matches are left out: they count to the end what the act would touch, and take as long.

use std::{future::Future, pin::Pin};

use domain::{
    event::EventStatus,
    model::{
        company::{Attention, CompanyColumn, CompanyFilter, CompanyState},
        contact::{ContactFilter, EmailState, EnrichmentStatus},
        dead_letter::DeadLetterQuery,
        error::{ErrorFilter, ErrorQuery, ErrorSort},
        error_group::{GroupQuery, GroupStates},
        event::EventFilter,
        run::{RunFilter, RunQuery, RunStatus, RunStatuses},
        sort::Sort,
        trends::TimeRange,
        window::Window,
    },
    phase::Phase,
};
use engine::Engine;
use sqlx::AssertSqlSafe;

type Answer<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

pub(super) struct Question {
    pub(super) name: String,
    ask: Box<dyn Fn(&Engine) -> Answer<'_> + Send + Sync>,
}

impl Question {
    pub(super) async fn ask(&self, engine: &Engine) {
        (self.ask)(engine).await;
    }

    /// All rows of a view; as text of unknown shape, since every view has another.
    fn view(name: String) -> Self {
        let sql = format!("SELECT * FROM marketing.{name}");
        Self {
            name,
            ask: Box::new(move |engine| {
                let sql = sql.clone();
                Box::pin(async move {
                    let rows = sqlx::query(AssertSqlSafe(sql));
                    rows.fetch_all(engine.pool()).await.unwrap();
                })
            }),
        }
    }
}

/// One line a page: its name, and what it asks the engine.
macro_rules! pages {
    ($($name:literal => |$engine:ident| $call:expr;)*) => {
        vec![$(Question {
            name: $name.into(),
            ask: Box::new(|$engine| Box::pin(async move { let _answer = $call.await.unwrap(); })),
        }),*]
    };
}

/// Lists of records, which have no end; pages read them with their limit.
const ENDLESS: [&str; 4] = [
    "v_companies",
    "v_companies_elsewhere",
    "v_companies_imported",
    "v_sniper_targets",
];
/// What views are made of; nobody reads it whole.
const INNER: [&str; 1] = ["v_rollup"];

/// Every view that the database has, so that a new one is measured from its first day.
pub(super) async fn views(engine: &Engine) -> Vec<Question> {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT viewname::TEXT FROM pg_views WHERE schemaname = 'marketing' AND viewname <> ALL($1) ORDER BY 1",
    )
    .bind(INNER.as_slice())
    .fetch_all(engine.pool())
    .await
    .unwrap();
    assert!(names.len() >= 13, "{names:?}");
    names
        .into_iter()
        .map(|name| {
            if ENDLESS.contains(&name.as_str()) {
                Question::view(format!("{name} LIMIT 50"))
            } else {
                Question::view(name)
            }
        })
        .collect()
}

pub(super) fn pages() -> Vec<Question> {
    pages! {
        "overview" => |engine| engine.overview();
        "overview: events made lately" => |engine| engine.event_counts();
        "overview: throughput chart" => |engine| engine.throughput_chart();
        "overview: the phase cards" => |engine| engine.phase_cards();
        "overview: sniper targets" => |engine| engine.sniper_targets(50);
        "trends: a day" => |engine| engine.trends(TimeRange::Last("24h".parse().unwrap()));
        "trends: a week" => |engine| engine.trends(TimeRange::Last("7d".parse().unwrap()));
        "trends: 30 days" => |engine| engine.trends(TimeRange::Last("30d".parse().unwrap()));
        "stage settings" => |engine| engine.stage_settings();
        "paused batches" => |engine| engine.paused_batches();
        "stage figures" => |engine| engine.stage_figures();
        "pauses" => |engine| engine.pauses();
        "workers" => |engine| engine.workers();
        "event types" => |engine| engine.event_types();
        "events" => |engine| engine.events(&EventFilter::default());
        "events: pending" => |engine| engine.events(&of_status(EventStatus::Pending));
        "events: failed" => |engine| engine.events(&of_status(EventStatus::Failed));
        "events: one type" => |engine| engine.events(&EventFilter {
            event_type: Some("contact_enriched".into()), ..EventFilter::default()
        });
        "events: one batch" => |engine| engine.events(&EventFilter {
            batch: Some("batch-0".into()), ..EventFilter::default()
        });
        "events: one record" => |engine| engine.events(&EventFilter {
            record_id: Some("41".into()), ..EventFilter::default()
        });
        "events: of the last hour" => |engine| engine.events(&EventFilter {
            newer_than: Some("1h".parse().unwrap()), ..EventFilter::default()
        });
        "event" => |engine| engine.event_detail(400);
        "lineage" => |engine| engine.lineage(&"intake:41".parse().unwrap());
        "runs" => |engine| engine.runs(&RunQuery::default());
        "runs: far down" => |engine| async {
            let cursor = Some(a_month_ago(engine).await);
            engine.runs(&RunQuery { cursor, ..RunQuery::default() }).await
        };
        "runs: one workflow" => |engine| engine.runs(&runs(RunFilter {
            workflow: Some("WF_Verify_Emails".into()), ..RunFilter::default()
        }));
        "runs: a phase with many" => |engine| engine.runs(&runs(RunFilter {
            phase: Some(Phase::Enrichment), ..RunFilter::default()
        }));
        "runs: a phase with few" => |engine| engine.runs(&runs(RunFilter {
            phase: Some(Phase::Delivery), ..RunFilter::default()
        }));
        "runs: failed" => |engine| engine.runs(&runs(failed_runs()));
        "runs: failed, of a phase with few" => |engine| engine.runs(&runs(RunFilter {
            phase: Some(Phase::Messaging), ..failed_runs()
        }));
        "runs: failed, of one workflow" => |engine| engine.runs(&runs(RunFilter {
            workflow: Some("PLE Scoring".into()), ..failed_runs()
        }));
        "runs: cancelled" => |engine| engine.runs(&runs(RunFilter {
            statuses: Some(RunStatuses::Only(RunStatus::Cancelled)), ..RunFilter::default()
        }));
        "runs: of a day, of one phase" => |engine| engine.runs(&runs(RunFilter {
            phase: Some(Phase::Enrichment), window: last_day(), ..RunFilter::default()
        }));
        "runs: failed, of a day" => |engine| engine.runs(&runs(RunFilter {
            window: last_day(), ..failed_runs()
        }));
        "runs: the workflows" => |engine| engine.run_workflows();
        "dead letters" => |engine| engine.dead_letters(&DeadLetterQuery::default());
        "errors" => |engine| engine.errors(&open_errors());
        "errors: all" => |engine| engine.errors(&ErrorQuery::default());
        "errors: by record" => |engine| engine.errors(&ErrorQuery {
            sort: ErrorSort::RecordId, ..open_errors()
        });
        "errors: of one group" => |engine| async {
            let group = Some(any_group(engine).await);
            engine.errors(&ErrorQuery { filter: ErrorFilter { group, ..ErrorFilter::default() }, ..ErrorQuery::default() }).await
        };
        "error groups" => |engine| engine.error_groups(&GroupQuery::default());
        "error groups: any state" => |engine| engine.error_groups(&every_group());
        "error group" => |engine| async { engine.error_group(&any_group(engine).await).await };
        "error types" => |engine| engine.error_event_types();
        "error" => |engine| engine.error_detail(1);
        "companies" => |engine| engine.companies(&CompanyFilter::default());
        "companies: verified" => |engine| engine.companies(&CompanyFilter {
            state: Some(CompanyState::Verified), ..CompanyFilter::default()
        });
        "companies: promoted and beyond" => |engine| engine.companies(&CompanyFilter {
            reached: Some(CompanyState::Promoted), ..CompanyFilter::default()
        });
        "companies: rejected" => |engine| engine.companies(&CompanyFilter {
            state: Some(CompanyState::Rejected), ..CompanyFilter::default()
        });
        "companies: one batch" => |engine| engine.companies(&CompanyFilter {
            batch: Some("batch-0".into()), ..CompanyFilter::default()
        });
        "companies: with errors" => |engine| engine.companies(&CompanyFilter {
            attention: Some(Attention::Errors), ..CompanyFilter::default()
        });
        "companies: a rare text" => |engine| engine.companies(&of_text("c83.example", CompanyColumn::Imported));
        "companies: a rare text, by name" => |engine| engine.companies(&of_text("c83.example", CompanyColumn::Name));
        "companies: a frequent text" => |engine| engine.companies(&of_text("company", CompanyColumn::Imported));
        "companies: a text that none has" => |engine| engine.companies(&of_text("zebra", CompanyColumn::Imported));
        "companies: a piece of a key" => |engine| engine.companies(&of_text("00083.001", CompanyColumn::Imported));
        "company" => |engine| engine.company("41");
        "contacts" => |engine| engine.contacts(&ContactFilter::default());
        "contacts: valid addresses" => |engine| engine.contacts(&of_email(EmailState::Valid));
        "contacts: invalid addresses" => |engine| engine.contacts(&of_email(EmailState::Invalid));
        "contacts: addresses without a verdict" => |engine| engine.contacts(&of_email(EmailState::Pending));
        "contacts: people found" => |engine| engine.contacts(&ContactFilter {
            status: Some(EnrichmentStatus::Completed), ..ContactFilter::default()
        });
        "contacts: nobody found" => |engine| engine.contacts(&ContactFilter {
            status: Some(EnrichmentStatus::Failed), ..ContactFilter::default()
        });
        "contacts: one role" => |engine| engine.contacts(&ContactFilter {
            role: Some("CEO".into()), ..ContactFilter::default()
        });
        "contacts: one batch" => |engine| engine.contacts(&ContactFilter {
            batch: Some("batch-0".into()), ..ContactFilter::default()
        });
        "contacts: one company" => |engine| engine.contacts(&ContactFilter {
            company: Some("04.04.01.84.00041.001".into()), ..ContactFilter::default()
        });
        "contacts: a rare text" => |engine| engine.contacts(&ContactFilter {
            search: Some("ada83@".into()), ..ContactFilter::default()
        });
        "contacts: a frequent text" => |engine| engine.contacts(&ContactFilter {
            search: Some("ada".into()), ..ContactFilter::default()
        });
        "search: a company" => |engine| engine.search("c83.example");
        "search: a person" => |engine| engine.search("ada83@");
        "search: nothing" => |engine| engine.search("zebra");
        "imports" => |engine| engine.import_batches(&Default::default());
        "import" => |engine| engine.import_batch("batch-0");
        "batch, stage by stage" => |engine| engine.batch_progress("batch-0");
        "actions" => |engine| engine.actions(&Default::default());
        "audit log" => |engine| engine.audit_log(&Default::default());
        "schedules" => |engine| engine.schedules();
        "retention" => |engine| engine.retention();
    }
}

fn of_status(status: EventStatus) -> EventFilter {
    EventFilter {
        status: Some(status),
        ..EventFilter::default()
    }
}

fn runs(filter: RunFilter) -> RunQuery {
    RunQuery {
        filter,
        cursor: None,
    }
}

fn failed_runs() -> RunFilter {
    RunFilter {
        statuses: Some(RunStatuses::Failed),
        ..RunFilter::default()
    }
}

fn last_day() -> Window {
    Window {
        newer_than: Some("24h".parse().unwrap()),
        ..Window::default()
    }
}

/// Where a page of runs would begin that is read half way down.
async fn a_month_ago(engine: &Engine) -> String {
    sqlx::query_scalar("SELECT to_char(now() AT TIME ZONE 'UTC' - INTERVAL '30 days', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z~0\"')")
        .fetch_one(engine.pool())
        .await
        .unwrap()
}

fn of_text(text: &str, by: CompanyColumn) -> CompanyFilter {
    CompanyFilter {
        search: Some(text.into()),
        sort: Sort {
            by,
            ascending: by == CompanyColumn::Name,
        },
        ..CompanyFilter::default()
    }
}

fn of_email(state: EmailState) -> ContactFilter {
    ContactFilter {
        email: Some(state),
        ..ContactFilter::default()
    }
}

fn open_errors() -> ErrorQuery {
    ErrorQuery {
        filter: ErrorFilter {
            resolved: Some(false),
            ..ErrorFilter::default()
        },
        ..ErrorQuery::default()
    }
}

fn every_group() -> GroupQuery {
    GroupQuery {
        states: GroupStates::Any,
        ..GroupQuery::default()
    }
}

async fn any_group(engine: &Engine) -> String {
    sqlx::query_scalar("SELECT group_key FROM marketing.error_groups ORDER BY group_key LIMIT 1")
        .fetch_one(engine.pool())
        .await
        .unwrap()
}
