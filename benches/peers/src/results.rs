//! What the measurements print, and the medians of several processes: the layout of memory differs from one to the next,
//! and so does that of the program, which run.sh links in several orders.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

/// What came of one subject.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) table: String,
    /// The size of the session's JSON in bytes.
    pub(crate) size: usize,
    pub(crate) subject: String,
    pub(crate) ns: f64,
    pub(crate) ratio: f64,
    /// The lowest and the highest ratio of a process.
    #[serde(default)]
    pub(crate) range: [f64; 2],
    pub(crate) goal: Option<f64>,
    /// Where they are counted, and then nothing else is measured.
    #[serde(default)]
    pub(crate) allocations: f64,
}

impl Line {
    pub(crate) fn print(&self) {
        println!("{}", serde_json::to_string(self).expect("it has a JSON form"));
    }
}

/// Measures in a process of each program and prints the medians of what they say.
pub(crate) fn of_processes(measurement: &str, word: &str, quick: bool) {
    let programs = programs();
    let programs = if quick { &programs[..1] } else { &programs[..] };
    let processes: Vec<_> =
        programs.iter().map(|program| of_process(program, measurement, word, quick)).collect();
    for (index, line) in processes[0].iter().enumerate() {
        let of_all =
            |pick: fn(&Line) -> f64| processes.iter().map(|lines| pick(&lines[index])).collect::<Vec<_>>();
        let ratios = of_all(|line| line.ratio);
        let range = [
            ratios.iter().copied().fold(f64::MAX, f64::min),
            ratios.iter().copied().fold(f64::MIN, f64::max),
        ];
        let (ns, ratio) = (median(of_all(|line| line.ns)), median(ratios));
        Line { ns, ratio, range, ..line.clone() }.print();
    }
}

/// Returns this program in all its link orders, or itself seven times if nobody linked it so.
fn programs() -> Vec<PathBuf> {
    match std::env::var_os("PEER_PROGRAMS") {
        Some(folder) => {
            let entries = Path::new(&folder).read_dir().expect("orders.sh has made it");
            let mut programs: Vec<_> = entries.map(|entry| entry.expect("readable").path()).collect();
            programs.sort();
            assert!(!programs.is_empty(), "orders.sh has linked something");
            programs
        }
        None => vec![std::env::current_exe().expect("the path of this program"); 7],
    }
}

fn of_process(program: &Path, measurement: &str, word: &str, quick: bool) -> Vec<Line> {
    let quick = if quick { &["--quick"][..] } else { &[] };
    let output =
        Command::new(program).args(["one", measurement, word]).args(quick).stderr(Stdio::inherit()).output();
    let output = output.expect("the program starts again");
    assert!(output.status.success(), "{measurement} failed");
    let text = String::from_utf8(output.stdout).expect("lines of JSON");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

pub(crate) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
