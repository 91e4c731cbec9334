//! A wire between a client and a server, on which a test listens: HTTP/1.1, a message at a time.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

/// A port of its own, and its address.
pub fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// Gives each request its answer; without one the connection ends.
pub fn serve(listener: TcpListener, answer: impl Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync + 'static) {
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, answer) = (stream.unwrap(), answer.clone());
            std::thread::spawn(move || {
                while let Some(request) = read_message(&mut stream) {
                    let Some(answer) = answer(&request) else { return };
                    if stream.write_all(&answer).is_err() {
                        return;
                    }
                }
            });
        }
    });
}

/// The answer of a server.
pub fn pass(there: &str, request: &[u8]) -> Option<Vec<u8>> {
    let mut server = TcpStream::connect(there.trim_start_matches("http://")).unwrap();
    server.write_all(request).unwrap();
    // An answer to HEAD has the length of a body that does not come.
    read(&mut server, !request.starts_with(b"HEAD "))
}

/// One HTTP/1.1 message with its body, by its `content-length` or in chunks.
fn read_message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    read(stream, true)
}

fn read(stream: &mut TcpStream, has_body: bool) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let head = bytes
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .map(|place| place + 4);
        if let Some(head) = head {
            let length = header(&bytes[..head], "content-length").filter(|_| has_body);
            let whole = match length {
                Some(length) => bytes.len() >= head + length.parse::<usize>().unwrap(),
                None if is_chunked(&bytes[..head]) => bytes.ends_with(b"0\r\n\r\n"),
                None => true,
            };
            if whole {
                return Some(bytes);
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
        }
    }
}

/// A field of a message's head.
pub fn header(message: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(message);
    let mut fields = text.lines().take_while(|line| !line.is_empty());
    fields.find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}

fn is_chunked(message: &[u8]) -> bool {
    header(message, "transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"))
}

/// An answer with another text in its body, and its new length.
pub fn replace(answer: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let body = match is_chunked(answer) {
        true => unchunked(body),
        false => body.to_owned(),
    };
    let body = body.replace(from, to);
    let kept = head.lines().filter(|line| {
        let line = line.to_lowercase();
        !line.starts_with("content-length") && !line.starts_with("transfer-encoding")
    });
    let head: Vec<&str> = kept.collect();
    format!("{}\r\ncontent-length: {}\r\n\r\n{body}", head.join("\r\n"), body.len()).into_bytes()
}

fn unchunked(body: &str) -> String {
    let mut whole = Vec::new();
    let mut rest = body.as_bytes();
    while let Some(end) = rest.windows(2).position(|window| window == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        whole.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 2 + size + 2..];
        if size == 0 {
            break;
        }
    }
    String::from_utf8(whole).unwrap()
}
