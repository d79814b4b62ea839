//! What a time came to, from the counts by the hour.

use chrono::{DateTime, Duration, DurationRound, Utc};
use domain::{
    model::{
        report::PhaseRuns,
        trends::{Bucket, DepthAt, RunsAt, TimeRange, Trends, WorkflowTrend},
    },
    phase::Phase,
};

use crate::{Engine, EngineError, Result, charts};

/// Runs of a workflow that percentiles are taken of.
const SAMPLE: i64 = 1_000;
/// Longer times are told by the day.
const BY_THE_HOUR: Duration = Duration::hours(49);
/// What one page may ask for: counts by the hour for about a year.
const LONGEST: Duration = Duration::days(400);

impl Engine {
    /// Runs, errors and durations of a time, by the full hour.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a time that ends before it begins or is longer than 400 days,
    /// [`EngineError::Database`].
    pub async fn trends(&self, range: TimeRange) -> Result<Trends> {
        let now: DateTime<Utc> = sqlx::query_scalar("SELECT now()")
            .fetch_one(&self.pool)
            .await?;
        let (from, until) = limits(range, now)?;
        let bucket = if until - from <= BY_THE_HOUR {
            Bucket::Hour
        } else {
            Bucket::Day
        };
        let (runs, depths, workflows, activity, counts, queue) = tokio::try_join!(
            self.runs_in(from, until, bucket, None),
            self.depths_in(from, until, bucket),
            self.workflows_in(from, until),
            self.activity_in(from, until),
            self.stage_counts(),
            self.queue_rows(),
        )?;
        let unknown = |at| DepthAt {
            at,
            most: None,
            average: None,
        };
        let times = buckets(from, until, bucket);
        let depths = every(&times, depths, |depth| depth.at, unknown);
        let funnel = super::strip::steps(&counts, &queue);
        Ok(Trends {
            charts: charts::trends(&runs, &depths, bucket, &workflows, &funnel),
            from,
            until,
            bucket,
            runs,
            depths,
            workflows,
            activity,
            funnel,
        })
    }

    async fn depths_in(
        &self,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
        bucket: Bucket,
    ) -> Result<Vec<DepthAt>> {
        let rows: Vec<(DateTime<Utc>, i64, f64)> = sqlx::query_as(
            "SELECT date_trunc($3, bucket, 'UTC'), max(most), (sum(total) / sum(samples))::FLOAT8
             FROM marketing.queue_depth WHERE bucket >= $1 AND bucket < $2 GROUP BY 1",
        )
        .bind(from)
        .bind(until)
        .bind(bucket.name())
        .fetch_all(&self.pool)
        .await?;
        let row = |(at, most, average)| DepthAt {
            at,
            most: Some(most),
            average: Some(average),
        };
        Ok(rows.into_iter().map(row).collect())
    }

    /// The runs of one phase in 24 hours, by the full hour.
    pub(super) async fn phase_runs(&self, phase: Phase) -> Result<PhaseRuns> {
        let now: DateTime<Utc> = sqlx::query_scalar("SELECT now()")
            .fetch_one(&self.pool)
            .await?;
        let (from, until) = limits(TimeRange::Between(now - Duration::hours(24), now), now)?;
        let hours = self.runs_in(from, until, Bucket::Hour, Some(phase)).await?;
        Ok(PhaseRuns {
            chart: charts::phase_runs(&hours),
            hours,
        })
    }

    /// One for each bucket, of one phase or of all.
    async fn runs_in(
        &self,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
        bucket: Bucket,
        phase: Option<Phase>,
    ) -> Result<Vec<RunsAt>> {
        let rows: Vec<(DateTime<Utc>, i64, i64, i64)> = sqlx::query_as(
            "SELECT date_trunc($3, bucket, 'UTC'), coalesce(sum(n) FILTER (WHERE detail = 'ok'), 0)::BIGINT,
                    coalesce(sum(n) FILTER (WHERE detail = 'error'), 0)::BIGINT,
                    coalesce(sum(n) FILTER (WHERE detail = 'timeout'), 0)::BIGINT
             FROM marketing.v_rollup
             WHERE metric = 'run_hour' AND bucket >= $1 AND bucket < $2 AND ($4::TEXT IS NULL OR phase = $4) GROUP BY 1",
        )
        .bind(from)
        .bind(until)
        .bind(bucket.name())
        .bind(phase.map(Phase::name))
        .fetch_all(&self.pool)
        .await?;
        let row = |(at, ok, errors, timeouts)| RunsAt {
            at,
            ok,
            errors,
            timeouts,
        };
        let nothing = |at| row((at, 0, 0, 0));
        let runs = rows.into_iter().map(row).collect();
        let times = buckets(from, until, bucket);
        Ok(every(&times, runs, |runs| runs.at, nothing))
    }

    /// Names and times are compared as pairs, so that the index of both leads: by time alone, the runs of everybody else
    /// would be read, too, up to the thousandth of a workflow that ran seldom.
    async fn workflows_in(
        &self,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<WorkflowTrend>> {
        type Row = (
            String,
            String,
            i64,
            i64,
            Option<f64>,
            Option<f64>,
            Option<f64>,
        );
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT w.label, w.phase, w.runs, w.errors, w.average, p.marks[1], p.marks[2]
             FROM (SELECT label, min(phase) AS phase, sum(n)::BIGINT AS runs,
                          coalesce(sum(n) FILTER (WHERE detail IN ('error', 'timeout')), 0)::BIGINT AS errors,
                          sum(seconds) / nullif(sum(timed), 0) AS average
                   FROM marketing.v_rollup
                   WHERE metric = 'run_hour' AND bucket >= $1 AND bucket < $2 GROUP BY label HAVING sum(n) > 0) w
             CROSS JOIN LATERAL (
                 SELECT percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY s.duration_seconds::FLOAT8) AS marks
                 FROM (SELECT duration_seconds FROM marketing.workflow_stats
                       WHERE (workflow_name, created_at) >= (w.label, $1) AND (workflow_name, created_at) < (w.label, $2)
                       ORDER BY workflow_name DESC, created_at DESC LIMIT $3) s) p
             ORDER BY w.label",
        )
        .bind(from)
        .bind(until)
        .bind(SAMPLE)
        .fetch_all(&self.pool)
        .await?;
        let row = |(workflow, phase, runs, errors, average, p50, p95): Row| WorkflowTrend {
            workflow,
            phase: Phase::parse(&phase),
            runs,
            errors,
            error_rate: 100.0 * errors as f64 / runs as f64,
            average,
            p50,
            p95,
        };
        let mut workflows: Vec<_> = rows.into_iter().map(row).collect();
        let place =
            |phase: Option<Phase>| Phase::ALL.into_iter().position(|one| Some(one) == phase);
        workflows.sort_by_key(|one| place(one.phase).unwrap_or(usize::MAX));
        Ok(workflows)
    }

    async fn activity_in(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<i64>> {
        let rows: Vec<(i32, i64)> = sqlx::query_as(
            "SELECT ((extract(isodow FROM at) - 1) * 24 + extract(hour FROM at))::INT, sum(n)::BIGINT
             FROM (SELECT bucket AT TIME ZONE 'UTC' AS at, n FROM marketing.v_rollup
                   WHERE metric = 'run_hour' AND bucket >= $1 AND bucket < $2) r
             GROUP BY 1",
        )
        .bind(from)
        .bind(until)
        .fetch_all(&self.pool)
        .await?;
        let mut hours = vec![0; 7 * 24];
        for (hour, n) in rows {
            if let Some(count) = usize::try_from(hour)
                .ok()
                .and_then(|hour| hours.get_mut(hour))
            {
                *count = n;
            }
        }
        Ok(hours)
    }
}

/// Both ends as full hours, so that no part of the time is left out.
fn limits(range: TimeRange, now: DateTime<Utc>) -> Result<(DateTime<Utc>, DateTime<Utc>)> {
    let invalid = |text: &str| EngineError::Invalid(text.into());
    let hour = |at: DateTime<Utc>| {
        at.duration_trunc(Duration::hours(1))
            .map_err(|_| invalid("This time is out of reach"))
    };
    let (from, until) = match range {
        TimeRange::Last(span) => {
            let from = now - Duration::seconds(span.seconds().into());
            (hour(from)?, hour(now)? + Duration::hours(1))
        }
        TimeRange::Between(from, until) => {
            let whole = hour(until)?;
            let until = if whole == until {
                until
            } else {
                whole + Duration::hours(1)
            };
            (hour(from)?, until)
        }
    };
    if from >= until {
        return Err(invalid("The time ends before it begins"));
    }
    if until - from > LONGEST {
        return Err(invalid("At most 400 days can be looked at together"));
    }
    Ok((from, until))
}

/// The beginnings of a time's buckets. Days that are looked at in part begin with the day, as they are counted.
fn buckets(from: DateTime<Utc>, until: DateTime<Utc>, bucket: Bucket) -> Vec<DateTime<Utc>> {
    let width = match bucket {
        Bucket::Hour => Duration::hours(1),
        Bucket::Day => Duration::days(1),
    };
    let first = from.duration_trunc(width).unwrap_or(from);
    let starts = std::iter::successors(Some(first), |at| Some(*at + width));
    starts.take_while(|at| *at < until).collect()
}

/// One for each time, `missing` where there is none.
fn every<T: Copy>(
    times: &[DateTime<Utc>],
    known: Vec<T>,
    at: impl Fn(&T) -> DateTime<Utc>,
    missing: impl Fn(DateTime<Utc>) -> T,
) -> Vec<T> {
    let of = |time: &DateTime<Utc>| {
        let found = known.iter().find(|one| at(one) == *time);
        found.copied().unwrap_or_else(|| missing(*time))
    };
    times.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_whole_hours_and_every_bucket_is_there() {
        let now: DateTime<Utc> = "2026-03-04T10:20:30Z".parse().unwrap();
        let (from, until) = limits(TimeRange::Last("24h".parse().unwrap()), now).unwrap();
        assert_eq!(
            (from.to_rfc3339(), until.to_rfc3339()),
            (
                "2026-03-03T10:00:00+00:00".into(),
                "2026-03-04T11:00:00+00:00".into()
            )
        );
        assert_eq!(buckets(from, until, Bucket::Hour).len(), 25);
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let (first, after) = (at("2026-03-01T00:30:00Z"), at("2026-03-04T23:00:01Z"));
        let (from, until) = limits(TimeRange::Between(first, after), now).unwrap();
        assert_eq!(
            (from, until),
            (at("2026-03-01T00:00:00Z"), at("2026-03-05T00:00:00Z"))
        );
        let times = buckets(from, until, Bucket::Day);
        let second = at("2026-03-02T00:00:00Z");
        let all = every(&times, vec![(second, 3)], |one| one.0, |at| (at, 0));
        assert_eq!((all.len(), all[0].1, all[1]), (4, 0, (second, 3)));
        for nonsense in [
            TimeRange::Between(after, first),
            TimeRange::Between(first, at("9000-01-01T00:00:00Z")),
            TimeRange::Last("60w".parse().unwrap()),
        ] {
            assert!(limits(nonsense, now).is_err(), "{nonsense:?}");
        }
    }
}
