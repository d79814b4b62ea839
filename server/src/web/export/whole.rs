//! Tables that come in one piece and that nothing filters.

use app::query::Params;
use domain::model::{
    overview::{DailyThroughput, PhaseCard, QueueRow, SniperTarget, WorkflowHealth},
    stage::StageFigures,
};
use engine::{Result, export::Exported, store::Piece};

use super::{App, Problem, Table};

/// Sniper targets in a file; the page shows 50.
const SNIPERS: i64 = 10_000;

pub(crate) trait Whole: 'static {
    type Row: Exported + Send + 'static;
    const NAME: &'static str;

    fn rows(app: &App) -> impl Future<Output = Result<Vec<Self::Row>>> + Send;
}

impl<T: Whole> Table for T {
    type Query = ();
    type Row = <T as Whole>::Row;
    const NAME: &'static str = <T as Whole>::NAME;
    const FILTERS: &'static [&'static str] = &[];

    fn query(_: &Params) -> std::result::Result<(), Problem> {
        Ok(())
    }

    async fn piece(app: &App, (): &()) -> Result<Piece<<T as Whole>::Row>> {
        Ok((T::rows(app).await?, None))
    }
}

pub(crate) struct Stages;

impl Whole for Stages {
    type Row = StageFigures;
    const NAME: &'static str = "stages";

    async fn rows(app: &App) -> Result<Vec<StageFigures>> {
        app.engine.stage_figures().await
    }
}

pub(crate) struct Snipers;

impl Whole for Snipers {
    type Row = SniperTarget;
    const NAME: &'static str = "sniper_targets";

    async fn rows(app: &App) -> Result<Vec<SniperTarget>> {
        app.engine.sniper_targets(SNIPERS).await
    }
}

pub(crate) struct Phases;

impl Whole for Phases {
    type Row = PhaseCard;
    const NAME: &'static str = "phase_stats";

    async fn rows(app: &App) -> Result<Vec<PhaseCard>> {
        app.engine.phase_cards().await
    }
}

pub(crate) struct Queue;

impl Whole for Queue {
    type Row = QueueRow;
    const NAME: &'static str = "event_queue";

    async fn rows(app: &App) -> Result<Vec<QueueRow>> {
        app.engine.queue_rows().await
    }
}

pub(crate) struct Health;

impl Whole for Health {
    type Row = WorkflowHealth;
    const NAME: &'static str = "workflow_health";

    async fn rows(app: &App) -> Result<Vec<WorkflowHealth>> {
        app.engine.workflow_health().await
    }
}

pub(crate) struct Throughput;

impl Whole for Throughput {
    type Row = DailyThroughput;
    const NAME: &'static str = "daily_throughput";

    async fn rows(app: &App) -> Result<Vec<DailyThroughput>> {
        app.engine.daily_throughput().await
    }
}
