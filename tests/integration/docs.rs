//! The pages under `docs/` that are generated, so that they hold.

mod config_keys;

use clap::CommandFactory as _;
use tidegate::cli::Cli;
use tidegate::config::Overrides;
use tidegate::env_vars;
use tidegate::exit_code::ExitCode;

use crate::common::Sandbox;
use crate::common::bless::assert_file;

const CONFIG_HEAD: &str = include_str!("docs/config-head.md");

/// The example of the page on the configuration.
fn example() -> &'static str {
    let (_, after) = CONFIG_HEAD.split_once("```toml\n").unwrap();
    after.split_once("```").unwrap().0
}

#[test]
fn the_page_on_the_configuration_names_every_key() {
    let schema = serde_json::from_str(&tidegate::commands::config::schema().unwrap()).unwrap();
    assert_file(
        "docs/config.md",
        &format!("{CONFIG_HEAD}{}", config_keys::sections(&schema)),
    );
}

#[test]
fn the_example_on_that_page_loads() {
    let folder = std::path::Path::new("/project");
    let load = |variable: &dyn Fn(&str) -> Option<String>| {
        tidegate::config::load(example(), "tidegate.toml", folder, &Overrides::default(), variable).unwrap()
    };
    let settings = load(&|_| None);
    assert_eq!(settings.ladder.rungs().len(), 3);
    let image = settings.components()[0].image.clone().unwrap();
    assert_eq!(image.to_string(), "registry.example.com/demo/api");
    let settings = load(&|name| (name == "REGISTRY").then(|| "other.example.com".to_owned()));
    let image = settings.components()[0].image.clone().unwrap();
    assert_eq!(image.to_string(), "other.example.com/demo/api");
    Sandbox::new(example()).tidegate(&["config", "show"]).exits(0);
}

#[test]
fn a_command_that_judges_reads_the_file_of_the_default_branch() {
    let sandbox = Sandbox::new(example());
    sandbox.git(&["checkout", "--quiet", "-b", "feature/backdoor"]);
    let own = example().replace("[environment.production]", "[environment.backdoor]");
    sandbox.commit("feat: another way in", &[("tidegate.toml", &own)]);
    let shown = sandbox.json(0, &["config", "show"]).to_string();
    assert!(shown.contains("environment.backdoor.tier"), "the work tree's: {shown}");
    let status = sandbox.json(0, &["status"]);
    let rows = status["rows"].as_array().unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row["environment"].as_str().unwrap()).collect();
    assert_eq!(names, ["dev", "staging", "production"], "the default branch's");
}

#[test]
fn the_page_on_exit_codes_has_the_table() {
    let mut page =
        "# Exit codes\n\nOne table for all commands. Tell the cases apart by the code, never by the words on \
         stderr; `--output json` says more.\n\n| code | meaning |\n| --- | --- |\n"
            .to_owned();
    for code in ExitCode::ALL {
        page.push_str(&format!("| {} | {} |\n", u8::from(code), code.meaning()));
    }
    page.push_str(
        "\nAfter 4 and 6 run the same command again: it goes on where it stopped; after 4, `tidegate gate \
         resume` does so for every environment. A command that is killed gives what the system gives, and goes on in the same way.\n\n\
         A command that does several things at once (`promote --next`, `gate resume`) ends with the worst of them: 7, 1, 2, 3, 5, \
         6, 4, 0, the worst first.\n",
    );
    assert_file("docs/exit-codes.md", &page);
}

#[test]
fn the_page_on_environment_variables_names_each() {
    let mut page = "# Environment variables\n\nOne that is set and empty counts as not set.\n\n\
                    ## In the place of a flag\n\nThe flag wins over the variable, the variable over `tidegate.toml`.\n\n\
                    | variable | flag | meaning |\n| --- | --- | --- |\n"
        .to_owned();
    let command = Cli::command();
    let mut flags = 0;
    for argument in command.get_arguments() {
        if let Some(variable) = argument.get_env() {
            let (name, flag) = (variable.to_str().unwrap(), argument.get_long().unwrap());
            page.push_str(&format!(
                "| `{name}` | `--{flag}` | {} |\n",
                argument.get_help().unwrap()
            ));
            flags += 1;
        }
    }
    assert!(flags >= 7, "the global flags were found");
    for inner in command.get_subcommands() {
        let has = inner.get_arguments().any(|argument| argument.get_env().is_some());
        assert!(!has, "{}: add its variables to the page", inner.get_name());
    }
    page.push_str("\n## Read besides\n\n| variable | meaning |\n| --- | --- |\n");
    for (name, meaning) in env_vars::ALL {
        page.push_str(&format!("| `{name}` | {meaning} |\n"));
    }
    page.push_str(
        "\nStrings in `tidegate.toml` can read any variable as `${NAME}` or `${NAME:-default}` \
         ([configuration](config.md)).\n",
    );
    page.push_str(
        "\n## Given to `deploy.command`\n\nWhat `tidegate.toml` does not say, such as a cluster, is there and empty.\n\n\
         | variable | meaning |\n| --- | --- |\n",
    );
    for (name, meaning, _) in tidegate::adapters::command::VARIABLES {
        page.push_str(&format!("| `{name}` | {meaning} |\n"));
    }
    assert_file("docs/environment-variables.md", &page);
}
