//! The overhead of all limits: CPU time of the nested query without limits divided by that with limits.
//!
//! Without limits: a development server, with each limit off or at its maximum. With limits: a production server with
//! the default limits, except that the rates per minute are high enough for the load. The two servers are queried in
//! turns, a few queries at a time, so that other load on the machine affects both.

use super::{
    Bench,
    nested_query::{self, CONNECTIONS, Query},
};
use crate::{
    api::Api,
    database::Database,
    report::{Figure, Report, milliseconds},
    server::Server,
};
use anyhow::Result;

pub const NAME: &str = "limits";
const AIM: f64 = 0.95;
/// The number of queries per connection in a turn, and the number of turns in a round.
const QUERIES: usize = 125;
const TURNS: usize = 6;

/// The maximum of the settings.
const MAXIMUM: &str = "4294967295";
const OFF: [(&str, &str); 3] =
    [("CONFAB_MAX_BODY", "16777216"), ("CONFAB_MAX_COST", MAXIMUM), ("CONFAB_FIXED_DOCUMENT_LIMITS", "off")];
const ON: [(&str, &str); 7] = [
    ("CONFAB_ENV", "production"),
    ("CONFAB_LOGIN_RATE_PER_ADDRESS", MAXIMUM),
    ("CONFAB_LOGIN_RATE_PER_ACCOUNT", MAXIMUM),
    ("CONFAB_REGISTER_RATE_PER_ADDRESS", MAXIMUM),
    ("CONFAB_SEND_RATE", MAXIMUM),
    ("CONFAB_MAX_RUNNING", MAXIMUM),
    ("CONFAB_COST_RATE", MAXIMUM),
];

pub async fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    for database in bench.databases().await? {
        let other = match (&database, &bench.postgres) {
            (Database::Postgres(_), Some(server)) => Database::on_postgres(server).await?,
            _ => Database::Sqlite,
        };
        compare(bench, report, (NAME, "with all limits"), [other, database], None).await?;
    }
    if let Some(services) = bench.services(NAME) {
        let other = Database::on_postgres(services.postgres).await?;
        let database = Database::on_postgres(services.postgres).await?;
        let what = ("limits_shared", "with all limits, rate limits in Redis");
        compare(bench, report, what, [other, database], Some(services.redis.to_string())).await?;
    }
    Ok(())
}

async fn compare(
    bench: &Bench,
    report: &mut Report,
    (name, label): (&'static str, &str),
    [without, with]: [Database; 2],
    redis: Option<String>,
) -> Result<()> {
    let owned = |settings: &[(&'static str, &str)]| {
        settings.iter().map(|&(name, value)| (name, value.to_owned())).collect::<Vec<_>>()
    };
    let mut settings = owned(&ON);
    settings.extend(redis.map(|url| ("REDIS_URL", url)));
    let off = Side::start(bench, without, owned(&OFF)).await?;
    let on = Side::start(bench, with, settings).await?;
    let (mut ratios, mut cpu, mut wall) = (Vec::new(), [0.0; 2], [0.0; 2]);
    for _ in 0..bench.rounds {
        let mut used = [0.0; 2];
        for turn in 0..TURNS {
            // The servers alternate in going first.
            for side in [turn % 2, 1 - turn % 2] {
                let (each, took) = [&off, &on][side].run_queries().await?;
                used[side] += each;
                wall[side] += took / (TURNS * bench.rounds) as f64;
            }
        }
        ratios.push(used[0] / used[1]);
        cpu = used.map(|used| used / TURNS as f64);
    }
    let figure =
        Figure::new(name, format!("throughput {label}, relative to no limits"), &on.database, "×", ratios)?
            .aim_at_least(AIM)
            .with("cpu_ms_off", cpu[0])
            .with("cpu_ms_on", cpu[1])
            .with("wall_mean_ms_off", wall[0])
            .with("wall_mean_ms_on", wall[1])
            .with("queries_per_round", 2 * TURNS * CONNECTIONS * QUERIES);
    report.add(figure)?;
    for Side { server, database, .. } in [off, on] {
        server.end()?;
        database.end().await?;
    }
    Ok(())
}

/// One of the two servers.
struct Side {
    server: Server,
    database: Database,
    api: Api,
    query: Query,
}

impl Side {
    async fn start(bench: &Bench, database: Database, mut settings: Vec<(&str, String)>) -> Result<Self> {
        settings.push(("CONFAB_PACE_MS", "0".into()));
        let server = Server::start(bench, &database, &settings).await?;
        let api = Api::register(&server).await?;
        let query = nested_query::prepare(&api).await?;
        Ok(Self { server, database, api, query })
    }

    /// Returns the server's CPU time per query and the mean duration of a query, in milliseconds.
    async fn run_queries(&self) -> Result<(f64, f64)> {
        let before = self.server.usage().cpu()?;
        let times =
            nested_query::run_queries(&self.api, &self.query.request, self.query.bytes, QUERIES).await?;
        let used = milliseconds(self.server.usage().cpu()? - before);
        Ok((used / times.len() as f64, times.iter().sum::<f64>() / times.len() as f64))
    }
}
