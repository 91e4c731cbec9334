//! Makes repositories of a wanted size by `git fast-import`, and keeps them under `target/bench-repositories`.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a repository holds.
#[derive(Clone, Copy)]
pub struct Shape {
    /// How many commits it has.
    pub commits: u64,
    /// How many annotated tags with versions.
    pub tags: u64,
    /// How many folders with a component each; tags go round among them.
    pub components: u64,
    /// How many commits come after the last tag.
    pub since: u64,
}

/// The folder of a repository of that shape, which is made when it is not there yet.
pub fn repository(shape: Shape) -> PathBuf {
    let Shape {
        commits,
        tags,
        components,
        since,
    } = shape;
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-repositories");
    let folder = all.join(format!("{commits}-{tags}-{components}-{since}"));
    if folder.join(".git/made").is_file() {
        return folder;
    }
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    git(&folder, &["init", "--quiet", "--initial-branch=main"]);
    git(&folder, &["config", "user.name", "bench"]);
    git(&folder, &["config", "user.email", "bench@example.com"]);
    let mut import = Command::new("git")
        .args(["fast-import", "--quiet", "--force"])
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stream = BufWriter::new(import.stdin.take().unwrap());
    write(&mut stream, shape).unwrap();
    drop(stream);
    assert!(import.wait().unwrap().success());
    git(&folder, &["pack-refs", "--all"]);
    git(&folder, &["reset", "--quiet", "--hard", "main"]);
    std::fs::write(folder.join(".git/made"), "").unwrap();
    folder
}

fn write(stream: &mut impl Write, shape: Shape) -> std::io::Result<()> {
    let kinds = [
        "feat",
        "fix",
        "docs",
        "chore",
        "fix(core)",
        "refactor",
        "feat(api)",
        "test",
    ];
    let config = config(shape.components);
    // Tags stand at equal distances, the last one before the commits that come since.
    let step = ((shape.commits - shape.since) / shape.tags.max(1)).max(1);
    let first = shape.commits - shape.since - step * shape.tags.saturating_sub(1);
    let mut tagged = 0;
    for number in 1..=shape.commits {
        let message = format!("{}: change number {number}\n", kinds[(number % 8) as usize]);
        let at = 1_500_000_000 + number * 60;
        writeln!(stream, "commit refs/heads/main\nmark :{number}")?;
        writeln!(
            stream,
            "committer bench <bench@example.com> {at} +0000\ndata {}\n{message}",
            message.len()
        )?;
        if number == 1 {
            writeln!(stream, "M 644 inline tidegate.toml\ndata {}\n{config}", config.len())?;
        }
        let content = number.to_string();
        let (part, file) = (number % shape.components, number % 17);
        let path = format!("parts/part-{part}/src/file-{file}");
        writeln!(stream, "M 644 inline {path}\ndata {}\n{content}", content.len())?;
        if number >= first && tagged < shape.tags && (number - first).is_multiple_of(step) {
            let part = tagged % shape.components;
            let round = tagged / shape.components;
            let prefix = if shape.components == 1 {
                "v".to_owned()
            } else {
                format!("part-{part}-v")
            };
            let name = format!("{prefix}1.{}.{}", round / 10, round % 10);
            writeln!(
                stream,
                "tag {name}\nfrom :{number}\ntagger bench <bench@example.com> {at} +0000\ndata 4\nnote"
            )?;
            tagged += 1;
        }
    }
    Ok(())
}

/// The smallest configuration.
fn config(components: u64) -> String {
    let mut text = "[project]\nname = \"bench\"\n".to_owned();
    for part in (0..components).filter(|_| components > 1) {
        text.push_str(&format!(
            "[component.part-{part}]\npaths = [\"parts/part-{part}/**\"]\n"
        ));
    }
    text.push_str("[environment.dev]\ntier = \"development\"\npurpose = \"x\"\ndata = \"mock\"\n");
    text.push_str("trigger = { on = \"commit\" }\naccess = {}\ndeploy = { command = [\"true\"] }\n");
    text
}

fn git(folder: &Path, arguments: &[&str]) {
    let status = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .status()
        .unwrap();
    assert!(status.success(), "git {arguments:?}");
}
