//! GitHub, its registry and its git behind one port of this machine, each answer a set time after its request. It stands
//! where no real part can: the real ones answer when they like.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What a request that is none of git's is answered: the status and the body, by its method and path.
pub type Answers = dyn Fn(&str, &str) -> (u16, String) + Send + Sync;

/// A request that was answered.
pub struct Asked {
    /// Its method and path, without the query.
    pub what: String,
    pub began: Instant,
    pub ended: Instant,
}

pub struct Server {
    pub address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

struct Request {
    method: String,
    target: String,
    head: String,
    body: Vec<u8>,
}

impl Server {
    /// `*.git` below `root` is answered by git itself (git-http-backend(1)), everything else by `answers`.
    pub fn start(by: Duration, root: &Path, answers: impl FnOnce(&str) -> Box<Answers>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let answers: Arc<Answers> = Arc::from(answers(&address));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, root) = (asked.clone(), root.to_owned());
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (kept, root, answers) = (kept.clone(), root.clone(), answers.clone());
                std::thread::spawn(move || serve(client.unwrap(), by, &root, answers.as_ref(), &kept));
            }
        });
        Self { address, asked }
    }

    /// What was asked since the last look.
    pub fn take(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

fn serve(client: TcpStream, by: Duration, root: &PathBuf, answers: &Answers, kept: &Mutex<Vec<Asked>>) {
    client.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(client.try_clone().unwrap());
    let mut client = client;
    while let Some(request) = read(&mut reader) {
        let began = Instant::now();
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let answer = match path.contains(".git/") {
            true => git(root, &request, path, query),
            false => {
                let (status, body) = answers(&request.method, path);
                let length = body.len();
                let body = if request.method == "HEAD" { "" } else { &body };
                let kind = "content-type: application/json; charset=utf-8";
                format!("HTTP/1.1 {status} X\r\n{kind}\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
            }
        };
        std::thread::sleep(by.saturating_sub(began.elapsed()));
        kept.lock().unwrap().push(Asked {
            what: format!("{} {path}", request.method),
            began,
            ended: Instant::now(),
        });
        if client.write_all(&answer).is_err() {
            return;
        }
    }
}

fn read(client: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if client.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let mut body = vec![0; field(&head, "content-length").map_or(0, |length| length.parse().unwrap())];
    client.read_exact(&mut body).ok()?;
    let mut words = head.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    Some(Request {
        method,
        target,
        head,
        body,
    })
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    fields
        .find(|(field, _)| field.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

fn git(root: &PathBuf, request: &Request, path: &str, query: &str) -> Vec<u8> {
    let mut command = Command::new("git");
    command
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REQUEST_METHOD", &request.method)
        .env("PATH_INFO", path)
        .env("QUERY_STRING", query)
        .env("CONTENT_LENGTH", request.body.len().to_string());
    for (variable, name) in [
        ("CONTENT_TYPE", "content-type"),
        ("HTTP_GIT_PROTOCOL", "git-protocol"),
        ("HTTP_CONTENT_ENCODING", "content-encoding"),
    ] {
        command.envs(field(&request.head, name).map(|value| (variable, value)));
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&request.body).unwrap();
    let said = child.wait_with_output().unwrap().stdout;
    let end = said.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let fields = String::from_utf8_lossy(&said[..end]);
    let status = fields.lines().find_map(|line| line.strip_prefix("Status: "));
    let (status, body) = (status.unwrap_or("200 OK"), &said[end + 4..]);
    let head = format!(
        "HTTP/1.1 {status}\r\n{fields}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}
