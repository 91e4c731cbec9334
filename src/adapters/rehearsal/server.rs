//! A server on this machine's loopback that answers for every environment of a rehearsal, and the probe that asks it
//! whatever address the configuration names. The request goes over real HTTP; nothing leaves the machine.

use std::convert::Infallible;
use std::net::SocketAddr;

use async_trait::async_trait;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::world::World;
use crate::error::{Error, Result};
use crate::ports::probe::{Answer, Probe};

/// The header that carries the address that was meant.
const MEANT: &str = "x-tidegate-url";

/// What an environment answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// The HTTP status.
    pub status: u16,
    /// The body, in JSON.
    pub body: String,
}

/// The server, until it is dropped.
pub struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Starts on a free port of the loopback.
    pub async fn start(world: World) -> Result<Self> {
        let fails = |error: std::io::Error| Error::outside("starting the rehearsal's server", "127.0.0.1", error);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(fails)?;
        let address = listener.local_addr().map_err(fails)?;
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let world = world.clone();
                tokio::spawn(async move {
                    let service = service_fn(move |request| answer(world.clone(), request));
                    let connection = hyper::server::conn::http1::Builder::new();
                    // A client that goes away early has its answer already.
                    let _ = connection.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Ok(Self { address, task })
    }

    /// A probe that asks this server.
    pub fn probe(&self) -> RoutedProbe {
        RoutedProbe {
            client: reqwest::Client::builder().no_proxy().build(),
            address: self.address,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(world: World, request: Request<Incoming>) -> std::result::Result<Response<Full<Bytes>>, Infallible> {
    let meant = request.headers().get(MEANT).and_then(|value| value.to_str().ok());
    let health = meant.and_then(|url| world.health(url)).unwrap_or_else(|| Health {
        status: 404,
        body: serde_json::json!({ "error": "nothing runs here" }).to_string(),
    });
    let mut response = Response::new(Full::new(Bytes::from(health.body)));
    *response.status_mut() = hyper::StatusCode::from_u16(health.status).unwrap_or(hyper::StatusCode::OK);
    Ok(response)
}

/// Asks the rehearsal's server instead of the address that is meant.
pub struct RoutedProbe {
    client: reqwest::Result<reqwest::Client>,
    address: SocketAddr,
}

#[async_trait]
impl Probe for RoutedProbe {
    async fn get(&self, url: &str) -> std::result::Result<Answer, String> {
        let client = self.client.as_ref().map_err(ToString::to_string)?;
        let request = client.get(format!("http://{}/", self.address)).header(MEANT, url);
        let response = request.send().await.map_err(|error| error.to_string())?;
        Ok(Answer {
            status: response.status().as_u16(),
            body: response.text().await.map_err(|error| error.to_string())?,
        })
    }
}
