//! P10: what dashboards ask, over ten million events and over a hundredth of them; and what the counts cost writers.

pub(crate) mod cost;
mod crowd;
mod exact;
mod question;

use std::time::Instant;

use domain::role::Actor;
use engine::Engine;
use sqlx::{Connection, PgConnection, postgres::PgPoolOptions};

use crate::{
    Bench,
    figure::{Figure, Rounds, Spread, quantile},
};
use question::Question;

/// Events of the large database for each of the small one.
const TIMES: usize = 100;
/// No dashboard waits longer than this for one question.
const PATIENCE_MS: f64 = 50.0;
/// How much more a question may cost over [`TIMES`] the events.
const STEEPEST: f64 = 2.0;

pub(crate) async fn run(bench: &Bench) -> Vec<Figure> {
    let few = bench.size(100_000, 1_200);
    // A full run is about growth; the small one only about whether all of this still works.
    let many = bench.size(few * TIMES, few * 4);
    let small = Crowd::make(bench, "dashboards_small", few).await;
    let large = Crowd::make(bench, "dashboards_large", many).await;
    for crowd in [&small, &large] {
        exact::check(&crowd.url).await;
    }
    let figures = latencies(bench, &small, &large).await;
    for crowd in [small, large] {
        crowd.engine.pool().close().await;
        bench.drop_database(crowd.name).await;
    }
    figures
}

/// A filled database and an engine on it.
struct Crowd {
    name: &'static str,
    events: usize,
    url: String,
    engine: Engine,
}

impl Crowd {
    async fn make(bench: &Bench, name: &'static str, events: usize) -> Self {
        let url = bench.database(name).await;
        let begun = Instant::now();
        crowd::fill(&url, events).await;
        let pool = PgPoolOptions::new()
            .max_connections(8)
            .connect(&url)
            .await
            .unwrap();
        let engine = Engine::with_pool(pool, crate::config(&url, 8));
        engine.recount_rollups(&Actor::system()).await.unwrap();
        let mut connection = PgConnection::connect(&url).await.unwrap();
        // What workers write goes through the counting triggers, and stays in the differences until it is folded.
        exact::write_some(&mut connection).await;
        crowd::run(&mut connection, "VACUUM ANALYZE marketing.rollups").await;
        println!(
            "{events} events took {:.0} s to make",
            begun.elapsed().as_secs_f64()
        );
        Self {
            name,
            events,
            url,
            engine,
        }
    }
}

/// What a question took, in milliseconds.
struct Measured {
    name: String,
    small: Vec<f64>,
    large: Vec<f64>,
    /// Medians of the large database by those of the small one, round by round.
    times: Spread,
}

/// Round by round the same questions to both databases, one after the other.
async fn latencies(bench: &Bench, small: &Crowd, large: &Crowd) -> Vec<Figure> {
    let mut questions = question::views(&large.engine).await;
    questions.extend(question::pages());
    println!("\n| Milliseconds | small p50 | p99 | large p50 | p99 | times |");
    println!("|---|---|---|---|---|---|");
    let mut all = Vec::new();
    for question in &questions {
        let measured = measure(bench, question, [small, large]).await;
        println!(
            "| {} | {:.2} | {:.2} | {:.2} | {:.2} | {} |",
            measured.name,
            quantile(&measured.small, 0.5),
            quantile(&measured.small, 0.99),
            quantile(&measured.large, 0.5),
            quantile(&measured.large, 0.99),
            measured.times
        );
        all.push(measured);
    }
    let p99 = |measured: &&Measured| quantile(&measured.large, 0.99);
    let steep = |measured: &&Measured| measured.times.median;
    let worst = |by: &dyn Fn(&&Measured) -> f64, aim: f64| {
        let worst = all.iter().max_by(|a, b| by(a).total_cmp(&by(b))).unwrap();
        let over: Vec<&str> = all
            .iter()
            .filter(|measured| by(measured) > aim)
            .map(|measured| measured.name.as_str())
            .collect();
        let over = match over.as_slice() {
            [] => "none is beyond".to_owned(),
            names => format!("beyond: {}", names.join(", ")),
        };
        (worst, format!("of {} views and pages {over}", all.len()))
    };
    let (slowest, slow) = worst(&p99, PATIENCE_MS);
    let (steepest, growing) = worst(&steep, STEEPEST);
    vec![
        Figure {
            arm: "P10",
            what: format!("slowest p99 over {} events: {}", large.events, slowest.name),
            aim: "<= 50 ms",
            reached: format!("{:.1} ms", p99(&slowest)),
            from: slow,
        },
        Figure {
            arm: "P10",
            what: format!(
                "steepest from {} to {} events: {}",
                small.events, large.events, steepest.name
            ),
            aim: "<= 2x",
            reached: steepest.times.to_string(),
            from: format!(
                "p50 {:.2} ms and {:.2} ms; {growing}",
                quantile(&steepest.small, 0.5),
                quantile(&steepest.large, 0.5)
            ),
        },
    ]
}

async fn measure(bench: &Bench, question: &Question, crowds: [&Crowd; 2]) -> Measured {
    let asked = bench.size(40, 2);
    // What was not asked for a while is planned and read from the disk first, which a page that is open has behind it.
    for crowd in crowds {
        for _ in 0..bench.size(3, 1) {
            question.ask(&crowd.engine).await;
        }
    }
    let mut rounds = Rounds::default();
    let mut all = [Vec::new(), Vec::new()];
    for _ in 0..bench.rounds() {
        for (place, (arm, crowd)) in ["small", "large"].into_iter().zip(crowds).enumerate() {
            let mut took = Vec::new();
            for _ in 0..asked {
                let begun = Instant::now();
                question.ask(&crowd.engine).await;
                took.push(begun.elapsed().as_secs_f64() * 1e3);
            }
            took.sort_by(f64::total_cmp);
            rounds.add(arm, quantile(&took, 0.5));
            all[place].append(&mut took);
        }
    }
    let [mut small, mut large] = all;
    small.sort_by(f64::total_cmp);
    large.sort_by(f64::total_cmp);
    Measured {
        name: question.name.clone(),
        small,
        large,
        times: rounds.ratio("large", "small"),
    }
}
