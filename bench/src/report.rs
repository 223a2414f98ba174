//! What was measured: a line of JSON for each figure as it comes, and a table of all at the end.

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use serde_json::{Map, Value};
use std::{
    fs::{self, File},
    io::{Write, stdout},
    path::PathBuf,
    time::Duration,
};

/// Something that was measured, in several rounds.
#[derive(Serialize)]
pub struct Figure {
    pub name: &'static str,
    /// Where the server stored.
    pub database: String,
    /// The median of the rounds.
    value: f64,
    min: f64,
    max: f64,
    rounds: usize,
    pub unit: &'static str,
    /// What it shall be at most, or at least; `None` for what is only told.
    aim: Option<f64>,
    aim_is_least: bool,
    within_aim: Option<bool>,
    /// How it was measured, and what else was seen.
    parameters: Map<String, Value>,
    /// What it is, for people.
    #[serde(skip)]
    label: String,
}

impl Figure {
    /// A figure from a value of each round.
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

    /// What the value shall be at most.
    pub fn aim(mut self, most: f64) -> Self {
        (self.aim, self.within_aim) = (Some(most), Some(self.value <= most));
        self
    }

    /// What the value shall be at least.
    pub fn aim_at_least(mut self, least: f64) -> Self {
        (self.aim, self.within_aim) = (Some(least), Some(self.value >= least));
        self.aim_is_least = true;
        self
    }

    /// Something that belongs to it.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        let value = match value.into() {
            Value::Number(number) if number.is_f64() => number.as_f64().map(rounded).into(),
            other => other,
        };
        self.parameters.insert(name.into(), value);
        self
    }

    fn reached(&self) -> String {
        let Self { value, min, max, unit, .. } = self;
        format!("{value} {unit} ({min} to {max})")
    }
}

/// All figures.
pub struct Report {
    /// `None` for the standard output.
    json: Option<(File, PathBuf)>,
    figures: Vec<Figure>,
}

impl Report {
    /// A report that writes its lines to this file, or to the standard output if it is `-`.
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
        eprintln!("{}, {}: {}", figure.label, figure.database, figure.reached());
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
        let mut rows = vec![["measurement".into(), "reached (median, least to most)".into(), "aim".into()]];
        rows.extend(
            self.figures.iter().map(|figure| {
                [format!("{}, {}", figure.label, figure.database), figure.reached(), aim(figure)]
            }),
        );
        let width = |column: usize| rows.iter().map(|row: &[String; 3]| row[column].chars().count()).max();
        let (first, second) = (width(0).unwrap_or(0), width(1).unwrap_or(0));
        let mut table = String::from("\n");
        for [measurement, reached, aim] in &rows {
            let line = format!("{measurement:first$}  {reached:second$}  {aim}");
            table += line.trim_end();
            table += "\n";
        }
        match &self.json {
            Some((_, path)) => println!("{table}\nWith all parameters: {}", path.display()),
            None => eprint!("{table}"),
        }
    }
}

/// The value that a share of the values does not pass. They must be in order, and there must be one.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len() - 1;
    sorted[(last as f64 * share).round() as usize]
}

pub fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// To three digits after the point: finer would be noise.
fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}
