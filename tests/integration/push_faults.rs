//! `push` through everything that can go wrong on its way to a registry: a table of faults and requests.

mod desk;
mod storms;
mod tags;

use std::time::Duration;

use desk::{Desk, Ends, Row};

use crate::common::faults::{Act, Fault, Kind, Reply};
use crate::common::registry::Registry;

/// The answers to manifests that do not say what was stored.
const UNNAMED: Act = Act::Without(&["location", "docker-content-digest"]);
/// A registry, or a proxy before it, that takes blobs in chunks only.
const CHUNKS_ONLY: Fault = Fault::always(Kind::PutBlob, Act::AnswerBody(Reply::status(413)));
const UNKNOWN_BLOB: &str = r#"{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown to registry","detail":{"digest":"sha256:b267ebd0738203aed2784bab641beeb342c311ea87bfeaceb40d4c87d0bc0a61"}}]}"#;
const UNKNOWN_UPLOAD: Act = Act::Answer(Reply::error(
    404,
    r#"{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN","message":"blob upload unknown to registry"}]}"#,
));
/// A token server that gives everybody the same for a while, as one does that counts in seconds.
const SAME_TOKEN: Act = Act::Answer(Reply::error(200, r#"{"token":"same"}"#));

/// What a client can do nothing about but try again.
const PASSING: [(&str, Act); 8] = [
    ("408", Act::Answer(Reply::status(408))),
    (
        "429 with Retry-After: 0",
        Act::Answer(Reply {
            status: 429,
            headers: "Retry-After: 0\r\n",
            body: r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}"#,
        }),
    ),
    ("500", Act::Answer(Reply::status(500))),
    ("503", Act::Answer(Reply::status(503))),
    ("reset", Act::Reset),
    ("answer cut in its head", Act::CutHead),
    ("502 for what was done", Act::Lie(Reply::status(502))),
    ("401", Act::Expire),
];

/// The requests that a push makes, with what must be so that it makes them.
const ASKED: [(&str, Kind, &[Fault]); 13] = [
    ("HEAD tag", Kind::HeadTag, &[]),
    ("HEAD manifest", Kind::HeadManifest, &[]),
    ("HEAD blob", Kind::HeadBlob, &[]),
    ("POST upload", Kind::BeginUpload, &[]),
    ("PUT blob", Kind::PutBlob, &[]),
    ("PUT manifest", Kind::PutManifest, &[]),
    ("PUT tag", Kind::PutTag, &[]),
    (
        "GET manifest",
        Kind::GetManifest,
        &[Fault::always(Kind::PutManifest, UNNAMED)],
    ),
    ("GET token", Kind::Token, &[]),
    ("POST mount", Kind::Mount, &[]),
    ("GET tags", Kind::ListTags, &[]),
    ("GET referrers", Kind::Referrers, &[]),
    ("GET blob", Kind::GetBlob, &[]),
];

/// A row for one request of a kind.
fn once(what: &str, request: &str, fault: Fault, more: &[Fault]) -> Row {
    let name = format!("{what} on {request}, once");
    let row = Row::new(name, &[&[fault], more].concat(), Ends::Well);
    row.with_tokens(fault.on == Kind::Token)
}

/// A row for all requests of a kind.
fn always(what: &str, request: &str, on: Kind, act: Act, more: &[Fault]) -> Row {
    let name = format!("{what} on {request}, always");
    let row = Row::new(name, &[&[Fault::always(on, act)], more].concat(), Ends::Failing);
    row.with_tokens(on == Kind::Token)
}

/// Every fault with every request that it can strike.
fn table() -> impl Iterator<Item = (&'static str, Act, &'static str, Kind, &'static [Fault])> {
    let pairs = PASSING.into_iter().flat_map(|fault| ASKED.map(|asked| (fault, asked)));
    let all = pairs.map(|((what, act), (request, kind, more))| (what, act, request, kind, more));
    // A token server that wants a token would be another fault, and the proxy itself gives the tokens.
    all.filter(|(_, act, _, kind, _)| *kind != Kind::Token || !matches!(act, Act::Expire | Act::Lie(_)))
}

#[test]
fn a_fault_that_passes_leaves_no_trace() {
    if !Registry::available() {
        return;
    }
    let mut rows: Vec<Row> = table()
        .map(|(what, act, request, kind, more)| once(what, request, Fault::first(1, kind, act), more))
        .collect();
    let soon = Act::Answer(Reply {
        status: 429,
        headers: "Retry-After: 1\r\n",
        body: "",
    });
    let later = Act::Answer(Reply::status(503));
    let reset = Act::ResetInBody;
    rows.extend([
        once(
            "429 with Retry-After: 1",
            "PUT blob",
            Fault::first(1, Kind::PutBlob, soon),
            &[],
        ),
        once("503", "the second HEAD tag", Fault::nth(2, Kind::HeadTag, later), &[]),
        once(
            "503",
            "the third PUT manifest",
            Fault::nth(3, Kind::PutManifest, later),
            &[],
        ),
        once(
            "503",
            "three POST uploads",
            Fault::first(3, Kind::BeginUpload, later),
            &[],
        ),
        once(
            "401",
            "three PUT blobs",
            Fault::first(3, Kind::PutBlob, Act::Expire),
            &[],
        ),
        once(
            "401 with one token for all",
            "three PUT blobs",
            Fault::first(3, Kind::PutBlob, Act::Expire),
            &[Fault::always(Kind::Token, SAME_TOKEN)],
        ),
        once(
            "cut body",
            "GET manifest",
            Fault::first(1, Kind::GetManifest, Act::CutBody),
            &[Fault::always(Kind::PutManifest, UNNAMED)],
        ),
        once(
            "cut body",
            "GET blob",
            Fault::first(1, Kind::GetBlob, Act::CutBody),
            &[],
        ),
        once("cut body", "GET token", Fault::first(1, Kind::Token, Act::CutBody), &[]),
        once(
            "reset after a byte",
            "PUT blob",
            Fault::first(1, Kind::PutBlob, reset(1)),
            &[],
        ),
        once(
            "reset after 1 MiB",
            "PUT blob",
            Fault::first(1, Kind::PutBlob, reset(1 << 20)),
            &[],
        )
        .big(),
        once(
            "reset before the last byte",
            "PUT blob",
            Fault::first(1, Kind::PutBlob, reset((3 << 20) - 1)),
            &[],
        )
        .big(),
        once(
            "reset in the body",
            "PUT manifest",
            Fault::first(1, Kind::PutManifest, reset(10)),
            &[],
        ),
        once(
            "reset in the body",
            "PUT tag",
            Fault::first(1, Kind::PutTag, reset(10)),
            &[],
        ),
    ]);
    Desk::new().try_all(&rows);
}

#[test]
fn a_fault_that_stays_is_told_and_the_next_run_does_what_is_left() {
    if !Registry::available() {
        return;
    }
    let mut rows: Vec<Row> = table()
        .map(|(what, act, request, kind, more)| always(what, request, kind, act, more))
        .collect();
    // What may not be looked at with HEAD is read, or uploaded; tags that may not be listed are git's, and what is attached
    // is found by its tag. Without leave for the rest nothing can be done.
    let others = ASKED.into_iter().filter(|(_, kind, _)| {
        let known = [
            Kind::HeadTag,
            Kind::HeadManifest,
            Kind::HeadBlob,
            Kind::ListTags,
            Kind::Referrers,
        ];
        !known.contains(kind)
    });
    let forbidden = Act::Answer(Reply::error(403, r#"{"errors":[{"code":"DENIED","message":"no"}]}"#));
    rows.extend(others.map(|(request, kind, more)| always("403", request, kind, forbidden, more)));
    let cut = Act::CutBody;
    let unnamed = [Fault::always(Kind::PutManifest, UNNAMED)];
    rows.extend([
        always("cut body", "GET manifest", Kind::GetManifest, cut, &unnamed),
        always("cut body", "GET blob", Kind::GetBlob, cut, &[]),
        always("cut body", "GET token", Kind::Token, cut, &[]),
        always(
            "reset after 1 MiB",
            "PUT blob",
            Kind::PutBlob,
            Act::ResetInBody(1 << 20),
            &[],
        )
        .big(),
        always(
            "reset in the body",
            "PUT manifest",
            Kind::PutManifest,
            Act::ResetInBody(10),
            &[],
        ),
        always("reset in the body", "PUT tag", Kind::PutTag, Act::ResetInBody(10), &[]),
    ]);
    Desk::new().try_all(&rows);
}

#[test]
fn what_is_odd_does_no_harm() {
    if !Registry::available() {
        return;
    }
    let forbidden = Act::Answer(Reply::status(403));
    let there = Act::Answer(Reply::status(200));
    let wait = Act::Wait(Duration::from_millis(50));
    let warning = Ends::Warning("does not let this login ask for blobs");
    let mut rows = vec![
        Row::new(
            "403 on HEAD blob, once",
            &[Fault::first(1, Kind::HeadBlob, forbidden)],
            warning,
        ),
        Row::new(
            "403 on HEAD blob, always",
            &[Fault::always(Kind::HeadBlob, forbidden)],
            warning,
        ),
        Row::new(
            "403 on HEAD tag, always",
            &[Fault::always(Kind::HeadTag, forbidden)],
            Ends::Well,
        ),
        Row::new(
            "403 on HEAD manifest, always",
            &[Fault::always(Kind::HeadManifest, forbidden)],
            Ends::Well,
        ),
        Row::new(
            "403 on GET tags, always",
            &[Fault::always(Kind::ListTags, forbidden)],
            Ends::Well,
        ),
        Row::new(
            "403 on GET referrers, always",
            &[Fault::always(Kind::Referrers, forbidden)],
            Ends::Well,
        ),
        Row::new(
            "a HEAD blob that says 200 for what is not there",
            &[Fault::always(Kind::HeadBlob, there)],
            Ends::Well,
        ),
    ];
    for (what, range) in [("stale", "0-7"), ("wrong", "0-99999999"), ("no", "-")] {
        let act = Act::With("Range", range);
        let faults = [Fault::always(Kind::BeginUpload, act)];
        rows.push(Row::new(format!("{what} Range on POST upload"), &faults, Ends::Well).big());
    }
    for (request, kind, more) in ASKED {
        let faults = [&[Fault::always(kind, wait)], more].concat();
        let row = Row::new(format!("latency on {request}"), &faults, Ends::Well);
        rows.push(row.with_tokens(kind == Kind::Token));
    }
    for (request, kind) in [
        ("PUT manifest", Kind::PutManifest),
        ("PUT tag", Kind::PutTag),
        ("PUT blob", Kind::PutBlob),
        ("HEAD tag", Kind::HeadTag),
    ] {
        let name = format!("neither Location nor Docker-Content-Digest on {request}");
        rows.push(Row::new(name, &[Fault::always(kind, UNNAMED)], Ends::Well));
    }
    Desk::new().try_all(&rows);
}

#[test]
fn a_registry_that_lags_behind_its_blobs_is_waited_for() {
    if !Registry::available() {
        return;
    }
    let mut rows = Vec::new();
    for (request, kind) in [("PUT manifest", Kind::PutManifest), ("PUT tag", Kind::PutTag)] {
        for status in [400, 404] {
            let (what, act) = (
                format!("MANIFEST_BLOB_UNKNOWN {status}"),
                Act::Answer(Reply::error(status, UNKNOWN_BLOB)),
            );
            rows.push(once(&what, request, Fault::first(1, kind, act), &[]));
            rows.push(always(&what, request, kind, act, &[]));
        }
        let act = Act::Answer(Reply::error(404, UNKNOWN_BLOB));
        let twice = Fault::first(2, kind, act);
        rows.push(once("MANIFEST_BLOB_UNKNOWN", &format!("two {request}"), twice, &[]));
    }
    let lost = Fault::first(1, Kind::PutBlob, UNKNOWN_UPLOAD);
    rows.push(once("BLOB_UPLOAD_UNKNOWN", "PUT blob", lost, &[]));
    rows.push(once("BLOB_UPLOAD_UNKNOWN", "PUT blob", lost, &[]).big());
    rows.push(always(
        "BLOB_UPLOAD_UNKNOWN",
        "PUT blob",
        Kind::PutBlob,
        UNKNOWN_UPLOAD,
        &[],
    ));
    Desk::new().try_all(&rows);
}

#[test]
fn a_registry_that_takes_only_chunks_is_given_chunks() {
    if !Registry::available() {
        return;
    }
    let mut rows = vec![
        Row::new("413 on a PUT blob with a body", &[CHUNKS_ONLY], Ends::Well),
        Row::new("413 on a PUT blob with a body", &[CHUNKS_ONLY], Ends::Well).big(),
        once(
            "reset after 1000 bytes",
            "PATCH",
            Fault::first(1, Kind::Patch, Act::ResetInBody(1000)),
            &[CHUNKS_ONLY],
        )
        .big(),
        always(
            "reset after 1000 bytes",
            "PATCH",
            Kind::Patch,
            Act::ResetInBody(1000),
            &[CHUNKS_ONLY],
        )
        .big(),
        once(
            "BLOB_UPLOAD_UNKNOWN",
            "PATCH",
            Fault::first(1, Kind::Patch, UNKNOWN_UPLOAD),
            &[CHUNKS_ONLY],
        ),
    ];
    for (what, range) in [("stale", "0-7"), ("wrong", "0-99999999")] {
        let faults = [Fault::always(Kind::Patch, Act::With("Range", range)), CHUNKS_ONLY];
        rows.push(Row::new(format!("{what} Range on PATCH"), &faults, Ends::Well).big());
    }
    for (what, act) in PASSING {
        let fault = Fault::first(1, Kind::Patch, act);
        rows.push(once(what, "PATCH", fault, &[CHUNKS_ONLY]).big());
        rows.push(always(what, "PATCH", Kind::Patch, act, &[CHUNKS_ONLY]).big());
    }
    Desk::new().try_all(&rows);
}
