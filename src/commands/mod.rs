//! One file a verb: its arguments, and gather → plan → apply → report.

pub mod approve;
pub mod config;
pub mod cut;
pub mod deployment;
pub mod dispatch;
pub mod freeze;
pub mod gate;
pub mod hold;
pub mod init;
pub mod ledger;
pub mod lock;
pub mod mirror;
pub mod r#override;
pub mod promote;
pub mod prove;
pub mod publish;
pub mod push;
pub mod rehearse;
pub mod reject;
pub mod rollback;
pub mod schemas;
pub mod shared_ref;
pub mod status;
pub mod subject;
pub mod tag;
pub mod wait;
