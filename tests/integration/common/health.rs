//! A server that says how the environments are: healthy, until a test says otherwise.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Answers `GET /ENVIRONMENT/health` with 200, or with 503 where the environment is sick.
pub struct Health {
    port: u16,
    sick: Arc<Mutex<Option<BTreeSet<String>>>>,
}

impl Health {
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let sick = Arc::new(Mutex::new(Some(BTreeSet::new())));
        let seen = sick.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let sick = seen.lock().unwrap().clone();
                let Some(sick) = sick else { return };
                answer(&mut stream.unwrap(), &sick);
            }
        });
        Self { port, sick }
    }

    /// Where an environment answers.
    pub fn url(&self, environment: &str) -> String {
        format!("http://127.0.0.1:{}/{environment}", self.port)
    }

    /// From now on the environment is healthy, or not.
    pub fn set(&self, environment: &str, healthy: bool) {
        let mut sick = self.sick.lock().unwrap();
        let sick = sick.as_mut().unwrap();
        if healthy {
            sick.remove(environment);
        } else {
            sick.insert(environment.to_owned());
        }
    }
}

impl Drop for Health {
    fn drop(&mut self) {
        *self.sick.lock().unwrap() = None;
        // Wakes the thread, which then ends.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn answer(stream: &mut TcpStream, sick: &BTreeSet<String>) {
    let mut request = [0; 4096];
    let length = stream.read(&mut request).unwrap_or_default();
    let line = String::from_utf8_lossy(&request[..length]);
    let environment = line.split('/').nth(1).unwrap_or_default();
    let status = if sick.contains(environment) {
        "503 Service Unavailable"
    } else {
        "200 OK"
    };
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
}
