//! The messages that a proxy passes on: where they end, what a fault leaves of them.

use std::io;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader, copy};
use tokio::net::TcpStream;

use super::faults::{Act, Kind, Reply};
use super::wire::header;

/// The head of a request.
pub struct Request {
    pub head: Vec<u8>,
    pub kind: Kind,
    pub target: String,
    pub is_head: bool,
    pub body: Framing,
}

/// How a body ends.
#[derive(Clone, Copy)]
pub enum Framing {
    Length(u64),
    Chunked,
}

impl Request {
    pub fn of(head: Vec<u8>) -> Self {
        let text = String::from_utf8_lossy(&head);
        let mut words = text.split(' ').map(str::to_owned);
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        Self {
            kind: Kind::of(&method, &target),
            is_head: method == "HEAD",
            body: Framing::of(&head),
            target,
            head,
        }
    }
}

impl Framing {
    fn of(head: &[u8]) -> Self {
        match header(head, "transfer-encoding") {
            Some(_) => Self::Chunked,
            None => Self::Length(header(head, "content-length").map_or(0, |length| length.parse().unwrap())),
        }
    }
}

impl Reply {
    pub fn bytes(&self, request: &Request) -> Vec<u8> {
        answer(self.status, self.headers, self.body, request.is_head)
    }
}

/// An answer of the proxy's own.
pub fn answer(status: u16, headers: &str, body: &str, is_head: bool) -> Vec<u8> {
    let sent = if is_head { "" } else { body };
    format!(
        "HTTP/1.1 {status} Told\r\n{headers}Content-Length: {}\r\n\r\n{sent}",
        body.len()
    )
    .into_bytes()
}

/// The status of an answer; 0 when it breaks off before.
pub fn status(answer: &[u8]) -> u16 {
    let text = String::from_utf8_lossy(answer);
    let word = text.split(' ').nth(1).unwrap_or_default();
    word.parse().unwrap_or(0)
}

/// An answer as a fault leaves it, and whether the connection stays open after it.
pub fn spoil(answer: Vec<u8>, act: Option<Act>) -> (Vec<u8>, bool) {
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let lacks = |names: &[&str], more: &str| {
        let text = String::from_utf8_lossy(&answer[..head]);
        let kept = text.split("\r\n").filter(|line| {
            let name = line.split(':').next().unwrap_or_default();
            !names.iter().any(|lacking| name.eq_ignore_ascii_case(lacking))
        });
        let kept: Vec<&str> = kept.collect();
        let head_now = format!("{}\r\n{more}\r\n", kept.join("\r\n"));
        [head_now.as_bytes(), &answer[head + 4..]].concat()
    };
    match act {
        Some(Act::CutHead) => (answer[..head / 2].to_vec(), false),
        Some(Act::CutBody) => (answer[..(head + 4 + answer.len()) / 2].to_vec(), false),
        Some(Act::Without(names)) => (lacks(names, ""), true),
        Some(Act::With(name, value)) => (lacks(&[name], &format!("{name}: {value}\r\n")), true),
        _ => (answer, true),
    }
}

/// Passes a request on, its body as it comes, and gives the answer with how many bytes the body had.
pub async fn pass(there: &str, client: &mut BufReader<TcpStream>, request: &Request) -> io::Result<(Vec<u8>, u64)> {
    let mut server = BufReader::new(TcpStream::connect(there).await?);
    server.get_mut().write_all(&request.head).await?;
    let bytes = copy_body(client, server.get_mut(), request.body, u64::MAX).await?;
    Ok((read_answer(&mut server, request.is_head).await?, bytes))
}

/// Puts a manifest.
pub async fn put(there: &str, target: &str, manifest: &[u8]) -> io::Result<()> {
    let parsed: serde_json::Value = serde_json::from_slice(manifest)?;
    let head = format!(
        "PUT {target} HTTP/1.1\r\nHost: {there}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
        parsed["mediaType"].as_str().unwrap(),
        manifest.len()
    );
    let mut server = BufReader::new(TcpStream::connect(there).await?);
    server
        .get_mut()
        .write_all(&[head.as_bytes(), manifest].concat())
        .await?;
    let answer = read_answer(&mut server, false).await?;
    assert_eq!(status(&answer), 201, "the rival was let in");
    Ok(())
}

async fn read_answer(server: &mut BufReader<TcpStream>, to_head: bool) -> io::Result<Vec<u8>> {
    let head = read_head(server).await?;
    let mut answer = head.ok_or(io::ErrorKind::UnexpectedEof)?;
    if !to_head {
        let body = Framing::of(&answer);
        copy_body(server, &mut answer, body, u64::MAX).await?;
    }
    Ok(answer)
}

/// The lines until the empty one; nothing when the connection ends before, or begins with something else, such as TLS.
pub async fn read_head(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Vec<u8>>> {
    let first = stream.fill_buf().await?.first().copied();
    if !first.is_some_and(|byte| byte.is_ascii_uppercase()) {
        return Ok(None);
    }
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read_until(b'\n', &mut head).await? == 0 {
            return Ok(None);
        }
    }
    Ok(Some(head))
}

/// Copies a body as it comes, up to a limit, and tells how long it was.
pub async fn copy_body(
    from: &mut BufReader<TcpStream>,
    to: &mut (impl AsyncWrite + Unpin),
    body: Framing,
    limit: u64,
) -> io::Result<u64> {
    let mut copied = 0;
    match body {
        Framing::Length(length) => {
            let wanted = length.min(limit);
            copied = copy(&mut from.take(wanted), to).await?;
            if copied < wanted {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Framing::Chunked => {
            while copied < limit {
                let mut line = Vec::new();
                from.read_until(b'\n', &mut line).await?;
                let size = u64::from_str_radix(String::from_utf8_lossy(&line).trim(), 16);
                let size = size.map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
                to.write_all(&line).await?;
                // The data, and the end of its line.
                if copy(&mut from.take(size + 2), to).await? < size + 2 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                copied += size;
                if size == 0 {
                    break;
                }
            }
        }
    }
    Ok(copied)
}
