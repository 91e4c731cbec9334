//! What can go wrong between a push and a registry: kinds of request, what is done to them, and what was seen of them.

use std::time::Duration;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    HeadTag,
    HeadManifest,
    GetManifest,
    HeadBlob,
    GetBlob,
    /// POST that begins an upload.
    BeginUpload,
    /// POST that asks for a blob of another repository.
    Mount,
    /// GET that asks how far an upload is.
    AskUpload,
    Patch,
    /// PUT that closes an upload, with or without a body.
    PutBlob,
    PutManifest,
    PutTag,
    ListTags,
    Ping,
    Token,
    Referrers,
    Other,
}

impl Kind {
    /// The kind of a request by its method and target.
    pub fn of(method: &str, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let by_digest = path.rsplit('/').next().is_some_and(|last| last.starts_with("sha256:"));
        let room = ["/blobs/uploads/", "/blobs/", "/manifests/", "/tags/list", "/referrers/"];
        let room = room.into_iter().find(|room| path.contains(room)).unwrap_or(path);
        match (method, room) {
            ("HEAD", "/manifests/") if by_digest => Self::HeadManifest,
            ("HEAD", "/manifests/") => Self::HeadTag,
            ("GET", "/manifests/") => Self::GetManifest,
            ("PUT", "/manifests/") if by_digest => Self::PutManifest,
            ("PUT", "/manifests/") => Self::PutTag,
            ("HEAD", "/blobs/") => Self::HeadBlob,
            ("GET", "/blobs/") => Self::GetBlob,
            ("POST", "/blobs/uploads/") if query.contains("mount=") => Self::Mount,
            ("POST", "/blobs/uploads/") => Self::BeginUpload,
            ("GET", "/blobs/uploads/") => Self::AskUpload,
            ("PATCH", "/blobs/uploads/") => Self::Patch,
            ("PUT", "/blobs/uploads/") => Self::PutBlob,
            ("GET", "/tags/list") => Self::ListTags,
            ("GET", "/referrers/") => Self::Referrers,
            ("GET", "/v2/") => Self::Ping,
            ("GET", "/token") => Self::Token,
            _ => Self::Other,
        }
    }
}

/// An answer that the registry did not give.
#[derive(Clone, Copy, Debug)]
pub struct Reply {
    pub status: u16,
    /// Whole lines, each with its end.
    pub headers: &'static str,
    pub body: &'static str,
}

impl Reply {
    /// Only a status.
    pub const fn status(status: u16) -> Self {
        Self {
            status,
            headers: "",
            body: "",
        }
    }

    /// A status with an error of the protocol.
    pub const fn error(status: u16, body: &'static str) -> Self {
        Self {
            status,
            headers: "Content-Type: application/json\r\n",
            body,
        }
    }
}

/// What is done to a request.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// It goes no further and gets this answer.
    Answer(Reply),
    /// The same, for requests with a body only.
    AnswerBody(Reply),
    /// It is done by the registry, and yet gets this answer.
    Lie(Reply),
    /// The rival's manifest is put in its place, then it gets this answer.
    Rival(Reply),
    /// 401, as if its token had expired.
    Expire,
    /// The connection is reset before any answer.
    Reset,
    /// The connection is reset when so many bytes of its body went to the registry; for longer bodies only.
    ResetInBody(u64),
    /// It is done, and the answer breaks off in its head.
    CutHead,
    /// It is done, and the answer breaks off in its body, which is shorter than its length says.
    CutBody,
    /// The answer lacks these headers.
    Without(&'static [&'static str]),
    /// The answer has another value in this header.
    With(&'static str, &'static str),
    /// It waits.
    Wait(Duration),
}

/// Something that goes wrong with the requests `from` to `to` of one kind, counted from 1.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    pub on: Kind,
    pub from: usize,
    pub to: usize,
    pub act: Act,
}

impl Fault {
    /// On the first so many.
    pub const fn first(count: usize, on: Kind, act: Act) -> Self {
        Self {
            on,
            from: 1,
            to: count,
            act,
        }
    }

    /// On the one with this number.
    pub const fn nth(number: usize, on: Kind, act: Act) -> Self {
        Self {
            on,
            from: number,
            to: number,
            act,
        }
    }

    /// On all.
    pub const fn always(on: Kind, act: Act) -> Self {
        Self::first(usize::MAX, on, act)
    }

    /// Whether it is meant for a request with so long a body; one of unknown length is long.
    pub fn fits(&self, kind: Kind, length: u64) -> bool {
        let long_enough = match self.act {
            Act::ResetInBody(after) => length > after,
            Act::AnswerBody(_) => length > 0,
            _ => true,
        };
        self.on == kind && long_enough
    }
}

/// What was seen of a request.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub kind: Kind,
    /// The status that the client was given; 0 when it got none.
    pub status: u16,
    /// How many bytes of its body came.
    pub bytes: u64,
}
