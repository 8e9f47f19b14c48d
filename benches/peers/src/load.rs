//! Servers on loopback under load by wrk: the processor time of the server for a request.
//!
//! wrk's own numbers do not resolve a microsecond; the kernel's account of the server's process does.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::results::{self, Line};
use crate::workload::{Cookies, SIZE};
use crate::{on_actix, on_axum};

/// Measures all servers and prints a line for each of their routes.
pub(crate) fn measure(quick: bool) {
    let (rounds, seconds) = if quick { (1, 1) } else { (5, 2) };
    for (framework, peers) in [("axum", on_axum::served()), ("actix", on_actix::served())] {
        let server = Server::start(framework);
        let mut cookies: Vec<_> = peers.iter().map(|(path, _)| server.log_in(path)).collect();
        // So that the route without a session gets no shorter a request than ours.
        cookies[0] = cookies[1].clone();
        let mut ns = vec![Vec::new(); peers.len()];
        for round in 0..=rounds {
            for step in 0..peers.len() {
                let index = (round + step) % peers.len();
                let took = server.load(&format!("/{}/read", peers[index].0), &cookies[index], seconds);
                // The first round warms up.
                if round > 0 {
                    ns[index].push(took);
                }
            }
        }
        for (index, (_, name)) in peers.iter().enumerate() {
            let shares = ns[index].iter().zip(&ns[0]).zip(&ns[1]);
            let shares = shares.map(|((peer, hello), ours)| (ours - hello) / (peer - hello)).collect();
            Line {
                table: format!("wrk, {framework}"),
                size: SIZE,
                subject: (*name).into(),
                ns: results::median(ns[index].clone()),
                ratio: if index == 0 { 0.0 } else { results::median(shares) },
                ..Line::default()
            }
            .print();
        }
    }
}

/// A server on the first processor, stopped when dropped.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(framework: &str) -> Self {
        let program = std::env::current_exe().expect("the path of this program");
        let mut process = pinned(SERVER)
            .arg(program)
            .args(["serve", framework])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("taskset starts");
        let mut address = String::new();
        BufReader::new(process.stdout.as_mut().expect("piped")).read_line(&mut address).expect("an address");
        Self { process, address: address.trim().into() }
    }

    /// Returns the Cookie line of a visitor.
    fn log_in(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("the server listens");
        write!(stream, "GET /{path}/login/0 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .expect("sent");
        let mut response = String::new();
        stream.read_to_string(&mut response).expect("an answer");
        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
        Cookies::One.line(response.lines().find_map(|line| line.strip_prefix("set-cookie: ")))
    }

    /// Returns the processor time that the server took for a request, in ns.
    fn load(&self, path: &str, cookie: &str, seconds: u32) -> f64 {
        let before = self.processor_time();
        let output = pinned(CLIENT)
            .args(["wrk", "--threads", "1", "--connections", "32", "--duration", &format!("{seconds}s")])
            .args(["--header", &format!("Cookie: {cookie}"), &format!("http://{}{path}", self.address)])
            .output()
            .expect("taskset starts");
        let took = self.processor_time() - before;
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && !text.contains("Non-2xx") && !text.contains("Socket errors"),
            "{text}"
        );
        let requests = text.lines().find_map(|line| line.trim().split_once(" requests in "));
        let requests: u64 = requests.and_then(|(number, _)| number.parse().ok()).expect("wrk counts");
        took.as_nanos() as f64 / requests as f64
    }

    /// Returns utime and stime, which Linux counts in hundredths of a second for everybody.
    fn processor_time(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).expect("Linux");
        let (_, fields) = stat.rsplit_once(") ").expect("the name is in parentheses");
        let ticks = fields.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().expect("a number"));
        Duration::from_millis(ticks.sum::<u64>() * 10)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ends with its input; the other ways are for one that does not.
        drop(self.process.stdin.take());
        thread::sleep(Duration::from_millis(200));
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn pinned(processor: &str) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", processor]);
    command
}

const SERVER: &str = "0";
const CLIENT: &str = "1";
