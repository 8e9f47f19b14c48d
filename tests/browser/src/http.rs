//! As much of HTTP/1.1 as the servers of these tests need.

use std::io::{self, BufRead, Read};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// The head of a request or a response.
#[derive(Clone, Debug, Default)]
pub(crate) struct Head {
    /// The request line, or the status line.
    pub(crate) first: String,
    /// The fields as they came, names in lower case.
    pub(crate) fields: Vec<(String, String)>,
}

impl Head {
    pub(crate) fn read(stream: &mut impl BufRead) -> io::Result<Self> {
        let mut head = Self { first: line(stream)?, fields: Vec::new() };
        loop {
            let line = line(stream)?;
            match line.split_once(": ") {
                Some((name, value)) => head.fields.push((name.to_ascii_lowercase(), value.to_owned())),
                None if line.is_empty() => return Ok(head),
                None => {}
            }
        }
    }

    /// Returns the n-th word of the first line, counted from 0.
    pub(crate) fn word(&self, n: usize) -> &str {
        self.first.split(' ').nth(n).unwrap_or_default()
    }

    pub(crate) fn all<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h str> {
        self.fields.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Reads the body that follows, if its length is known.
    pub(crate) fn read_body(&self, stream: &mut impl Read) -> io::Result<Vec<u8>> {
        let length: usize = self.get("content-length").map_or(Ok(0), str::parse).map_err(io::Error::other)?;
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        Ok(body)
    }
}

fn line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    stream.read_until(b'\n', &mut line)?;
    Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
}

/// Starts a server that answers each connection in a thread and ends with the process; returns its port.
pub(crate) fn serve(answer: impl Fn(TcpStream) -> io::Result<()> + Clone + Send + 'static) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = listener.local_addr().expect("a bound port").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            thread::spawn(move || -> io::Result<()> {
                stream.set_read_timeout(Some(Duration::from_secs(60)))?;
                answer(stream)
            });
        }
    });
    port
}

/// Returns a whole response with a page, to be followed by the end of the connection.
pub(crate) fn page(more_fields: &str, html: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nCache-Control: no-store\r\n{more_fields}\
         Connection: close\r\nContent-Length: {}\r\n\r\n{html}",
        html.len()
    )
}
