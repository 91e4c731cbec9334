//! A real registry on this machine.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::has;

/// Debian's `docker-registry`, ended with the value.
pub struct Registry {
    child: Child,
    /// Its host and port.
    pub address: String,
}

impl Registry {
    /// Whether the registry and the client that reads it back are there.
    pub fn available() -> bool {
        [
            ("docker-registry", "apt-get install docker-registry"),
            ("skopeo", "apt-get install skopeo"),
            ("htpasswd", "apt-get install apache2-utils"),
        ]
        .iter()
        .all(|(program, install)| has(program, install))
    }

    /// A registry that lets everybody in.
    pub fn start(folder: &Path) -> Self {
        Self::run(folder, "")
    }

    /// A registry that lets one name in.
    pub fn with_login(folder: &Path, username: &str, password: &str) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let output = Command::new("htpasswd").args(["-Bbn", username, password]).output();
        let file = folder.join("htpasswd");
        std::fs::write(&file, output.unwrap().stdout).unwrap();
        let auth = format!("auth: {{ htpasswd: {{ realm: test, path: '{}' }} }}\n", file.display());
        Self::run(folder, &auth)
    }

    /// An address that nothing listens at.
    pub fn down() -> String {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    }

    fn run(folder: &Path, more: &str) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let address = Self::down();
        let (config, data) = (folder.join("registry.yml"), folder.join("data"));
        let text = format!(
            "version: 0.1\nlog: {{ level: error }}\nstorage: {{ filesystem: {{ rootdirectory: '{}' }} }}\n\
             http: {{ addr: '{address}' }}\n{more}",
            data.display()
        );
        std::fs::write(&config, text).unwrap();
        let child = Command::new("docker-registry")
            .arg("serve")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let registry = Self {
            child: child.unwrap(),
            address,
        };
        for _ in 0..200 {
            if std::net::TcpStream::connect(&registry.address).is_ok() {
                return registry;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the registry did not come up at {}", registry.address);
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
