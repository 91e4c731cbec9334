//! The API of AWS on this machine: `moto`, which keeps ECR's repositories and STS's roles, and gives ECR's login.
//! It has no ECR Public and no `BatchCheckLayerAvailability`.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::has;
use super::registry::Registry;

/// The account that everything belongs to.
pub const ACCOUNT: &str = "123456789012";

/// PyPI's `moto_server`, ended with the value.
pub struct Moto {
    child: Child,
    /// Where it answers.
    pub url: String,
}

impl Moto {
    /// Whether it is there.
    pub fn available() -> bool {
        has("moto_server", "pip install moto[server]==5.2.1")
    }

    /// An account that has nothing yet.
    pub fn start() -> Self {
        let address = Registry::down();
        let port = address.rsplit(':').next().unwrap();
        let child = Command::new("moto_server")
            .args(["-H", "127.0.0.1", "-p", port])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let moto = Self {
            child: child.unwrap(),
            url: format!("http://{address}"),
        };
        for _ in 0..600 {
            if std::net::TcpStream::connect(&address).is_ok() {
                return moto;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("moto did not come up at {address}");
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
