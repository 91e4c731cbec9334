//! What git allows as the name of a branch (<https://git-scm.com/docs/git-check-ref-format>), without asking git.

/// Whether git allows a branch of this name, which is given without `refs/heads/`.
pub fn is_branch_name(name: &str) -> bool {
    let forbidden = |letter: char| letter.is_ascii_control() || " ~^:?*[\\".contains(letter);
    let is_part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    name != "HEAD"
        && !name.starts_with('-')
        && !name.ends_with('.')
        && !name.contains("..")
        && !name.contains("@{")
        && !name.contains(forbidden)
        && name.split('/').all(is_part)
}

/// Whether two branches cannot be there at once: they are one, or one is a folder of the other.
pub fn collide(one: &str, other: &str) -> bool {
    let holds = |folder: &str, name: &str| name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    one == other || holds(one, other) || holds(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged_as_git_judges_them() {
        for name in ["release/1.4", "release-1.4", "a@b", "{{1.4}}", "v1.4.x", "@"] {
            assert!(is_branch_name(name), "{name}");
        }
        for name in [
            "", "/a", "a/", "a//b", ".a", "a/.b", "a.lock", "a.lock/b", "a..b", "a.", "a b", "a~1", "a^", "a:b", "a?",
            "a*", "a[1]", "a\\b", "a@{1}", "a\tb", "-a", "HEAD",
        ] {
            assert!(!is_branch_name(name), "{name}");
        }
    }

    #[test]
    fn a_branch_is_no_folder_of_branches() {
        assert!(collide("main", "main") && collide("main", "main/1.4") && collide("main/1.4", "main"));
        assert!(!collide("main", "main-1.4") && !collide("release/1.4", "release/1.5"));
    }
}
