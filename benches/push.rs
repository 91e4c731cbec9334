//! How long a push takes, whole process, beside crane and skopeo into the same registry in the same run, with the floor:
//! parallel curl uploads of the same blobs and their hashing. `cargo bench --bench push`; `-- small` takes smaller images.
//! It needs Debian's `docker-registry` and `skopeo`; crane is looked for on the PATH and in `target/bench-tools/bin`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tidegate::model::digest::Digest;

/// How many runs the median is taken of.
const RUNS: usize = 5;

fn main() {
    let small = std::env::args().any(|argument| argument == "small");
    println!("{:<44} {:>10} {:>7} {:>6}", "what", "median", "ratio", "aim");
    let mebibytes = if small { 64 } else { 512 };
    large(mebibytes);
    slow_line();
}

/// Eight large layers on loopback.
fn large(mebibytes: usize) {
    let bench = Bench::new(&[mebibytes / 8 * 1024 * 1024; 8]);
    let times = bench.race(|registry| registry.address.clone());
    report(&format!("{mebibytes} MiB in 8 layers"), &times, [1.0, 0.6]);
    let mut floor: Vec<Duration> = (0..RUNS).map(|_| bench.curl(&Registry::start().address)).collect();
    row("  floor: curl, all blobs at once", median(&mut floor), None, None);
    let mut floor: Vec<Duration> = (0..RUNS).map(|_| bench.hash()).collect();
    row("  floor: sha256 of the bytes", median(&mut floor), None, None);
}

/// Twenty small layers where each request takes 100 ms more.
fn slow_line() {
    let bench = Bench::new(&[4096; 20]);
    let times = bench.race(|registry| delayed(&registry.address, Duration::from_millis(100)));
    report("20 layers, 100 ms a request", &times, [1.0 / 3.0, 0.1]);
}

/// An image, and a repository whose HEAD is tagged.
struct Bench {
    folder: tempfile::TempDir,
    blobs: Vec<(String, PathBuf)>,
}

impl Bench {
    fn new(layers: &[usize]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let work = folder.path().join("work");
        let layout = work.join("image");
        std::fs::create_dir_all(layout.join("blobs/sha256")).unwrap();
        let mut seed = 1_u64;
        let mut blobs = Vec::new();
        let mut write = |content: &[u8]| {
            let digest = Digest::of(content).hex().to_owned();
            let file = layout.join("blobs/sha256").join(&digest);
            std::fs::write(&file, content).unwrap();
            blobs.push((digest.clone(), file));
            (format!("sha256:{digest}"), content.len())
        };
        let mut parts = Vec::new();
        for length in layers {
            let content: Vec<u8> = (0..length / 8)
                .flat_map(|_| {
                    // Xorshift: bytes that no compression shortens.
                    seed ^= seed << 13;
                    seed ^= seed >> 7;
                    seed ^= seed << 17;
                    seed.to_le_bytes()
                })
                .collect();
            parts.push(write(&content));
        }
        let (config, length) =
            write(br#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#);
        let layers: Vec<String> = parts
            .iter()
            .map(|(digest, size)| {
                format!(r#"{{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{digest}","size":{size}}}"#)
            })
            .collect();
        let manifest = format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{config}","size":{length}}},"layers":[{}]}}"#,
            layers.join(",")
        );
        let (manifest, length) = write(manifest.as_bytes());
        blobs.pop();
        let index = format!(
            r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{manifest}","size":{length},"annotations":{{"org.opencontainers.image.ref.name":"it"}}}}]}}"#
        );
        std::fs::write(layout.join("index.json"), index).unwrap();
        std::fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        std::fs::write(work.join("tidegate.toml"), "[component.app]\nlayout = 'image'\n").unwrap();
        let bench = Self { folder, blobs };
        for arguments in [
            &["init", "--quiet"][..],
            &["add", "tidegate.toml"],
            &[
                "-c",
                "user.name=a",
                "-c",
                "user.email=a@example.com",
                "commit",
                "--quiet",
                "-m",
                "feat: a",
            ],
            &["tag", "v1.0.0"],
        ] {
            let status = Command::new("git").arg("-C").arg(&work).args(arguments).status();
            assert!(status.unwrap().success(), "{arguments:?}");
        }
        bench
    }

    fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// Each program into a registry of its own, turn by turn: tidegate, crane, skopeo. skopeo remembers where it has put a
    /// blob and would mount it from there.
    fn race(&self, way: impl Fn(&Registry) -> String) -> [Vec<Duration>; 3] {
        let mut times = [const { Vec::new() }; 3];
        for run in 0..=RUNS {
            let registries: [Registry; 3] = std::array::from_fn(|_| Registry::start());
            let to = registries
                .each_ref()
                .map(|registry| format!("{}/demo/app", way(registry)));
            let mut ours = Command::new(env!("CARGO_BIN_EXE_tidegate"));
            ours.args(["push", "--actor", "bench", "--to", &to[0]]);
            let crane = find("crane").map(|program| {
                let mut command = Command::new(program);
                command.args(["push", "--insecure", "image", &to[1]]);
                command
            });
            let skopeo = find("skopeo").map(|program| {
                let mut command = Command::new(program);
                command.args(["copy", "--quiet", "--dest-tls-verify=false", "--preserve-digests"]);
                command.args(["oci:image:it".to_owned(), format!("docker://{}", to[2])]);
                command
            });
            for (place, command) in [Some(ours), crane, skopeo].into_iter().enumerate() {
                let Some(mut command) = command else { continue };
                let begin = Instant::now();
                let output = command.current_dir(self.work()).output().unwrap();
                let said = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{command:?}: {said}");
                if run > 0 {
                    times[place].push(begin.elapsed());
                }
            }
        }
        times
    }

    /// The bytes alone: a session and one request for each blob, all at once.
    fn curl(&self, registry: &str) -> Duration {
        let begin = Instant::now();
        let push = |(digest, file): &(String, PathBuf)| {
            let script = format!(
                "place=$(curl --silent --include --request POST http://{registry}/v2/demo/app/blobs/uploads/ \
                 | tr -d '\\r' | sed -n 's/^[Ll]ocation: //p')\n\
                 curl --silent --fail --request PUT --header 'Content-Type: application/octet-stream' \
                 --upload-file '{}' \"$place&digest=sha256:{digest}\"",
                file.display()
            );
            Command::new("sh")
                .args(["-c", &script])
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        };
        let children: Vec<Child> = self.blobs.iter().map(push).collect();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        begin.elapsed()
    }

    fn hash(&self) -> Duration {
        let begin = Instant::now();
        let files = self.blobs.iter().map(|(_, file)| file);
        let status = Command::new("sha256sum").args(files).stdout(Stdio::null()).status();
        assert!(status.unwrap().success());
        begin.elapsed()
    }
}

/// Debian's registry, ended with the value.
struct Registry {
    child: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Registry {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        let config = folder.path().join("registry.yml");
        let text = format!(
            "version: 0.1\nlog: {{ level: error }}\nstorage: {{ filesystem: {{ rootdirectory: '{}' }} }}\nhttp: {{ addr: '{address}' }}\n",
            folder.path().join("data").display()
        );
        std::fs::write(&config, text).unwrap();
        let mut command = Command::new("docker-registry");
        command
            .arg("serve")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = command
            .spawn()
            .unwrap_or_else(|_| panic!("install it: apt-get install docker-registry"));
        while TcpStream::connect(&address).is_err() {
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

/// A way to the registry that holds the first bytes of each answer back.
fn delayed(registry: &str, by: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let registry = registry.to_owned();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (client, server) = (client.unwrap(), TcpStream::connect(&registry).unwrap());
            let (mut up, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut up, &mut to);
                let _ = to.shutdown(std::net::Shutdown::Write);
            });
            std::thread::spawn(move || answers(server, client, by));
        }
    });
    address
}

/// Passes answers on, each a little later.
fn answers(mut server: TcpStream, mut client: TcpStream, by: Duration) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = server.read(&mut buffer) {
        std::thread::sleep(by);
        if client.write_all(&buffer[..count]).is_err() {
            return;
        }
    }
    let _ = client.shutdown(std::net::Shutdown::Both);
}

fn report(what: &str, times: &[Vec<Duration>; 3], aims: [f64; 2]) {
    let mut medians = times
        .clone()
        .map(|mut times| (!times.is_empty()).then(|| median(&mut times)));
    let ours = medians[0].take().unwrap();
    row(&format!("{what}: tidegate"), ours, None, None);
    for ((name, install), (theirs, aim)) in [
        ("crane", "go install github.com/google/go-containerregistry/cmd/crane"),
        ("skopeo", "apt-get install skopeo"),
    ]
    .into_iter()
    .zip(medians[1..].iter().zip(aims))
    {
        match theirs {
            Some(theirs) => {
                let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
                row(&format!("  {name}"), *theirs, Some(ratio), Some(aim));
            }
            None => println!("  {name:<42} missing; install it: {install}"),
        }
    }
}

fn row(what: &str, median: Duration, ratio: Option<f64>, aim: Option<f64>) {
    let text =
        |number: Option<f64>, digits: usize| number.map(|number| format!("{number:.digits$}")).unwrap_or_default();
    let milliseconds = 1000.0 * median.as_secs_f64();
    println!(
        "{what:<44} {milliseconds:>7.1} ms {:>7} {:>6}",
        text(ratio, 3),
        text(aim, 2)
    );
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn find(name: &str) -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-tools/bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::iter::once(own).chain(std::env::split_paths(&path).collect::<Vec<_>>());
    folders.find_map(|folder| Some(folder.join(name)).filter(|file| file.is_file()))
}
