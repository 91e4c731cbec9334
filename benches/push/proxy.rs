//! A way to a registry on which each request takes longer and is counted.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A proxy for plain http.
pub struct Proxy {
    pub address: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Holds each request back for a while once its head is there.
    pub fn to(registry: &str, by: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (registry, seen) = (registry.to_owned(), Arc::new(Mutex::new(Vec::new())));
        let kept = seen.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(&registry).unwrap());
                client.set_nodelay(true).unwrap();
                server.set_nodelay(true).unwrap();
                let (mut from, mut to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(std::net::Shutdown::Both);
                });
                let kept = kept.clone();
                std::thread::spawn(move || {
                    let _ = requests(client, &server, by, &kept);
                    let _ = server.shutdown(std::net::Shutdown::Write);
                });
            }
        });
        Self { address, seen }
    }

    /// The first lines of the requests since this was last asked.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

/// Passes the requests of one connection on.
fn requests(client: TcpStream, mut server: &TcpStream, by: Duration, seen: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut client = BufReader::new(client);
    if client.fill_buf()?.first() == Some(&0x16) {
        // Who tries TLS first is told at once, and does not wait for it.
        std::io::copy(&mut client, &mut server)?;
        return Ok(());
    }
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if client.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        seen.lock()
            .unwrap()
            .push(head.lines().next().unwrap_or_default().to_owned());
        std::thread::sleep(by);
        server.write_all(head.as_bytes())?;
        let value = |name: &str| {
            let mut fields = head.lines().filter_map(|line| line.split_once(':'));
            let found = fields.find(|(field, _)| field.eq_ignore_ascii_case(name))?;
            Some(found.1.trim().to_owned())
        };
        if value("transfer-encoding").is_some() {
            chunks(&mut client, server)?;
        } else if let Some(length) = value("content-length").and_then(|length| length.parse().ok()) {
            std::io::copy(&mut (&mut client).take(length), &mut server)?;
        }
    }
}

/// A body in chunks (RFC 9112, section 7.1), to the line that ends it.
fn chunks(client: &mut BufReader<TcpStream>, mut server: &TcpStream) -> std::io::Result<()> {
    loop {
        let mut line = String::new();
        client.read_line(&mut line)?;
        let length = u64::from_str_radix(line.trim(), 16).map_err(std::io::Error::other)?;
        server.write_all(line.as_bytes())?;
        // With the line end after it; the last one is empty.
        std::io::copy(&mut client.take(length + 2), &mut server)?;
        if length == 0 {
            return Ok(());
        }
    }
}
