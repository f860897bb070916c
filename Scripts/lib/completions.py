"""Completions for bash (through git's own), zsh and fish."""

import re

from reference import GENERATED, Argument, Command, Tool

# Where the environments come from: the configuration and the branches, so that no network is used.
ENVIRONMENTS = "git eb which --all 2>/dev/null | awk '$2 != \"-\" { print $2 }' | sort -u"
BRANCHES = "git for-each-ref --format='%(refname:short)' refs/heads 2>/dev/null"
REFS = "git for-each-ref --format='%(refname:short)' refs/heads refs/tags refs/remotes 2>/dev/null"


def kind(argument: Argument) -> str:
    """What an argument's value is: environment, branch, ref, file, directory, words or text."""
    if "--environment" in argument.names:
        return "environment"
    if "-C" in argument.names:
        return "directory"
    if "--host" in argument.names:
        return "words beanstalk local command"
    if argument.value == "action":
        return "words " + " ".join(re.findall(r"'(\w+)'", argument.meaning))
    return {"branch": "branch", "range": "ref", "commit": "ref", "tree-ish": "ref", "file": "file", "path": "file"}.get(
        argument.value, "text"
    )


def places(command: Command) -> list[Argument]:
    return [a for a in command.arguments if a.kind == "positional" and not a.follows_terminator]


def options(command: Command) -> list[Argument]:
    return [a for a in command.arguments if a.kind != "positional"]


def first(text: str) -> str:
    return text.split(". ")[0].rstrip(".")


# MARK: bash


def bash_values(argument: Argument, current: str = "") -> str:
    word = kind(argument)
    shift = f' "" "{current}"' if current else ""
    if word == "environment":
        return f'__gitcomp_nl "$(__git_eb_environments)"{shift}'
    if word == "branch":
        return f'__gitcomp_nl "$(__git_heads)"{shift}'
    if word == "ref":
        return f'__git_complete_refs --cur="{current}"' if current else "__git_complete_refs"
    if word.startswith("words"):
        return f'__gitcomp "{word[6:]}"{shift}'
    # An empty answer makes readline complete file names.
    return "return"


def bash_command(command: Command) -> list[str]:
    names = [
        name + ("=" if a.takes_value else "")
        for a in options(command)
        for name in a.names
        if name.startswith("--")
    ]
    lines = [f"\t{command.name})"]
    valued = [a for a in options(command) if a.takes_value]
    lines.append('\t\tcase "$prev" in')
    for argument in valued:
        lines.append(f"\t\t{' | '.join(argument.names)})")
        lines += [f"\t\t\t{bash_values(argument)}", "\t\t\treturn", "\t\t\t;;"]
    lines += ["\t\tesac", '\t\tcase "$cur" in']
    for argument in valued:
        for name in argument.names:
            if name.startswith("--"):
                values = bash_values(argument, "${cur#*=}")
                lines += [f"\t\t{name}=*)", f"\t\t\t{values}", "\t\t\treturn", "\t\t\t;;"]
    lines += ["\t\t-*)", f'\t\t\t__gitcomp "{" ".join(names)}"', "\t\t\treturn", "\t\t\t;;", "\t\tesac"]
    for argument in places(command)[:1]:
        lines.append(f"\t\t{bash_values(argument)}")
    return lines + ["\t\t;;"]


def bash(tool: Tool) -> str:
    names = " ".join(command.name for command in tool.commands)
    lines = [
        "# bash completion for git-eb: git's own completion loads this file and calls _git_eb.",
        f"# {GENERATED}",
        "",
        "__git_eb_environments ()",
        "{",
        f"\t{ENVIRONMENTS}",
        "}",
        "",
        "_git_eb ()",
        "{",
        "\t# git before 2.31 does not say where the command is.",
        "\tlocal at=$((${__git_cmd_idx:-1} + 1))",
        '\tif [ "$cword" -le "$at" ]; then',
        '\t\tcase "$cur" in',
        f'\t\t-*) __gitcomp "{" ".join(n for a in options(tool.root) for n in a.names if n[:2] == "--")}" ;;',
        f'\t\t*) __gitcomp "{names}" ;;',
        "\t\tesac",
        "\t\treturn",
        "\tfi",
        '\tcase "${words[at]}" in',
    ]
    for command in tool.commands:
        lines += bash_command(command)
    return "\n".join(lines + ["\tesac", "}"]) + "\n"


# MARK: zsh


def zsh_text(text: str) -> str:
    return re.sub(r"([\[\]:\\])", r"\\\1", text).replace("'", "'\\''")


def zsh_values(argument: Argument) -> str:
    word = kind(argument)
    if word.startswith("words"):
        return f"({word[6:]})"
    return {
        "environment": "_git_eb_environments",
        "branch": "_git_eb_branches",
        "ref": "_git_eb_refs",
        "file": "_files",
        "directory": "_directories",
    }.get(word, " ")


def zsh_option(argument: Argument) -> str:
    meaning = f"[{zsh_text(first(argument.meaning))}]"
    value = f":{zsh_text(argument.value)}:{zsh_values(argument)}" if argument.takes_value else ""
    repeat = "*" if argument.is_repeating else ""
    if len(argument.names) == 1:
        name = argument.names[0]
        suffix = "=" if argument.takes_value and name.startswith("--") else ""
        return f"'{repeat}{name}{suffix}{meaning}{value}'"
    exclusive = "" if repeat else f"'({' '.join(argument.names)})'"
    names = ",".join(
        n + ("=" if argument.takes_value and n.startswith("--") else "") for n in argument.names
    )
    return f"{exclusive}{{{names}}}'{meaning}{value}'"


def zsh_place(number: int, argument: Argument) -> str:
    where = "*" if argument.is_repeating else str(number)
    return f"'{where}::{zsh_text(argument.value)}:{zsh_values(argument)}'"


def zsh(tool: Tool) -> str:
    lines = [
        "#compdef git-eb",
        f"#description {tool.root.abstract.rstrip('.').lower()}",
        f"# {GENERATED}",
        "",
        "(( $+functions[_git_eb_environments] )) ||",
        "_git_eb_environments() {",
        "  local expl",
        "  _wanted environments expl environment \\",
        f'    compadd - ${{(f)"$({ENVIRONMENTS})"}}',
        "}",
        "",
        "(( $+functions[_git_eb_branches] )) ||",
        "_git_eb_branches() {",
        "  local expl",
        f'  _wanted branches expl branch compadd - ${{(f)"$({BRANCHES})"}}',
        "}",
        "",
        "(( $+functions[_git_eb_refs] )) ||",
        "_git_eb_refs() {",
        "  local expl",
        "  _wanted refs expl revision \\",
        f'    compadd - HEAD ${{(f)"$({REFS})"}}',
        "}",
        "",
        "_git-eb() {",
        "  local curcontext=$curcontext state line ret=1",
        "  local -A opt_args",
        "  local -a commands",
        "  commands=(",
    ]
    lines += [f"    '{c.name}:{zsh_text(first(c.abstract))}'" for c in tool.commands]
    lines += ["  )", "  _arguments -C \\"]
    lines += [f"    {zsh_option(a)} \\" for a in options(tool.root)]
    lines += [
        "    '(-): :->command' \\",
        "    '(-)*:: :->arguments' && ret=0",
        "  case $state in",
        "    command) _describe -t commands 'git eb command' commands && ret=0 ;;",
        "    arguments)",
        "      curcontext=${curcontext%:*}-$words[1]:",
        "      case $words[1] in",
    ]
    for command in tool.commands:
        specs = [zsh_option(a) for a in options(command)]
        specs += [zsh_place(n, a) for n, a in enumerate(places(command), 1)]
        lines.append(f"        {command.name})")
        lines.append("          _arguments -s -S \\")
        lines += [f"            {spec} \\" for spec in specs[:-1]]
        lines += [f"            {specs[-1]} && ret=0", "          ;;"]
    return "\n".join(lines + ["      esac", "      ;;", "  esac", "  return ret", "}", "", '_git-eb "$@"']) + "\n"


# MARK: fish


def fish_text(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def fish_values(argument: Argument) -> str:
    word = kind(argument)
    if word.startswith("words"):
        return f" -xa {fish_text(word[6:])}"
    if word == "file":
        return " -rF"
    if word == "directory":
        return " -xa '(__fish_complete_directories)'"
    function = {"environment": "environments", "branch": "branches", "ref": "refs"}.get(word)
    return f" -xa '(__fish_git_eb_{function})'" if function else " -x"


def fish_option(argument: Argument) -> str:
    names = "".join(f" -l {n[2:]}" if n[:2] == "--" else f" -s {n[1:]}" for n in argument.names)
    values = fish_values(argument) if argument.takes_value else ""
    return f"{names}{values} -d {fish_text(first(argument.meaning))}"


def fish(tool: Tool) -> str:
    names = " ".join(command.name for command in tool.commands)
    lines = [
        "# fish completion for git-eb.",
        f"# {GENERATED}",
        "",
        "function __fish_git_eb_environments",
        f"    {ENVIRONMENTS}",
        "end",
        "",
        "function __fish_git_eb_branches",
        f"    {BRANCHES}",
        "end",
        "",
        "function __fish_git_eb_refs",
        f"    {REFS}",
        "end",
        "",
        f"set -l commands {names}",
        "",
        "complete -c git-eb -f",
    ]
    none = 'complete -c git-eb -n "not __fish_seen_subcommand_from $commands"'
    lines += [f"{none}{fish_option(a)}" for a in options(tool.root)]
    for command in tool.commands:
        lines += ["", f"{none} -a {command.name} -d {fish_text(first(command.abstract))}"]
        seen = f"complete -c git-eb -n '__fish_seen_subcommand_from {command.name}'"
        lines += [f"{seen}{fish_option(a)}" for a in options(command)]
        for argument in places(command)[:1]:
            values = fish_values(argument)
            if values != " -x":
                lines.append(f"{seen}{values.replace(' -xa', ' -a').replace(' -rF', ' -F')}")
    return "\n".join(lines) + "\n"


FISH_GIT = """\
# fish completion for `git eb`, which is that of git-eb. Read at the start, since fish looks for it
# under the name of git, where its own file is.
# {generated}

function __fish_git_eb_arguments
    set -l words (commandline -opc)[2..]
    while set -q words[1]
        switch $words[1]
            case -C -c
                set -e words[1..2]
            case '-*'
                set -e words[1]
            case eb
                set -q words[2]
                and string escape -- $words[2..]
                return 0
            case '*'
                return 1
        end
    end
    return 1
end

function __fish_git_eb_complete
    set -l words (__fish_git_eb_arguments)
    complete -C "git-eb $words "(commandline -ct)
end

complete -c git -f -n '__fish_git_eb_arguments >/dev/null' -a '(__fish_git_eb_complete)'
"""


def fish_git() -> str:
    return FISH_GIT.replace("{generated}", GENERATED)
