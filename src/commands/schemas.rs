//! Every document that tidegate prints or keeps, in one list, so that no command is without a published format.

use schemars::Schema;

use super::{
    approve, backport, config, cut, freeze, gate, hold, hotfix, init, ledger, lock, r#override, promote, push,
    rehearse, reject, rollback, status, tag,
};
use crate::model::event::{EVENT_SCHEMA, Event};
use crate::report::document::{Document, named_schema, schema_of};
use crate::report::sinks::ErrorDocument;

/// The format of a document.
pub struct Published {
    /// Its name and version, such as `tidegate.tag/1`.
    pub name: &'static str,
    /// The commands that print it, as they are typed; none for one that is not a command's result.
    pub commands: &'static [&'static str],
    /// Its JSON Schema.
    pub schema: Schema,
}

impl Published {
    /// The name of its file under `docs/schemas/`.
    pub fn file_name(&self) -> String {
        let name = self.name.trim_start_matches("tidegate.");
        let name = name.split_once('/').map_or(name, |(name, _)| name);
        format!("{name}.json")
    }
}

/// Every document.
pub fn all() -> Vec<Published> {
    vec![
        result::<init::InitDocument>(&["init"]),
        result::<tag::document::TagDocument>(&["tag"]),
        result::<tag::document::TagsDocument>(&["tag"]),
        result::<push::document::PushDocument>(&["push"]),
        result::<gate::GateDocument>(&["gate", "gate eval"]),
        result::<gate::facts::FactsDocument>(&["gate facts"]),
        result::<gate::all::GateAllDocument>(&["gate"]),
        result::<gate::resume::GateResumeDocument>(&["gate resume"]),
        result::<cut::CutDocument>(&["cut"]),
        result::<freeze::FreezeDocument>(&["freeze", "thaw"]),
        result::<backport::document::BackportDocument>(&["backport"]),
        result::<cut::status::CutStatusDocument>(&["cut status"]),
        result::<cut::sync::CutSyncDocument>(&["cut"]),
        result::<hotfix::HotfixDocument>(&["hotfix"]),
        result::<hotfix::every::HotfixesDocument>(&["hotfix"]),
        result::<promote::PromoteDocument>(&["promote"]),
        result::<promote::climb::ClimbDocument>(&["promote"]),
        result::<rollback::RollbackDocument>(&["rollback"]),
        result::<status::StatusDocument>(&["status"]),
        result::<approve::ApproveDocument>(&["approve", "reject"]),
        result::<reject::RejectionDocument>(&["reject"]),
        result::<r#override::OverrideDocument>(&["override"]),
        result::<lock::LockDocument>(&["lock", "unlock"]),
        result::<hold::HoldDocument>(&["unlock"]),
        result::<ledger::LedgerLogDocument>(&["ledger log"]),
        result::<ledger::LedgerVerifyDocument>(&["ledger verify"]),
        result::<ledger::copy::LedgerExportDocument>(&["ledger export"]),
        result::<ledger::copy::LedgerImportDocument>(&["ledger import"]),
        result::<ledger::recover::LedgerRecoverDocument>(&["ledger recover"]),
        result::<rehearse::RehearseDocument>(&["rehearse"]),
        result::<config::ConfigDocument>(&["config show"]),
        other::<ErrorDocument>(ErrorDocument::SCHEMA),
        other::<Event>(EVENT_SCHEMA),
    ]
}

fn result<T: Document + 'static>(commands: &'static [&'static str]) -> Published {
    Published {
        name: T::SCHEMA,
        commands,
        schema: schema_of::<T>(),
    }
}

fn other<T: schemars::JsonSchema>(name: &'static str) -> Published {
    Published {
        name,
        commands: &[],
        schema: named_schema::<T>(name),
    }
}
