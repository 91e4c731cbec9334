//! Which workflows wait for tags or releases
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows>).

use granit_parser::{Event, Parser};

/// Where a value stands: in a mapping, below its keys, or in a sequence.
enum Frame {
    Mapping(Option<String>),
    Sequence,
}

/// Whether a workflow starts on a tag that is pushed or created, or on a release. One that cannot be read starts on nothing.
pub fn waits_for_tags(workflow: &str) -> bool {
    let mut frames: Vec<Frame> = Vec::new();
    for event in Parser::new_from_str(workflow) {
        let Ok((event, _)) = event else { return false };
        match event {
            Event::MappingStart(..) => frames.push(Frame::Mapping(None)),
            Event::SequenceStart(..) => frames.push(Frame::Sequence),
            Event::MappingEnd | Event::SequenceEnd => {
                frames.pop();
                value_ends(&mut frames);
            }
            Event::Scalar(text, ..) => {
                let is_key = match frames.last_mut() {
                    Some(Frame::Mapping(key @ None)) => {
                        *key = Some(text.to_string());
                        true
                    }
                    _ => false,
                };
                if waits(&frames, (!is_key).then_some(&*text)) {
                    return true;
                }
                if !is_key {
                    value_ends(&mut frames);
                }
            }
            Event::Alias(..) => value_ends(&mut frames),
            _ => {}
        }
    }
    false
}

/// The next scalar of a mapping is a key again.
fn value_ends(frames: &mut [Frame]) {
    if let Some(Frame::Mapping(key)) = frames.last_mut() {
        *key = None;
    }
}

/// Whether the keys down to here, and the value, are a trigger that waits.
fn waits(frames: &[Frame], value: Option<&str>) -> bool {
    let keys = frames.iter().filter_map(|frame| match frame {
        Frame::Mapping(key) => key.as_deref(),
        Frame::Sequence => None,
    });
    let path: Vec<&str> = keys.chain(value).collect();
    matches!(path.as_slice(), ["on", "release" | "create"] | ["on", "push", "tags"])
}
