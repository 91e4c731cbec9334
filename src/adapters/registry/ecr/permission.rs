//! What a "forbidden" of ECR's registry means: the permission of IAM that each request needs
//! (User Guide, "Required IAM permissions for pushing an image"; Service Authorization Reference, "Amazon ECR").

/// A request of the registry protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// HEAD or GET of a manifest.
    ReadManifest,
    /// HEAD of a blob.
    HasBlob,
    /// GET of a blob.
    ReadBlob,
    /// POST of an upload.
    BeginUpload,
    /// PATCH of an upload.
    SendPart,
    /// PUT of an upload.
    FinishUpload,
    /// PUT of a manifest.
    WriteManifest,
    /// GET of the tags.
    ListTags,
}

impl Request {
    /// The request of a method on a place under `/v2/PATH/`, such as `HEAD` on `blobs/sha256:…`.
    pub fn of(method: &str, place: &str) -> Option<Self> {
        let upload = place.starts_with("blobs/uploads/");
        Some(match method {
            "POST" if upload => Self::BeginUpload,
            "PATCH" if upload => Self::SendPart,
            "PUT" if upload => Self::FinishUpload,
            "HEAD" | "GET" if place.starts_with("manifests/") => Self::ReadManifest,
            "PUT" if place.starts_with("manifests/") => Self::WriteManifest,
            "HEAD" if place.starts_with("blobs/") => Self::HasBlob,
            "GET" if place.starts_with("blobs/") && !upload => Self::ReadBlob,
            "GET" if place.starts_with("tags/list") => Self::ListTags,
            _ => return None,
        })
    }
}

/// The permission that a request needs. Reading from ECR Public needs none.
pub fn permission(request: Request, public: bool) -> Option<&'static str> {
    Some(match (request, public) {
        (Request::ReadManifest, false) => "ecr:BatchGetImage",
        (Request::HasBlob, false) => "ecr:BatchCheckLayerAvailability",
        (Request::ReadBlob, false) => "ecr:GetDownloadUrlForLayer",
        (Request::BeginUpload, false) => "ecr:InitiateLayerUpload",
        (Request::SendPart, false) => "ecr:UploadLayerPart",
        (Request::FinishUpload, false) => "ecr:CompleteLayerUpload",
        (Request::WriteManifest, false) => "ecr:PutImage",
        (Request::ListTags, false) => "ecr:ListImages",
        (Request::HasBlob, true) => "ecr-public:BatchCheckLayerAvailability",
        (Request::BeginUpload, true) => "ecr-public:InitiateLayerUpload",
        (Request::SendPart, true) => "ecr-public:UploadLayerPart",
        (Request::FinishUpload, true) => "ecr-public:CompleteLayerUpload",
        (Request::WriteManifest, true) => "ecr-public:PutImage",
        (Request::ReadManifest | Request::ReadBlob | Request::ListTags, true) => return None,
    })
}

/// What to do about a request that was forbidden.
pub fn advice(request: Request, public: bool) -> String {
    let Some(permission) = permission(request, public) else {
        return "look whether the repository is there: everybody may read from ECR Public".to_owned();
    };
    let grant = format!("allow `{permission}` on this repository to the role that is used");
    match request {
        Request::WriteManifest => {
            format!("{grant}; where it is allowed, the repository may be full: look up its quota of images")
        }
        _ => grant,
    }
}
