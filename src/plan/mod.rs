//! Decisions: facts and policy in, a plan or a refusal out. Pure: no I/O, no clock, no runtime, no environment.

pub mod changelog;
pub mod changes;
pub mod climb;
pub mod conventional;
pub mod cut;
pub mod freeze;
pub mod gate;
pub mod hold;
pub mod init;
pub mod lock;
pub mod mirror;
pub mod notes;
pub mod r#override;
pub mod promote;
pub mod proof;
pub mod publish;
pub mod push;
pub mod recover;
pub mod rehearse;
pub mod rejection;
pub mod release;
pub mod rollback;
pub mod tag;
pub mod version_file;
pub mod wait;
pub mod word;
