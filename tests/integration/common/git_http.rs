//! A git server that asks who comes: git's own `http-backend` behind a port (git-http-backend(1)).

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use base64::Engine as _;

use super::wire;

/// The answer to a request for a repository below `root`. Only who has a password that is accepted comes in.
pub fn answer(root: &PathBuf, request: &[u8], accepts: impl Fn(&str) -> bool) -> Option<Vec<u8>> {
    let end = request.windows(4).position(|window| window == b"\r\n\r\n")?;
    let (head, body) = (String::from_utf8_lossy(&request[..end]), &request[end + 4..]);
    let mut line = head.lines().next()?.split(' ');
    let (method, target) = (line.next()?, line.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if !password(request).is_some_and(|password| accepts(&password)) {
        let asks = "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Basic realm=\"GitHub\"\r\ncontent-length: 0\r\n\r\n";
        return Some(asks.into());
    }
    let mut command = Command::new("git");
    command
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REMOTE_USER", "octo")
        .env("REQUEST_METHOD", method)
        .env("PATH_INFO", path)
        .env("QUERY_STRING", query)
        .env("CONTENT_LENGTH", body.len().to_string());
    for (variable, field) in [
        ("CONTENT_TYPE", "content-type"),
        ("HTTP_GIT_PROTOCOL", "git-protocol"),
        ("HTTP_CONTENT_ENCODING", "content-encoding"),
    ] {
        if let Some(value) = wire::header(request, field) {
            command.env(variable, value);
        }
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(body).unwrap();
    let said = child.wait_with_output().unwrap().stdout;
    let end = said.windows(4).position(|window| window == b"\r\n\r\n")?;
    let fields = String::from_utf8_lossy(&said[..end]);
    let status = fields
        .lines()
        .find_map(|line| line.strip_prefix("Status: "))
        .unwrap_or("200 OK");
    let body = &said[end + 4..];
    let head = format!(
        "HTTP/1.1 {status}\r\n{fields}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    Some([head.as_bytes(), body].concat())
}

/// The password of HTTP's basic scheme (RFC 7617).
fn password(request: &[u8]) -> Option<String> {
    let encoded = wire::header(request, "authorization")?;
    let encoded = encoded.split_once(' ').map(|(_, encoded)| encoded.to_owned())?;
    let pair = base64::engine::general_purpose::STANDARD.decode(encoded).ok()?;
    let pair = String::from_utf8(pair).ok()?;
    pair.split_once(':').map(|(_, password)| password.to_owned())
}
