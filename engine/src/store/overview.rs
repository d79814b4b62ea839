//! The overview page's figures.

use domain::model::overview::{Overview, SniperTarget};

use crate::{Engine, Result};

impl Engine {
    pub async fn overview(&self) -> Result<Overview> {
        Err(crate::EngineError::Invalid("stub".into()))
    }

    /// The strongest `limit` rows of `v_sniper_targets`.
    pub async fn sniper_targets(&self, limit: i64) -> Result<Vec<SniperTarget>> {
        let _ = limit;
        Err(crate::EngineError::Invalid("stub".into()))
    }

    /// `v_phase_stats` as CSV text with a header.
    pub async fn phase_stats_csv(&self) -> Result<String> {
        Err(crate::EngineError::Invalid("stub".into()))
    }

    /// Bar chart of the daily throughput as an SVG element, colours as CSS variables.
    pub fn throughput_chart(&self, days: &[domain::model::overview::DailyThroughput]) -> String {
        let _ = days;
        String::new()
    }
}
