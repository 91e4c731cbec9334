//! A proxy that stands before a real registry and does what a table of faults says. The `Host` header stays as it is, so
//! that the registry's own `Location` leads back here.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::io::{AsyncWriteExt as _, BufReader, sink};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::fault_wire::{Framing, Request, answer, copy_body, pass, put, read_head, spoil, status};
use super::faults::{Act, Fault, Kind, Seen};
use super::registry::Registry;
use super::wire::header;

/// A proxy; it ends with the value.
pub struct FaultProxy {
    /// Its host and port.
    pub address: String,
    state: Arc<State>,
    pid: watch::Sender<Option<u32>>,
    _runtime: tokio::runtime::Runtime,
}

struct State {
    own: String,
    there: String,
    pid: watch::Receiver<Option<u32>>,
    told: Mutex<Told>,
}

/// What the proxy was told to do, and what it saw.
#[derive(Default)]
struct Told {
    faults: Vec<Armed>,
    seen: Vec<Seen>,
    tokens: Option<Tokens>,
    tokens_given: usize,
    kill_at: Option<usize>,
    latency: Duration,
    rival: Vec<u8>,
}

struct Armed {
    fault: Fault,
    matched: usize,
    injected: usize,
}

/// Bearer tokens, each good for so many requests.
struct Tokens {
    good_for: usize,
    left: BTreeMap<String, usize>,
    expired: BTreeSet<String>,
}

impl FaultProxy {
    /// A proxy without a fault.
    pub fn start(registry: &Registry) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (pid, receiver) = watch::channel(None);
        let state = Arc::new(State {
            own: address.clone(),
            there: registry.address.clone(),
            pid: receiver,
            told: Mutex::default(),
        });
        let shared = state.clone();
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let state = shared.clone();
                // What breaks off breaks off on the other side as well: that is all there is to do.
                tokio::spawn(async move { state.connection(client).await.ok() });
            }
        });
        Self {
            address,
            state,
            pid,
            _runtime: runtime,
        }
    }

    /// These faults from now on, and no others.
    pub fn inject(&self, faults: &[Fault]) {
        let armed = faults.iter().map(|fault| Armed {
            fault: *fault,
            matched: 0,
            injected: 0,
        });
        self.state.told().faults = armed.collect();
    }

    /// How often each fault was injected.
    pub fn injected(&self) -> Vec<usize> {
        let told = self.state.told();
        told.faults.iter().map(|armed| armed.injected).collect()
    }

    /// Wants a token from everybody, and lets each be used so often.
    pub fn demand_tokens(&self, good_for: usize) {
        self.state.told().tokens = Some(Tokens {
            good_for,
            left: BTreeMap::new(),
            expired: BTreeSet::new(),
        });
    }

    /// How many tokens were used after they had expired.
    pub fn expired_tokens(&self) -> usize {
        let told = self.state.told();
        told.tokens.as_ref().map_or(0, |tokens| tokens.expired.len())
    }

    /// Holds every request for a while.
    pub fn slow(&self, latency: Duration) {
        self.state.told().latency = latency;
    }

    /// The manifest that a rival puts where the client wanted to put its own.
    pub fn rival(&self, manifest: Vec<u8>) {
        self.state.told().rival = manifest;
    }

    /// Kills the process that `kills` names when the request of this number has come.
    pub fn kill_at(&self, number: usize) {
        self.state.told().kill_at = Some(number);
    }

    /// The process to kill; the request waits until it is known.
    pub fn kills(&self, pid: u32) {
        self.pid.send(Some(pid)).unwrap();
    }

    /// Every request so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.state.told().seen.clone()
    }

    /// How many requests of a kind came.
    pub fn count(&self, kind: Kind) -> usize {
        self.seen().iter().filter(|seen| seen.kind == kind).count()
    }
}

impl State {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap()
    }

    async fn connection(&self, client: TcpStream) -> io::Result<()> {
        let mut client = BufReader::new(client);
        while let Some(head) = read_head(&mut client).await? {
            let request = Request::of(head);
            let number = self.arrives(&request).await;
            let (answer, stays) = self.exchange(&mut client, &request, number).await?;
            self.told().seen[number].status = status(&answer);
            client.get_mut().write_all(&answer).await?;
            if !stays {
                break;
            }
        }
        Ok(())
    }

    /// Notes a request, kills who made it where that is wanted, and waits.
    async fn arrives(&self, request: &Request) -> usize {
        let (number, kills, latency) = {
            let mut told = self.told();
            told.seen.push(Seen {
                kind: request.kind,
                status: 0,
                bytes: 0,
            });
            let number = told.seen.len();
            (number, told.kill_at == Some(number), told.latency)
        };
        if kills {
            let pid = *self.pid.clone().wait_for(Option::is_some).await.unwrap();
            let mut kill = std::process::Command::new("kill");
            kill.args(["-9", &pid.unwrap().to_string()]).status().unwrap();
        }
        tokio::time::sleep(latency).await;
        number - 1
    }

    /// The answer to a request, and whether the connection stays open after it. An error breaks the connection off.
    async fn exchange(
        &self,
        client: &mut BufReader<TcpStream>,
        request: &Request,
        number: usize,
    ) -> io::Result<(Vec<u8>, bool)> {
        let act = match self.lets_in(request) {
            true => self.choose(request),
            false => Some(Act::Expire),
        };
        let reply = match act {
            Some(Act::Reset) => {
                client.get_ref().set_zero_linger()?;
                return Err(io::ErrorKind::ConnectionReset.into());
            }
            Some(Act::ResetInBody(after)) => {
                let mut server = TcpStream::connect(&self.there).await?;
                server.write_all(&request.head).await?;
                let bytes = copy_body(client, &mut server, request.body, after).await?;
                self.told().seen[number].bytes = bytes;
                client.get_ref().set_zero_linger()?;
                return Err(io::ErrorKind::ConnectionReset.into());
            }
            Some(Act::Answer(reply) | Act::AnswerBody(reply)) => reply.bytes(request),
            Some(Act::Expire) => self.challenge(request),
            Some(Act::Rival(reply)) => {
                let rival = self.told().rival.clone();
                put(&self.there, &request.target, &rival).await?;
                reply.bytes(request)
            }
            _ if request.kind == Kind::Token => self.token(),
            _ => {
                if let Some(Act::Wait(pause)) = act {
                    tokio::time::sleep(pause).await;
                }
                let (answer, bytes) = pass(&self.there, client, request).await?;
                self.told().seen[number].bytes = bytes;
                return Ok(match act {
                    Some(Act::Lie(reply)) => (reply.bytes(request), true),
                    _ => spoil(answer, act),
                });
            }
        };
        let bytes = copy_body(client, &mut sink(), request.body, u64::MAX).await?;
        self.told().seen[number].bytes = bytes;
        Ok(spoil(reply, act))
    }

    /// What is done to a request.
    fn choose(&self, request: &Request) -> Option<Act> {
        let length = match request.body {
            Framing::Length(length) => length,
            Framing::Chunked => u64::MAX,
        };
        let mut chosen = None;
        for armed in &mut self.told().faults {
            if !armed.fault.fits(request.kind, length) {
                continue;
            }
            armed.matched += 1;
            if chosen.is_none() && (armed.fault.from..=armed.fault.to).contains(&armed.matched) {
                armed.injected += 1;
                chosen = Some(armed.fault.act);
            }
        }
        chosen
    }

    fn lets_in(&self, request: &Request) -> bool {
        let mut told = self.told();
        let Some(tokens) = told.tokens.as_mut().filter(|_| request.kind != Kind::Token) else {
            return true;
        };
        let Some(token) = header(&request.head, "authorization") else {
            return false;
        };
        match tokens.left.get_mut(&token) {
            Some(0) => {
                tokens.expired.insert(token);
                false
            }
            Some(left) => {
                *left -= 1;
                true
            }
            None => false,
        }
    }

    fn challenge(&self, request: &Request) -> Vec<u8> {
        let challenge = format!(
            "WWW-Authenticate: Bearer realm=\"http://{}/token\",service=\"test\",scope=\"repository:demo/app:pull,push\"\r\n",
            self.own
        );
        let body = r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#;
        answer(401, &challenge, body, request.is_head)
    }

    fn token(&self) -> Vec<u8> {
        let mut told = self.told();
        told.tokens_given += 1;
        let token = format!("token-{}", told.tokens_given);
        if let Some(tokens) = &mut told.tokens {
            tokens.left.insert(format!("Bearer {token}"), tokens.good_for);
        }
        answer(200, "", &format!("{{\"token\":\"{token}\"}}"), false)
    }
}
