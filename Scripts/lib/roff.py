"""Manual pages in man(7), as groff and mandoc read it."""

import re

from reference import EXAMPLE, GENERATED, NO_BRANCHES, PRECEDENCE, Argument, Command, Tool

FILES = [
    (".git-eb.yml", "The configuration, at the root of the work tree: see git-eb-config(1)."),
    (
        ".elasticbeanstalk/config.yml, .elasticbeanstalk/config.global.yml",
        "The EB CLI's configuration, read where .git-eb.yml says nothing, and never written.",
    ),
    (
        "$XDG_STATE_HOME/git-eb/<application>, ~/.local/state/git-eb/<application>",
        "Where the local host keeps versions and environments, unless local.directory is set.",
    ),
]


def literal(text: str) -> str:
    """Text that is to come out character by character."""
    for plain, escaped in [("\\", "\\e"), ("-", "\\-"), ("'", "\\(aq"), ("`", "\\(ga")]:
        text = text.replace(plain, escaped)
    text = text.replace("^", "\\(ha").replace("~", "\\(ti").replace("…", "...")
    return "\\&" + text if text.startswith((".", "\\(aq")) else text


def prose(text: str) -> str:
    """A sentence: options and pages are bold, `<values>` are in italics."""
    marked = re.compile(
        r"`[^`]+`|--[a-z][a-z-]*|(?<![\w'])-[a-zA-Z]\b|<[a-z=-]+>|\bgit eb [a-z]+\b"
        r"|[a-z-]+\(\d\)|\$?[A-Z]+_[A-Z_]*[A-Z_]|\.git-eb\.yml"
    )
    parts, end = [], 0
    for match in marked.finditer(text):
        parts.append(literal(text[end : match.start()]))
        word = match.group().strip("`")
        reference = re.fullmatch(r"([a-z-]+)(\(\d\))", word)
        if reference:
            parts.append(f"\\fB{literal(reference[1])}\\fR{reference[2]}")
        elif word.startswith("<"):
            parts.append(f"\\fI{literal(word)}\\fR")
        else:
            parts.append(f"\\fB{literal(word)}\\fR")
        end = match.end()
    text = "".join(parts + [literal(text[end:])])
    return "\\&" + text if text.startswith((".", "'")) else text


def synopsis(parts: list[str]) -> str:
    text = " ".join(literal(part).replace(" ", "\\ ") for part in parts)
    return re.sub(r"(<[^>]*>)", r"\\fI\1\\fR", text)


def tag(argument: Argument) -> str:
    names = re.sub(r"(<[^>]*>)", r"\\fI\1\\fB", literal(argument.heading))
    return f"\\fB{names}\\fR"


def section(title: str) -> list[str]:
    return [f'.SH "{title}"']


def paragraphs(texts: list[str]) -> list[str]:
    return [line for text in texts for line in (".PP", prose(text))]


def definitions(pairs: list[tuple[str, str]]) -> list[str]:
    return [line for term, text in pairs for line in (".TP", term, prose(text))]


def bold(text: str) -> str:
    return f"\\fB{literal(text)}\\fR"


def code(lines: list[str]) -> list[str]:
    return [".PP", ".RS 4", ".nf", *map(literal, lines), ".fi", ".RE"]


def page(tool: Tool, command: Command | None) -> str:
    """The page of one command, or git-eb(1) itself."""
    subject = command or tool.root
    name = f"git-eb-{command.name}" if command else "git-eb"
    abstract = subject.abstract.rstrip(".")
    lines = [
        f'.\\" {GENERATED}',
        f'.TH "{literal(name.upper())}" "1" "" "git\\-eb {tool.version}" "Git Manual"',
        ".nh",
        ".ad l",
        *section("NAME"),
        f"{literal(name)} \\- {literal(abstract[:1].lower() + abstract[1:])}",
        *section("SYNOPSIS"),
    ]
    if command:
        lines += [".HP", f"\\fBgit eb {command.name}\\fR {synopsis(command.synopsis)}".rstrip()]
    else:
        lines += [".PP", "\\fBgit eb\\fR \\fI<command>\\fR [\\fI<options>\\fR]"]
    lines += section("DESCRIPTION") + paragraphs(subject.paragraphs or [subject.abstract])
    if command and command.name == "config":
        lines += configuration(tool)
    if command:
        lines += section("OPTIONS")
        lines += definitions([(tag(a), a.sentence) for a in command.listed])
    else:
        lines += overview(tool)
    if subject.examples:
        lines += section("EXAMPLES") + code(subject.examples)
    return "\n".join(lines + see_also(tool, command)) + "\n"


def overview(tool: Tool) -> list[str]:
    lines = section("COMMANDS")
    for name, group in tool.groups:
        lines.append(f'.SS "{literal(name)}"')
        lines += definitions(
            [(f"\\fBgit\\-eb\\-{literal(c.name)}\\fR(1)", c.abstract) for c in group]
        )
    lines += section("OPTIONS")
    lines += definitions([(tag(a), a.sentence) for a in tool.root.listed])
    lines += section("EXIT STATUS")
    lines += definitions([(bold(str(number)), text) for number, text in tool.exit_statuses])
    lines += section("ENVIRONMENT")
    lines += definitions([(bold(v["name"]), v["meaning"]) for v in tool.variables])
    lines += definitions(
        [
            (
                "\\fBGIT_EB_\\fI<KEY>\\fR",
                "A setting, such as GIT_EB_PUSH_TIMEOUT for `push.timeout`: see git-eb-config(1).",
            )
        ]
    )
    return lines + section("FILES") + definitions([(bold(f), text) for f, text in FILES])


def configuration(tool: Tool) -> list[str]:
    lines = section("CONFIGURATION")
    lines += paragraphs(["A setting comes from the first of these that has it:"])
    for number, place in enumerate(PRECEDENCE, 1):
        lines += [f".IP {number}. 4", prose(place)]
    lines += paragraphs(["A .git-eb.yml:"]) + code(EXAMPLE.splitlines())
    lines += paragraphs([NO_BRANCHES])
    for setting in tool.settings:
        lines += [".TP", bold(setting["name"])]
        facts = [setting["meaning"], f"Takes {setting['type']}."]
        if "fallback" in setting:
            facts.append(f"Default: {setting['fallback']}.")
        if "gitName" in setting:
            facts.append(f"Also `{setting['gitName']}` and {setting['environmentVariable']}.")
        lines.append(prose(" ".join(facts)))
        lines += [".sp", f"Example: {literal(setting['example'])}"]
    return lines


def see_also(tool: Tool, command: Command | None) -> list[str]:
    names = ["git"] + [f"git-eb-{other.name}" for other in tool.commands if other is not command]
    if command:
        group = next(group for _, group in tool.groups if command in group)
        names = ["git-eb"] + [f"git-eb-{other.name}" for other in group if other is not command]
        if command.name != "config" and "git-eb-config" not in names:
            names.append("git-eb-config")
    pages = ",\n".join(f"\\fB{literal(name)}\\fR(1)" for name in names)
    return section("SEE ALSO") + [".PP", pages]
