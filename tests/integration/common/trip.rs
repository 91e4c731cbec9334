//! Tripwires: places that a run passes, at any of which it can be killed from outside.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Run, Sandbox, found};

/// Counts how often it is called and, at the call whose number stands in `at`, kills the process in `pid`.
const TRIP: &str = r#"#!/bin/sh
cd "$TRIP" || exit 0
until mkdir counting 2>/dev/null; do sleep 0.01; done
count=$(($(cat count 2>/dev/null || echo 0) + 1))
echo "$count" > count
rmdir counting 2>/dev/null
[ "$count" = "$(cat at 2>/dev/null)" ] || exit 0
while [ ! -s pid ]; do sleep 0.01; done
kill -9 "$(cat pid)"
exit 1
"#;

/// A script that hooks and servers call, and the folder it counts in.
#[derive(Clone)]
pub struct Trip(PathBuf);

impl Trip {
    /// Makes the script; what runs in the sandbox finds its folder in `TRIP`.
    pub fn new(sandbox: &mut Sandbox) -> Self {
        let folder = sandbox.path().join("trip");
        std::fs::create_dir(&folder).unwrap();
        Self::write(&folder);
        sandbox
            .variables
            .insert("TRIP".to_owned(), folder.display().to_string());
        Self(folder)
    }

    /// Writes the script into a folder.
    pub fn write(folder: &Path) {
        std::fs::write(folder.join("trip.sh"), TRIP).unwrap();
    }

    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// Two wires at each push to the origin: before and after its refs are moved.
    pub fn wire_origin(&self, sandbox: &Sandbox) {
        for (hook, script) in [
            ("pre-receive", "cat > /dev/null\nexec sh \"$TRIP/trip.sh\"\n"),
            ("post-receive", "cat > /dev/null\nsh \"$TRIP/trip.sh\" || true\n"),
        ] {
            program(&sandbox.path().join("origin.git/hooks").join(hook), script);
        }
    }

    /// A wire before each call of git that tidegate makes, and after each push.
    pub fn wire_git(&self, sandbox: &mut Sandbox) {
        let folder = sandbox.path().join("programs");
        let git = found("git").unwrap();
        let script = format!(
            "sh \"$TRIP/trip.sh\" || exit 1\n'{}' \"$@\"\nended=$?\n\
             case \" $* \" in *' push '*) sh \"$TRIP/trip.sh\" ;; esac\nexit $ended\n",
            git.display()
        );
        program(&folder.join("git"), &script);
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
        sandbox.variables.insert("PATH".to_owned(), path);
    }

    /// Runs a command that is killed at the wire of that number; at none when it is 0.
    pub fn kill(&self, mut command: Command, at: usize) -> Run {
        for name in ["count", "pid"] {
            let _ = std::fs::remove_file(self.0.join(name));
        }
        let _ = std::fs::remove_dir(self.0.join("counting"));
        std::fs::write(self.0.join("at"), at.to_string()).unwrap();
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Written whole before it is read: the tripwire waits for a file that is not empty.
        std::fs::write(self.0.join("pid"), child.id().to_string()).unwrap();
        Run::of(child.wait_with_output().unwrap())
    }

    /// Passes a wire from here instead of from a hook.
    pub fn pass(&self) {
        let script = self.0.join("trip.sh");
        Command::new("sh").arg(script).env("TRIP", &self.0).status().unwrap();
    }

    /// Does the same for each wire, some at a time: servers take their time to start.
    pub fn at_each(wires: usize, kill: impl Fn(usize) + Sync) {
        let next = AtomicUsize::new(1);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while let Some(wire) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|wire| *wire <= wires) {
                        kill(wire);
                    }
                });
            }
        });
    }

    /// How many wires the last run passed.
    pub fn wires(&self) -> usize {
        let count = std::fs::read_to_string(self.0.join("count")).unwrap();
        count.trim().parse().unwrap()
    }
}

fn program(file: &Path, script: &str) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, format!("#!/bin/sh\n{script}")).unwrap();
    let mut permissions = std::fs::metadata(file).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
    std::fs::set_permissions(file, permissions).unwrap();
}
