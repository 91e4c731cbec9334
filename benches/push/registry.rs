//! Debian's registry, plain or over TLS, with a certificate of an authority made for the run.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// What a certificate must say to be taken: for a server at 127.0.0.1.
const EXTENSIONS: &str = "[req]\ndistinguished_name = name\n[name]\n\
    [authority]\nbasicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign\n\
    [server]\nbasicConstraints = CA:FALSE\nextendedKeyUsage = serverAuth\nsubjectAltName = IP:127.0.0.1\n";

/// An authority, and a certificate from it for this machine.
pub struct Authority {
    folder: tempfile::TempDir,
    file: PathBuf,
}

impl Authority {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("openssl.cnf"), EXTENSIONS).unwrap();
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -config openssl.cnf";
        for arguments in [
            format!("req -x509 {key} -extensions authority -days 2 -subj /CN=authority -keyout ca.key -out ca.crt"),
            format!("req -new {key} -subj /CN=127.0.0.1 -keyout server.key -out server.csr"),
            "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile openssl.cnf \
             -extensions server -out server.crt"
                .to_owned(),
        ] {
            let mut command = Command::new("openssl");
            command.args(arguments.split_whitespace()).current_dir(folder.path());
            let output = command.output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        // Beside the authority no key may lie: skopeo takes the folder for that of a client.
        let kept = folder.path().join("authority");
        std::fs::create_dir(&kept).unwrap();
        let file = kept.join("ca.crt");
        std::fs::copy(folder.path().join("ca.crt"), &file).unwrap();
        Self { folder, file }
    }

    /// Its certificate.
    pub fn file(&self) -> &Path {
        &self.file
    }

    fn settings(&self) -> String {
        let folder = self.folder.path().display();
        format!(", tls: {{ certificate: '{folder}/server.crt', key: '{folder}/server.key' }}")
    }

    /// The folder with its certificate alone.
    pub fn folder(&self) -> &Path {
        self.file.parent().unwrap()
    }
}

/// Debian's registry, ended with the value.
pub struct Registry {
    child: Child,
    pub address: String,
    _folder: tempfile::TempDir,
}

impl Registry {
    pub fn plain() -> Self {
        Self::start(in_memory(), "")
    }

    pub fn over_tls(authority: &Authority) -> Self {
        Self::start(in_memory(), &authority.settings())
    }

    pub fn on_disk(authority: &Authority) -> Self {
        Self::start(tempfile::tempdir().unwrap(), &authority.settings())
    }

    fn start(folder: tempfile::TempDir, more: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        let config = folder.path().join("registry.yml");
        let text = format!(
            "version: 0.1\nlog: {{ level: error }}\nstorage: {{ filesystem: {{ rootdirectory: '{}' }} }}\nhttp: {{ addr: '{address}'{more} }}\n",
            folder.path().join("data").display()
        );
        std::fs::write(&config, text).unwrap();
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(&config);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut child = child.unwrap_or_else(|_| panic!("install it: apt-get install docker-registry"));
        while TcpStream::connect(&address).is_err() {
            assert!(child.try_wait().unwrap().is_none(), "the registry did not come up");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self {
            child,
            address,
            _folder: folder,
        }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder in memory where there are such, unless another is wanted.
fn in_memory() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    match memory.is_dir() && !crate::given("disk") {
        true => tempfile::tempdir_in(memory).unwrap(),
        false => tempfile::tempdir().unwrap(),
    }
}
