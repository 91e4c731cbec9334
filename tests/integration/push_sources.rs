//! Where `push` takes an image from: archives, a daemon's save stream, another registry; each to the byte.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tidegate::model::digest::Digest;

use crate::common::registry::Registry;
use crate::common::{Sandbox, has};
use crate::push::{DIGEST, blobs, image, repository, sandbox, skopeo};

/// Packs a folder with the system's tar, in the order of the names.
fn pack(folder: &Path, archive: &Path) {
    let run = std::process::Command::new("tar")
        .arg("--create")
        .arg("--file")
        .arg(archive)
        .arg("--directory")
        .arg(folder)
        .args(["--sort=name", "."])
        .status();
    assert!(run.unwrap().success());
}

/// Pushes from a source into a layout folder and gives the document.
fn shelved(sandbox: &Sandbox, source: &str, more: &[&str]) -> Value {
    sandbox.json(0, &[&["push", source, "--to", "oci:shelf"], more].concat())
}

fn refused(sandbox: &Sandbox, source: &Path, expected: &str) {
    let run = sandbox
        .tidegate(&["push", source.to_str().unwrap(), "--to", "oci:shelf"])
        .exits(2);
    let told: String = run.stderr.split_whitespace().filter(|word| *word != "│").collect();
    assert!(told.contains(&expected.replace(' ', "")), "{expected}: {}", run.stderr);
    assert!(!sandbox.work().join("shelf/index.json").exists());
}

#[test]
fn an_archive_of_a_layout_is_read_in_place() {
    let sandbox = sandbox();
    let archive = sandbox.path().join("image.tar");
    pack(&image("1.5.0"), &archive);
    let pushed = shelved(&sandbox, archive.to_str().unwrap(), &[]);
    assert_eq!(pushed["digest"], DIGEST);
    assert_eq!(blobs(&sandbox.work().join("shelf")), blobs(&image("1.5.0")));
    assert_eq!(
        pushed["platforms"],
        json!({
            "linux/amd64": "sha256:9ca9aceb2718f0f3373f15f55f121d088585bac39ebde25ec310ebc4bf522b23",
            "linux/arm64/v8": "sha256:43ed00ed41b1afe052b98eecb967b7ad35f55b98454a28c820d2cdc8b325d2d2",
        })
    );
}

#[test]
fn a_damaged_archive_sends_nothing() {
    let sandbox = sandbox();
    let archive = sandbox.path().join("image.tar");
    pack(&image("1.5.0"), &archive);
    let whole = std::fs::read(&archive).unwrap();
    std::fs::write(&archive, &whole[..whole.len() / 2]).unwrap();
    refused(&sandbox, &archive, "cut off");
    std::fs::write(&archive, b"no archive at all, but text that goes on".repeat(40)).unwrap();
    refused(&sandbox, &archive, "no tar archive");
    std::fs::write(&archive, [0x1f, 0x8b, 8, 0]).unwrap();
    refused(&sandbox, &archive, "gunzip");
    std::fs::write(&archive, b"").unwrap();
    refused(&sandbox, &archive, "no OCI image layout");
    // A layer with another content: found out before its last bytes go.
    let place = whole
        .windows(16)
        .position(|window| window == b"app/\0\0\0\0\0\0\0\0\0\0\0\0");
    let mut other = whole;
    other[place.unwrap()] = b'b';
    std::fs::write(&archive, other).unwrap();
    refused(&sandbox, &archive, "should have sha256:b267ebd0738203");
}

/// A name, a kind, what it links to, and what it holds.
type Entry<'a> = (&'a str, u8, &'a str, &'a [u8]);

/// A tar archive by hand, for names that no tool would write.
fn archive(path: &Path, entries: &[Entry<'_>]) {
    let mut file = std::fs::File::create(path).unwrap();
    for (name, kind, link, content) in entries {
        let mut header = [0_u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[100..107].copy_from_slice(b"0000644");
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[156] = *kind;
        header[157..157 + link.len()].copy_from_slice(link.as_bytes());
        header[257..263].copy_from_slice(b"ustar\0");
        header[263..265].copy_from_slice(b"00");
        header[148..156].copy_from_slice(b"        ");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        file.write_all(&header).unwrap();
        file.write_all(content).unwrap();
        file.write_all(&vec![0; (512 - content.len() % 512) % 512]).unwrap();
    }
    file.write_all(&[0; 1024]).unwrap();
}

#[test]
fn a_hostile_archive_is_refused() {
    let sandbox = sandbox();
    let file = sandbox.path().join("hostile.tar");
    let deep = "a/".repeat(40) + "b";
    let table: [(&[Entry<'_>], &str); 6] = [
        (&[("../../etc/passwd", b'0', "", b"x")], "leads out of it"),
        (&[("/etc/passwd", b'0', "", b"x")], "leads out of it"),
        (&[("blobs/link", b'2', "../../outside", b"")], "leads out of it"),
        (&[("link", b'1', "/etc/passwd", b"")], "leads out of it"),
        (&[(&deep, b'0', "", b"x")], "folders more than 32 deep"),
        (&[("manifest.json", b'2', "manifest.json", b"")], "no OCI image layout"),
    ];
    for (entries, expected) in table {
        archive(&file, entries);
        refused(&sandbox, &file, expected);
    }
    // A thousand levels, in a record of the format that holds long names.
    let long = "d/".repeat(1000) + "f\0";
    archive(
        &file,
        &[("././@LongLink", b'L', "", long.as_bytes()), ("short", b'0', "", b"x")],
    );
    refused(&sandbox, &file, "folders more than 32 deep");
    let huge = vec![b'n'; 100 * 1024];
    archive(&file, &[("././@LongLink", b'L', "", &huge), ("short", b'0', "", b"x")]);
    refused(&sandbox, &file, "a name of 102400 bytes");
}

/// A layout with one index entry.
fn layout(folder: &Path, entry: &Value, files: &[&[u8]]) {
    std::fs::create_dir_all(folder.join("blobs/sha256")).unwrap();
    std::fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    let index = json!({ "schemaVersion": 2, "manifests": [entry] });
    std::fs::write(folder.join("index.json"), index.to_string()).unwrap();
    for content in files {
        let name = Digest::of(content).hex().to_owned();
        std::fs::write(folder.join("blobs/sha256").join(name), content).unwrap();
    }
}

#[test]
fn a_layout_that_lies_is_refused() {
    let sandbox = sandbox();
    let kind = "application/vnd.oci.image.manifest.v1+json";
    let manifest = br#"{"schemaVersion":2,"config":{"mediaType":"a/b","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}"#;
    let digest = Digest::of(manifest);
    let entry = |size: u64| json!({ "mediaType": kind, "digest": digest, "size": size });
    let right = manifest.len() as u64;
    let at = |name: &str| sandbox.path().join(name);
    layout(&at("right"), &entry(right), &[manifest, b"{}"]);
    shelved(&sandbox, at("right").to_str().unwrap(), &[]);
    std::fs::remove_dir_all(sandbox.work().join("shelf")).unwrap();

    layout(&at("size"), &entry(right + 1), &[manifest, b"{}"]);
    refused(&sandbox, &at("size"), "bytes; it has");
    layout(&at("blob"), &entry(right), &[manifest]);
    refused(&sandbox, &at("blob"), "it is missing");
    let other = json!({ "mediaType": kind, "digest": Digest::of(b"{}"), "size": 2 });
    layout(&at("empty"), &other, &[b"{}"]);
    refused(&sandbox, &at("empty"), "no image manifest");
    layout(&at("digest"), &entry(right), &[b"{}"]);
    let changed = [b" ", &manifest[..manifest.len() - 1]].concat();
    std::fs::write(at("digest").join("blobs/sha256").join(digest.hex()), changed).unwrap();
    refused(&sandbox, &at("digest"), "and has sha256:");
    // A manifest of 100 MB is not even read.
    let huge = 100_000_000;
    layout(&at("huge"), &entry(huge), &[b"{}"]);
    let file = std::fs::File::create(at("huge").join("blobs/sha256").join(digest.hex())).unwrap();
    file.set_len(huge).unwrap();
    refused(&sandbox, &at("huge"), "a manifest of 100000000 bytes is none");
    // What a manifest holds beside what is read must be JSON as well.
    for (name, content) in [
        ("list", &b"[null,null,[],null,null,null]"[..]),
        ("bytes", &b"{\"schemaVersion\":2,\"layers\":[],\"x\":\"\xff\"}"[..]),
    ] {
        let entry = json!({ "mediaType": kind, "digest": Digest::of(content), "size": content.len() });
        layout(&at(name), &entry, &[content]);
        refused(&sandbox, &at(name), "no image manifest");
    }
    let escape = json!({ "mediaType": kind, "digest": "sha256:../../../../etc/passwd", "size": 2 });
    layout(&at("escape"), &escape, &[]);
    sandbox
        .tidegate(&["push", at("escape").to_str().unwrap(), "--to", "oci:shelf"])
        .exits(2);
}

/// Saves the fixture's amd64 image as docker did before it wrote layouts.
fn docker_archive(sandbox: &Sandbox, name: &str, tag: &str) -> PathBuf {
    let archive = sandbox.path().join(name);
    let from = format!("oci:{}:1.5.0", image("1.5.0").display());
    let to = format!("docker-archive:{}:{tag}", archive.display());
    skopeo(sandbox, &["--override-arch", "amd64", "copy", &from, &to]).exits(0);
    archive
}

#[test]
fn an_archive_of_dockers_goes_up_as_it_is() {
    if !has("skopeo", "apt-get install skopeo") {
        return;
    }
    let sandbox = sandbox();
    let archive = docker_archive(&sandbox, "saved.tar", "demo/app:1.5.0");
    let pushed = shelved(&sandbox, archive.to_str().unwrap(), &[]);
    assert_eq!(
        pushed["platforms"].as_object().unwrap().keys().collect::<Vec<_>>(),
        ["linux/amd64"]
    );
    // The layer and the configuration of the layout, to the byte; only the manifest is new.
    let there = blobs(&sandbox.work().join("shelf"));
    for part in [
        "b267ebd0738203aed2784bab641beeb342c311ea87bfeaceb40d4c87d0bc0a61",
        "6531a2bcecfcef9d513760d1d35991b51079124ece89cb6b30190b129bdc9c97",
    ] {
        assert!(there.contains_key(part), "{part}: {there:?}");
    }
    // Another client finds an image that it can run.
    let shelf = format!("oci:{}:0.1.0", sandbox.work().join("shelf").display());
    let config = skopeo(&sandbox, &["inspect", "--config", &shelf]).exits(0).stdout;
    assert!(config.contains("\"architecture\": \"amd64\""), "{config}");
    // The same archive is the same image every time, also by its tag.
    for source in [archive.display().to_string(), format!("{}:1.5.0", archive.display())] {
        assert_eq!(shelved(&sandbox, &source, &[])["pushed"], false);
    }
    let none = format!("{}:2.0.0", archive.display());
    assert!(
        sandbox
            .tidegate(&["push", &none, "--to", "oci:x"])
            .exits(2)
            .stderr
            .contains("1.5.0")
    );
    // Where both descriptions are there, the layout's counts.
    let both = sandbox.path().join("both");
    std::fs::create_dir(&both).unwrap();
    let unpack = std::process::Command::new("tar")
        .arg("-xf")
        .arg(&archive)
        .arg("-C")
        .arg(&both)
        .status();
    assert!(unpack.unwrap().success());
    crate::push::copy(&image("1.5.0"), &both);
    pack(&both, &sandbox.path().join("both.tar"));
    sandbox.git(&["tag", "v0.2.0"]);
    let document = sandbox.json(0, &["push", "../both.tar", "--to", "oci:other"]);
    assert_eq!(document["digest"], DIGEST);
}

#[test]
fn a_daemon_saves_what_is_pushed() {
    if !has("skopeo", "apt-get install skopeo") {
        return;
    }
    let mut sandbox = sandbox();
    let archive = docker_archive(&sandbox, "saved.tar", "demo/app:1.5.0");
    let expected = sandbox.json(0, &["push", archive.to_str().unwrap(), "--to", "oci:one"])["digest"].clone();
    // No daemon runs here: a program of docker's name answers with what a daemon had saved.
    let programs = sandbox.path().join("programs");
    std::fs::create_dir(&programs).unwrap();
    let script = format!(
        "#!/bin/sh\n[ \"$*\" = 'image save demo/app:1.5.0' ] && exec cat '{}'\necho 'No such image' >&2\nexit 1\n",
        archive.display()
    );
    let program = programs.join("docker");
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    sandbox
        .variables
        .insert("PATH".to_owned(), format!("{}:{path}", programs.display()));
    let pushed = shelved(&sandbox, "docker://demo/app:1.5.0", &[]);
    assert_eq!(pushed["digest"], expected);
    let none = sandbox
        .tidegate(&["push", "docker://demo/none", "--to", "oci:x"])
        .exits(2);
    assert!(none.stderr.contains("No such image"), "{}", none.stderr);
    sandbox.tidegate(&["push", "docker://--help", "--to", "oci:x"]).exits(2);
}

#[test]
fn one_platform_of_an_image_can_be_pushed() {
    let sandbox = sandbox();
    let arm = "sha256:43ed00ed41b1afe052b98eecb967b7ad35f55b98454a28c820d2cdc8b325d2d2";
    for platform in ["linux/arm64", "linux/arm64/v8"] {
        let pushed = shelved(&sandbox, "image", &["--platform", platform]);
        assert_eq!(pushed["digest"], arm);
        assert_eq!(pushed["platforms"], json!({ "linux/arm64/v8": arm }));
    }
    assert_eq!(blobs(&sandbox.work().join("shelf")).len(), 3);
    let none = sandbox
        .tidegate(&["push", "--platform", "windows/amd64", "--to", "oci:x"])
        .exits(2);
    assert!(none.stderr.contains("linux/amd64, linux/arm64/v8"), "{}", none.stderr);
    // The other platform's parts need not even be there.
    let amd = "blobs/sha256/9ca9aceb2718f0f3373f15f55f121d088585bac39ebde25ec310ebc4bf522b23";
    std::fs::remove_file(sandbox.work().join("image").join(amd)).unwrap();
    assert_eq!(
        shelved(&sandbox, "image", &["--platform", "linux/arm64"])["pushed"],
        false
    );
    let whole = sandbox.tidegate(&["push", "--to", "oci:y"]).exits(2);
    assert!(whole.stderr.contains("--platform"), "{}", whole.stderr);
}

#[test]
fn an_image_goes_from_registry_to_registries_by_its_digest() {
    if !Registry::available() {
        return;
    }
    let sandbox = sandbox();
    let from = Registry::start(&sandbox.path().join("from"));
    let to = [0, 1].map(|number| Registry::start(&sandbox.path().join(format!("to-{number}"))));
    let origin = repository(&from);
    sandbox.tidegate(&["push", "--to", &origin]).exits(0);

    let source = format!("{origin}@{DIGEST}");
    let [one, two] = to.each_ref().map(repository);
    let copied = sandbox.json(0, &["push", &source, "--to", &one, &two, "--tag", "copy"]);
    assert_eq!(
        (&copied["digest"], &copied["blobs_uploaded"]),
        (&json!(DIGEST), &json!(6))
    );
    assert_eq!(copied["repositories"].as_array().unwrap().len(), 2);
    for repository in [&one, &two] {
        for tag in ["0.1.0", "copy"] {
            let there = format!("docker://{repository}:{tag}");
            let back = format!("oci:{}:back", sandbox.path().join("back").display());
            let digest = ["inspect", "--tls-verify=false", "--format", "{{.Digest}}", &there];
            assert_eq!(skopeo(&sandbox, &digest).exits(0).stdout.trim(), DIGEST);
            let copy = [
                "copy",
                "--all",
                "--preserve-digests",
                "--src-tls-verify=false",
                &there,
                &back,
            ];
            skopeo(&sandbox, &copy).exits(0);
        }
    }
    assert_eq!(blobs(&sandbox.path().join("back")), blobs(&image("1.5.0")));
    let again = sandbox.json(0, &["push", &source, "--to", &one, &two, "--tag", "copy"]);
    assert_eq!((&again["pushed"], &again["blobs_uploaded"]), (&json!(false), &json!(0)));

    // Another repository of the same registry mounts the blobs; another tag moves nothing.
    let other = format!("{}/other/app", from.address);
    let mounted = sandbox.json(0, &["push", &source, "--to", &other]);
    assert_eq!(
        (
            &mounted["blobs_mounted"],
            &mounted["blobs_uploaded"],
            &mounted["bytes_uploaded"]
        ),
        (&json!(3), &json!(0), &json!(0))
    );
    let retagged = sandbox.json(0, &["push", &source, "--to", &origin, "--tag", "stable"]);
    assert_eq!(
        (&retagged["pushed"], &retagged["bytes_uploaded"]),
        (&json!(true), &json!(0))
    );
    let gone = format!("{origin}@sha256:{}", "0".repeat(64));
    sandbox.tidegate(&["push", &gone, "--to", &one]).exits(2);
    let by_tag = format!("{origin}:stable");
    assert_eq!(sandbox.json(0, &["push", &by_tag, "--to", &one])["digest"], DIGEST);
}

#[test]
fn a_login_is_for_the_registry_that_is_pushed_to() {
    if !Registry::available() {
        return;
    }
    let mut sandbox = sandbox();
    let from = Registry::start(&sandbox.path().join("from"));
    let origin = repository(&from);
    sandbox.tidegate(&["push", "--to", &origin]).exits(0);
    let (listener, url) = crate::common::wire::listen();
    let heard = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let (kept, there) = (heard.clone(), format!("http://{}", from.address));
    crate::common::wire::serve(listener, move |request| {
        kept.lock().unwrap().push_str(&String::from_utf8_lossy(request));
        crate::common::wire::pass(&there, request)
    });
    let to = Registry::with_login(&sandbox.path().join("to"), "ci", "s3cret");
    for (name, value) in [("USERNAME", "ci"), ("PASSWORD", "s3cret")] {
        let name = format!("TIDEGATE_REGISTRY_{name}");
        sandbox.variables.insert(name, value.to_owned());
    }
    let source = format!("{}/demo/app@{DIGEST}", url.trim_start_matches("http://"));
    let to = repository(&to);
    sandbox.tidegate(&["push", &source, "--to", &to]).exits(0);
    let heard = heard.lock().unwrap().to_ascii_lowercase();
    assert!(
        heard.contains("get /v2/demo/app/blobs/") && !heard.contains("authorization"),
        "{heard}"
    );
}

#[test]
fn blobs_are_mounted_from_a_repository_that_has_them() {
    if !Registry::available() {
        return;
    }
    let sandbox = sandbox();
    let registry = Registry::start(&sandbox.path().join("registry"));
    let [base, app] = ["base/image", "demo/app"].map(|path| format!("{}/{path}", registry.address));
    sandbox.tidegate(&["push", "--to", &base]).exits(0);
    let plan = sandbox.json(0, &["push", "--to", &app, "--mount-from", &base, "--dry-run"]);
    let blobs = plan["repositories"][0]["blobs"].as_array().unwrap();
    let states: Vec<_> = blobs.iter().map(|blob| (&blob["state"], &blob["from"])).collect();
    assert_eq!(states, vec![(&json!("mounted"), &json!("base/image")); 3]);
    let pushed = sandbox.json(0, &["push", "--to", &app, "--mount-from", &base]);
    assert_eq!(
        (&pushed["blobs_mounted"], &pushed["bytes_uploaded"]),
        (&json!(3), &json!(0))
    );
    // A repository that is not there, or elsewhere, does no harm.
    let other = format!("{}/demo/other", registry.address);
    let nowhere = format!("{}/no/where", registry.address);
    let pushed = sandbox.json(
        0,
        &[
            "push",
            "--to",
            &other,
            "--mount-from",
            &nowhere,
            "--mount-from",
            "registry.example.com/a/b",
        ],
    );
    assert_eq!(
        (&pushed["blobs_mounted"], &pushed["blobs_uploaded"]),
        (&json!(0), &json!(3))
    );
}

#[test]
fn an_image_of_many_platforms_that_buildah_made_goes_up_whole() {
    if !Registry::available() || !has("buildah", "apt-get install buildah") {
        return;
    }
    let sandbox = sandbox();
    let registry = Registry::start(&sandbox.path().join("registry"));
    let to = repository(&registry);
    let folder = sandbox.path().join("build");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("Containerfile"), "FROM scratch\nCOPY app /app\nLABEL a=b\n").unwrap();
    std::fs::write(folder.join("app"), "run\n").unwrap();
    let buildah = |arguments: &[&str]| {
        let mut command = sandbox.command("buildah", &folder);
        command.args(["--root", "storage", "--runroot", "run", "--storage-driver", "vfs"]);
        crate::common::Run::of(command.args(arguments).output().unwrap()).exits(0)
    };
    let platforms = "linux/amd64,linux/arm64";
    buildah(&[
        "build",
        "--isolation",
        "chroot",
        "--manifest",
        "many",
        "--platform",
        platforms,
        ".",
    ]);
    let archive = folder.join("many.tar").display().to_string();
    buildah(&["manifest", "push", "--all", "many", &format!("oci-archive:{archive}:1")]);

    let pushed = sandbox.json(0, &["push", &archive, "--to", &to]);
    let keys: Vec<&String> = pushed["platforms"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["linux/amd64", "linux/arm64"]);
    let there = format!("docker://{to}:0.1.0");
    let raw = skopeo(&sandbox, &["inspect", "--raw", "--tls-verify=false", &there])
        .exits(0)
        .stdout;
    assert_eq!(Digest::of(raw.as_bytes()).as_str(), pushed["digest"]);
    let copy = format!("oci:{}:1", sandbox.path().join("copy").display());
    skopeo(&sandbox, &["copy", "--all", "--src-tls-verify=false", &there, &copy]).exits(0);
    // What docker and podman saved before layouts were known.
    for format in ["docker-archive", "oci-archive"] {
        let file = folder.join(format).display().to_string();
        sandbox.git(&["commit", "--quiet", "--allow-empty", "-m", "fix: x"]);
        sandbox.tidegate(&["tag"]).exits(0);
        buildah(&["build", "--isolation", "chroot", "--tag", "one", "."]);
        buildah(&["push", "one", &format!("{format}:{file}:one:1")]);
        let pushed = sandbox.json(0, &["push", &file, "--to", &to]);
        let there = format!("docker://{to}@{}", pushed["digest"].as_str().unwrap());
        skopeo(&sandbox, &["inspect", "--tls-verify=false", &there]).exits(0);
    }
}

/// An archive as docker wrote it, of layers that are what they are.
fn saved(path: &Path, layers: &[(&str, &[u8])], diff_ids: &Value) {
    let config =
        json!({ "architecture": "amd64", "os": "linux", "rootfs": { "type": "layers", "diff_ids": diff_ids } });
    let config = config.to_string();
    let names: Vec<&str> = layers.iter().map(|(name, _)| *name).collect();
    let names = if names.is_empty() { Value::Null } else { json!(names) };
    let manifest = json!([{ "Config": "config.json", "RepoTags": ["localhost/demo:1"], "Layers": names }]).to_string();
    let mut entries: Vec<Entry<'_>> = vec![
        ("manifest.json", b'0', "", manifest.as_bytes()),
        ("config.json", b'0', "", config.as_bytes()),
    ];
    entries.extend(layers.iter().map(|(name, content)| (*name, b'0', "", *content)));
    archive(path, &entries);
}

#[test]
fn an_archive_of_dockers_is_what_its_configuration_says() {
    let sandbox = sandbox();
    let file = sandbox.path().join("saved.tar");
    let layer = vec![b'l'; 3000];
    let diff_ids = json!([Digest::of(&layer)]);
    saved(&file, &[("layer.tar", &layer)], &diff_ids);
    shelved(&sandbox, file.to_str().unwrap(), &[]);
    // By the tag that the help names as well.
    shelved(&sandbox, &format!("{}:localhost/demo:1", file.display()), &[]);
    std::fs::remove_dir_all(sandbox.work().join("shelf")).unwrap();
    saved(&file, &[("layer.tar", &layer[..1000])], &diff_ids);
    refused(&sandbox, &file, "should have sha256:");
    sandbox.git(&["tag", "v0.2.0"]);
    saved(&file, &[], &Value::Null);
    shelved(&sandbox, file.to_str().unwrap(), &[]);
}

#[test]
fn a_layout_folder_is_looked_at_blob_by_blob() {
    let sandbox = sandbox();
    shelved(&sandbox, "image", &[]);
    let shelf = sandbox.work().join("shelf");
    let layer = shelf.join("blobs/sha256/b267ebd0738203aed2784bab641beeb342c311ea87bfeaceb40d4c87d0bc0a61");
    for spoil in [
        |file: &Path| std::fs::remove_file(file).unwrap(),
        |file: &Path| std::fs::write(file, "").unwrap(),
    ] {
        spoil(&layer);
        let mended = shelved(&sandbox, "image", &[]);
        assert_eq!(
            (&mended["pushed"], &mended["blobs_uploaded"]),
            (&json!(true), &json!(1))
        );
        assert_eq!(blobs(&shelf), blobs(&image("1.5.0")));
    }
}

#[test]
fn what_is_wrong_with_another_image_does_no_harm() {
    let sandbox = sandbox();
    let file = sandbox.work().join("image/index.json");
    let mut index: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let entries = index["manifests"].as_array_mut().unwrap();
    let kind = entries[0]["mediaType"].clone();
    entries.push(json!({ "mediaType": kind, "digest": format!("sha256:{}", "0".repeat(64)), "size": 7 }));
    std::fs::write(&file, index.to_string()).unwrap();
    assert_eq!(shelved(&sandbox, "image:1.5.0", &[])["digest"], DIGEST);
}

#[test]
fn a_platform_that_two_images_are_for_is_chosen_by_nobody() {
    let sandbox = sandbox();
    let kind = "application/vnd.oci.image.manifest.v1+json";
    let manifest = |number: u8| format!(r#"{{"schemaVersion":2,"layers":[],"annotations":{{"n":"{number}"}}}}"#);
    let (one, two) = (manifest(1), manifest(2));
    let entry = |text: &str| {
        let platform = json!({ "os": "windows", "architecture": "amd64" });
        json!({ "mediaType": kind, "digest": Digest::of(text.as_bytes()), "size": text.len(), "platform": platform })
    };
    let index = json!({ "schemaVersion": 2, "manifests": [entry(&one), entry(&two)] }).to_string();
    let folder = sandbox.path().join("windows");
    let root = json!({ "mediaType": "application/vnd.oci.image.index.v1+json",
        "digest": Digest::of(index.as_bytes()), "size": index.len() });
    layout(&folder, &root, &[one.as_bytes(), two.as_bytes(), index.as_bytes()]);
    let source = folder.display().to_string();
    let run = sandbox
        .tidegate(&["push", &source, "--platform", "windows/amd64", "--to", "oci:x"])
        .exits(2);
    assert!(run.stderr.contains("many images"), "{}", run.stderr);
}

#[test]
fn sizes_that_lie_and_answers_without_end_are_refused() {
    let sandbox = sandbox();
    let kind = "application/vnd.oci.image.layer.v1.tar";
    let part = |number: u8, size: u64| json!({ "mediaType": kind, "digest": Digest::of(&[number]), "size": size });
    let serve = |manifest: Value| {
        let (listener, url) = crate::common::wire::listen();
        crate::common::wire::serve(listener, move |request| {
            let text = String::from_utf8_lossy(request);
            let body = match text.contains("/manifests/") {
                true => manifest.to_string().into_bytes(),
                // A configuration of two bytes that does not end.
                false => vec![b' '; 300 << 20],
            };
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            Some([head.into_bytes(), body].concat())
        });
        format!("{}/demo/app:1", url.trim_start_matches("http://"))
    };
    let huge = serve(json!({ "schemaVersion": 2, "layers": [part(1, u64::MAX), part(2, u64::MAX)] }));
    let error = sandbox.json(2, &["push", &huge, "--to", "oci:shelf"]);
    assert!(
        error["message"].as_str().unwrap().contains("its parts have more"),
        "{error}"
    );
    let config =
        json!({ "mediaType": "application/vnd.oci.image.config.v1+json", "digest": Digest::of(b"{}"), "size": 2 });
    let endless = serve(json!({ "schemaVersion": 2, "config": config, "layers": [] }));
    sandbox.tidegate(&["push", &endless, "--to", "oci:shelf"]).exits(2);
    assert!(!sandbox.work().join("shelf/index.json").exists());
}
