import { Argument, Command, type Option } from "commander";
import { type Cli, examples } from "./command.ts";

const shells = ["bash", "zsh", "fish"] as const;
type Shell = (typeof shells)[number];

/** `tenon completion bash|zsh|fish` */
export function completionCommand(cli: Cli): Command {
  const command = new Command("completion")
    .summary("print a script that completes commands and options")
    .description("Print a script that completes commands, options and their values for a shell.")
    .addArgument(new Argument("<shell>", "which shell").choices(shells))
    .addHelpText(
      "after",
      examples(
        ["source <(tenon completion bash)", "in ~/.bashrc"],
        ["source <(tenon completion zsh)", "in ~/.zshrc, after compinit"],
        ["tenon completion fish > ~/.config/fish/completions/tenon.fish", "once"],
      ),
    );
  return command.action((shell: Shell) => {
    const tree = describe(command.parent ?? command);
    cli.terminal.out({ bash, zsh, fish }[shell](tree));
  });
}

interface Described {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly {
    readonly flags: readonly string[];
    readonly what: string;
    readonly values: readonly string[];
    readonly takes: boolean;
  }[];
  /** Words that the first argument may be, where these are known. */
  readonly words: readonly string[];
}

/** The command tree as data: what a shell completes is what the parser knows. */
function describe(program: Command): readonly Described[] {
  const help = program.createHelp();
  return program.commands.map((command) => ({
    name: command.name(),
    summary: command.summary() || command.description(),
    options: help.visibleOptions(command).map((option: Option) => ({
      flags: [option.short, option.long].filter((flag) => flag !== undefined && flag !== null),
      what: option.description,
      values: option.argChoices ?? [],
      takes: option.required || option.optional,
    })),
    words: command.registeredArguments[0]?.argChoices ?? [],
  }));
}

function bash(commands: readonly Described[]): string {
  const cases = commands.map(({ name, options, words }) => {
    const valued = options.filter(({ values }) => values.length > 0);
    const inner = valued.map(
      ({ flags, values }) =>
        `      ${flags.join("|")}) COMPREPLY=($(compgen -W "${values.join(" ")}" -- "$word")); return ;;`,
    );
    const flags = options.flatMap((option) => option.flags).join(" ");
    const rest =
      words.length > 0
        ? `COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$word"))`
        : "compopt -o default; COMPREPLY=()";
    const before =
      inner.length > 0 ? `      case "$before" in\n${inner.map((line) => `  ${line}`).join("\n")}\n      esac\n` : "";
    return `    ${name})\n${before}      if [[ "$word" == -* ]]; then COMPREPLY=($(compgen -W "${flags}" -- "$word")); else ${rest}; fi ;;`;
  });
  return `# bash completion for tenon
_tenon() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}"
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(" ")} help --help --version" -- "$word"))
    return
  fi
  case "$command" in
${cases.join("\n")}
  esac
}
complete -F _tenon tenon
`;
}

function zsh(commands: readonly Described[]): string {
  const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const plain = (text: string) => text.replaceAll(/[[\]:\\]/g, "\\$&").replaceAll("\n", " ");
  const list = commands.map(({ name, summary }) => `    ${quote(`${name}:${plain(summary)}`)}`);
  const cases = commands.map(({ name, options, words }) => {
    const specs = options.flatMap(({ flags, what, values, takes }) =>
      flags.map((flag) => {
        const value = values.length > 0 ? `:value:(${values.join(" ")})` : takes ? ":value:_files" : "";
        return quote(`${flag}[${plain(what)}]${value}`);
      }),
    );
    const rest = words.length > 0 ? quote(`*:word:(${words.join(" ")})`) : quote("*:file:_files");
    return `    ${name}) _arguments ${[...specs, rest].join(" ")} ;;`;
  });
  return `#compdef tenon
_tenon() {
  local -a commands=(
${list.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join("\n")}
  esac
}
compdef _tenon tenon
`;
}

function fish(commands: readonly Described[]): string {
  const quote = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", " ")}'`;
  const lines = ["# fish completion for tenon"];
  for (const { name, summary } of commands) {
    lines.push(`complete -c tenon -n __fish_use_subcommand -f -a ${name} -d ${quote(summary)}`);
  }
  for (const { name, options, words } of commands) {
    const within = `complete -c tenon -n "__fish_seen_subcommand_from ${name}"`;
    if (words.length > 0) lines.push(`${within} -f -a ${quote(words.join(" "))}`);
    for (const { flags, what, values, takes } of options) {
      const names = flags
        .map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`))
        .join(" ");
      const value = values.length > 0 ? ` -x -a ${quote(values.join(" "))}` : takes ? " -r" : "";
      lines.push(`${within} ${names} -d ${quote(what)}${value}`);
    }
  }
  return `${lines.join("\n")}\n`;
}
