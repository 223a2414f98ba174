//! The results: a line of JSON for each figure as soon as it is measured, and a table at the end.

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use serde_json::{Map, Value};
use std::{
    fs::{self, File},
    io::{Write, stdout},
    path::PathBuf,
    time::Duration,
};

/// A measured figure, from several rounds.
#[derive(Serialize)]
pub struct Figure {
    pub name: &'static str,
    /// The database of the server: `sqlite` or `postgres`.
    pub database: String,
    /// The median of the rounds.
    value: f64,
    min: f64,
    max: f64,
    rounds: usize,
    pub unit: &'static str,
    /// The target: the largest or the smallest acceptable value. `None` if the figure has no target.
    aim: Option<f64>,
    aim_is_least: bool,
    within_aim: Option<bool>,
    /// The parameters of the measurement, and further observations.
    parameters: Map<String, Value>,
    /// The name of the figure in the table.
    #[serde(skip)]
    label: String,
}

impl Figure {
    /// Creates a figure from the values of the rounds.
    pub fn new(
        name: &'static str,
        label: impl Into<String>,
        database: impl ToString,
        unit: &'static str,
        mut rounds: Vec<f64>,
    ) -> Result<Self> {
        ensure!(!rounds.is_empty(), "nothing was measured");
        rounds.sort_by(f64::total_cmp);
        Ok(Self {
            name,
            label: label.into(),
            database: database.to_string(),
            value: rounded(quantile(&rounds, 0.5)),
            min: rounded(rounds[0]),
            max: rounded(rounds[rounds.len() - 1]),
            rounds: rounds.len(),
            unit,
            aim: None,
            aim_is_least: false,
            within_aim: None,
            parameters: Map::new(),
        })
    }

    /// Sets the largest acceptable value.
    pub fn aim(mut self, most: f64) -> Self {
        (self.aim, self.within_aim) = (Some(most), Some(self.value <= most));
        self
    }

    /// Sets the smallest acceptable value.
    pub fn aim_at_least(mut self, least: f64) -> Self {
        (self.aim, self.within_aim) = (Some(least), Some(self.value >= least));
        self.aim_is_least = true;
        self
    }

    /// Adds a parameter.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        let value = match value.into() {
            Value::Number(number) if number.is_f64() => number.as_f64().map(rounded).into(),
            other => other,
        };
        self.parameters.insert(name.into(), value);
        self
    }

    fn result(&self) -> String {
        let Self { value, min, max, unit, .. } = self;
        format!("{value} {unit} ({min} to {max})")
    }
}

/// All figures of a run.
pub struct Report {
    /// The file for the JSON lines. `None`: the standard output.
    json: Option<(File, PathBuf)>,
    figures: Vec<Figure>,
}

impl Report {
    /// Creates a report that writes its JSON lines to this file, or to the standard output if it is `-`.
    pub fn new(path: PathBuf) -> Result<Self> {
        let open = |path: PathBuf| {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            Ok::<_, std::io::Error>((File::create(&path)?, path))
        };
        let json = match path.as_os_str() == "-" {
            true => None,
            false => Some(open(path.clone()).with_context(|| format!("cannot write {}", path.display()))?),
        };
        Ok(Self { json, figures: Vec::new() })
    }

    pub fn add(&mut self, figure: Figure) -> Result<()> {
        let line = serde_json::to_string(&figure)?;
        match &mut self.json {
            Some((file, _)) => writeln!(file, "{line}")?,
            None => writeln!(stdout(), "{line}")?,
        }
        eprintln!("{}, {}: {}", figure.label, figure.database, figure.result());
        self.figures.push(figure);
        Ok(())
    }

    /// Prints the table.
    pub fn table(&self) {
        if self.figures.is_empty() {
            return;
        }
        let aim = |figure: &Figure| match (figure.aim, figure.within_aim) {
            (Some(aim), Some(within)) => {
                let sign = if figure.aim_is_least { '≥' } else { '≤' };
                format!("{sign} {aim} {}{}", figure.unit, if within { "" } else { "  MISSED" })
            }
            _ => String::new(),
        };
        let mut rows = vec![["measurement, database".into(), "median (min to max)".into(), "target".into()]];
        rows.extend(
            self.figures.iter().map(|figure| {
                [format!("{}, {}", figure.label, figure.database), figure.result(), aim(figure)]
            }),
        );
        let width = |column: usize| rows.iter().map(|row: &[String; 3]| row[column].chars().count()).max();
        let (first, second) = (width(0).unwrap_or(0), width(1).unwrap_or(0));
        let mut table = String::from("\n");
        for [measurement, result, aim] in &rows {
            let line = format!("{measurement:first$}  {result:second$}  {aim}");
            table += line.trim_end();
            table += "\n";
        }
        match &self.json {
            Some((_, path)) => println!("{table}\nAll parameters are in {}", path.display()),
            None => eprint!("{table}"),
        }
    }
}

/// Returns a quantile. The values must be sorted and not empty.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len() - 1;
    sorted[(last as f64 * share).round() as usize]
}

pub fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Rounds to three decimal places. Further digits are noise.
fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}
