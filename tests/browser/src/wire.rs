//! A wire between the browser and a server, which keeps what forms and scripts sent over it and what came back.

use std::io::{self, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::http::{self, Head};
use crate::server::Server;

pub(crate) struct Wire {
    pub(crate) port: u16,
    posts: Arc<Mutex<Vec<Post>>>,
}

/// A POST and the answer to it.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub(crate) request: Head,
    pub(crate) response: Head,
    pub(crate) body: String,
}

impl Wire {
    /// Makes a wire that ends with the process.
    pub(crate) fn to(server: &Server) -> Self {
        let posts = Arc::<Mutex<Vec<Post>>>::default();
        let (kept, server) = (Arc::clone(&posts), server.port);
        let port = http::serve(move |browser| {
            if let Some(post) = exchange(browser, server)? {
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(post);
            }
            Ok(())
        });
        Self { port, posts }
    }

    /// Waits for a POST that was answered, and returns it. There must be no second.
    #[track_caller]
    pub(crate) fn the_post(&self) -> Post {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let posts = std::mem::take(&mut *self.posts.lock().unwrap_or_else(PoisonError::into_inner));
            match &posts[..] {
                [post] => return post.clone(),
                [] => assert!(Instant::now() < deadline, "no POST came"),
                posts => panic!("one POST, not {posts:?}"),
            }
            sleep(Duration::from_millis(20));
        }
    }
}

/// Carries one request and its answer, and returns them if it was a POST.
fn exchange(browser: TcpStream, server: u16) -> io::Result<Option<Post>> {
    let mut browser = BufReader::new(browser);
    let request = Head::read(&mut browser)?;
    let body = request.read_body(&mut browser)?;
    let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, server))?;
    let mut head = format!("{}\r\n", request.first);
    for (name, value) in request.fields.iter().filter(|(name, _)| name != "connection") {
        head += &format!("{name}: {value}\r\n");
    }
    server.write_all(format!("{head}connection: close\r\n\r\n").as_bytes())?;
    server.write_all(&body)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;

    let mut rest = &answer[..];
    let response = Head::read(&mut rest)?;
    let post = (request.word(0) == "POST").then(|| {
        let body = String::from_utf8_lossy(rest).into_owned();
        Post { request, response, body }
    });
    browser.get_mut().write_all(&answer)?;
    browser.get_mut().flush()?;
    Ok(post)
}

const PATIENCE: Duration = Duration::from_secs(90);
