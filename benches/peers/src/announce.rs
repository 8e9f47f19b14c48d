//! How a server says where it listens to the process that started it.

use std::net::SocketAddr;
use std::time::Duration;
use std::{io, thread};

/// Says where a server listens, and ends the process with its standard input or after an hour.
pub(crate) fn announce(address: SocketAddr) {
    println!("{address}");
    thread::spawn(|| {
        io::copy(&mut io::stdin(), &mut io::sink()).ok();
        std::process::exit(0);
    });
    thread::spawn(|| {
        thread::sleep(Duration::from_secs(60 * 60));
        std::process::exit(1);
    });
}
