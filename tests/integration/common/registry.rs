//! A real registry on this machine.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::has;
use super::wire::header;

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
        Self::run(folder, "", "", &[])
    }

    /// The same on one core and without collecting garbage: for many that run side by side, each for a moment.
    pub fn brief(folder: &Path) -> Self {
        Self::run(folder, "", "", &[("GOMAXPROCS", "1"), ("GOGC", "off")])
    }

    /// A registry that lets one name in.
    pub fn with_login(folder: &Path, username: &str, password: &str) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let output = Command::new("htpasswd").args(["-Bbn", username, password]).output();
        let file = folder.join("htpasswd");
        std::fs::write(&file, output.unwrap().stdout).unwrap();
        let auth = format!("auth: {{ htpasswd: {{ realm: test, path: '{}' }} }}\n", file.display());
        Self::run(folder, &auth, "", &[])
    }

    /// A registry that speaks TLS, with the file of the authority that vouches for it.
    pub fn with_tls(folder: &Path) -> (Self, PathBuf) {
        std::fs::create_dir_all(folder).unwrap();
        let openssl = |arguments: &str| {
            let mut command = Command::new("openssl");
            let run = command.args(arguments.split(' ')).current_dir(folder).output().unwrap();
            assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        };
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        openssl(&format!(
            "req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=test"
        ));
        openssl(&format!("req {key} -keyout tls.key -out tls.csr -subj /CN=127.0.0.1"));
        std::fs::write(folder.join("names"), "subjectAltName=IP:127.0.0.1\n").unwrap();
        openssl("x509 -req -in tls.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out tls.pem -days 2 -extfile names");
        let files = ["tls.pem", "tls.key"].map(|file| folder.join(file).display().to_string());
        let tls = format!("tls: {{ certificate: '{}', key: '{}' }}, ", files[0], files[1]);
        (Self::run(folder, "", &tls, &[]), folder.join("ca.pem"))
    }

    /// An address that nothing listens at.
    pub fn down() -> String {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    }

    fn run(folder: &Path, more: &str, http: &str, go: &[(&str, &str)]) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        // Somebody else may take the port before the registry does.
        let tries = std::iter::repeat_with(|| Self::try_run(folder, more, http, go)).take(10);
        let mut up = tries.flatten();
        up.next().expect("the registry did not come up")
    }

    /// A registry on a free port; none when it does not come up there.
    fn try_run(folder: &Path, more: &str, http: &str, go: &[(&str, &str)]) -> Option<Self> {
        let address = Self::down();
        let (config, data) = (folder.join("registry.yml"), folder.join("data"));
        let text = format!(
            "version: 0.1\nlog: {{ level: error }}\nstorage: {{ filesystem: {{ rootdirectory: '{}' }} }}\n\
             http: {{ {http}addr: '{address}', headers: {{ X-Folder: ['{}'] }} }}\n{more}",
            data.display(),
            folder.display()
        );
        std::fs::write(&config, text).unwrap();
        let child = Command::new("docker-registry")
            .arg("serve")
            .arg(&config)
            .envs(go.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let mut registry = Self {
            child: child.unwrap(),
            address,
        };
        for _ in 0..200 {
            if registry.child.try_wait().unwrap().is_some() {
                return None;
            }
            if registry.answers(folder).unwrap_or(false) {
                return Some(registry);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        None
    }

    /// Whether it is this registry that answers at its address.
    fn answers(&self, folder: &Path) -> std::io::Result<bool> {
        let mut stream = std::net::TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(b"GET /v2/ HTTP/1.0\r\n\r\n")?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        // One that speaks TLS says only that.
        let encrypted = String::from_utf8_lossy(&answer).contains("HTTPS server");
        Ok(encrypted || header(&answer, "x-folder").is_some_and(|said| Path::new(&said) == folder))
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
