import type { Outcome } from '../../runtime/outcome.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'

/** `sealwright completion SHELL` */
export async function completion(_session: Session, [shell]: readonly [string]): Promise<Outcome> {
  const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined
  if (script === undefined) {
    throw usageError(`"${shell}" is not a supported shell`, {
      why: `the supported shells are ${Object.keys(SCRIPTS).join(', ')}`,
      fix: 'sealwright completion bash',
    })
  }
  return { exitCode: 0, document: { shell, script }, lines: [script.trimEnd()] }
}

/** The text of a template, in which `$\{` stands for the two characters that would begin a hole, and a backslash for itself. */
function script({ raw }: TemplateStringsArray): string {
  return raw.join('').replaceAll('$\\{', '${').replaceAll('\\`', '`').trim()
}

/**
 * The scripts, by shell. Each calls `sealwright __complete` with the words before the cursor, and the word at it last. The
 * answer holds words of files, which anybody may have written: no script evaluates it, expands it, or splits it anywhere
 * but at tabs and ends of lines, and what a script puts on the command line is quoted.
 */
const SCRIPTS: Readonly<Record<string, string>> = {
  bash: script`
# bash completion of sealwright and nv2
_sealwright() {
  local program=sealwright rest=$\{COMP_LINE:0:COMP_POINT} current=$2 count=0 index word trimmed
  [[ $\{1##*/} == nv2 ]] && program=nv2
  local -a words=() values=() abouts=()
  # Joins the words that bash has split at ":" and "=".
  for ((index = 0; index <= COMP_CWORD; index++)); do
    trimmed=$\{rest#"$\{rest%%[![:space:]]*}"}
    if ((index < COMP_CWORD)); then word=$\{COMP_WORDS[index]}; else word=$trimmed; fi
    if [[ $count -gt 0 && $trimmed == "$rest" ]]; then words[count-1]+=$word; else words[count++]=$word; fi
    rest=$\{trimmed#"$word"}
  done
  # The part of the last word that bash keeps, and the quote that is open in it.
  local kept=$\{words[count-1]%"$current"} quote=''
  case $kept in *[\'\"]) quote=$\{kept: -1} ;; esac
  kept=$\{kept//[\\\'\"]/}
  words=("$\{words[@]//[\\\'\"]/}")
  local answer directive line value about width=0
  answer=$(command "$program" __complete "$\{words[@]:1}" 2>/dev/null) || return
  directive=$\{answer##*:}
  case $directive in '' | *[!0-9]*) return ;; esac
  while IFS= read -r line; do
    value=$\{line%%$'\t'*}
    about=$\{line:$\{#value}+1}
    value=$\{value#"$kept"}
    case $quote in
      '') [[ -n $value ]] && printf -v value %q "$value" ;;
      \') [[ $value == *\'* ]] && continue ;;
      *) [[ $value == *[\\\"\$!$'\x60']* ]] && continue ;;
    esac
    [[ -n $value ]] || continue
    values+=("$value")
    abouts+=("$about")
    ((width < $\{#value})) && width=$\{#value}
  done <<<"$\{answer%:*}"
  case $\{#values[@]}:$COMP_TYPE in
    0:* | 1:*) ;;
    *:63 | *:33 | *:64)
      # bash lists the words, and inserts no more than all have in common.
      for index in "$\{!values[@]}"; do
        [[ -z $\{abouts[index]} ]] || printf -v "values[$index]" "%-$\{width}s  (%s)" "$\{values[index]}" "$\{abouts[index]}"
      done
      ;;
  esac
  COMPREPLY=("$\{values[@]}")
  # Without compopt, in bash 3.2, files are offered wherever nothing else is.
  [[ $(type -t compopt) == builtin ]] || return
  ((directive & 2)) && compopt -o nospace
  ((directive & 4)) && compopt +o default +o bashdefault
  ((directive & 16)) && compopt +o default +o bashdefault -o dirnames
}
complete -o default -o bashdefault -F _sealwright sealwright nv2
`,
  zsh: script`
#compdef sealwright nv2
# zsh completion of sealwright and nv2
_sealwright() {
  local answer directive line
  local -a candidates end
  answer=$(command $\{service:-sealwright} __complete "$\{(@Q)words[2,CURRENT-1]}" "$\{(Q)PREFIX}" 2>/dev/null) || return 1
  directive=$\{answer##*:}
  [[ $directive == <-> ]] || return 1
  for line in "$\{(@f)answer%:*}"; do
    [[ -n $line ]] || continue
    line=$\{line//\\/\\\\}
    line=$\{line//:/\\:}
    candidates+=("$\{line/$'\t'/:}")
  done
  (( directive & 2 )) && end=(-S '')
  if (( $#candidates )); then
    _describe -t words word candidates "$\{end[@]}"
  elif (( directive & 16 )); then
    compset -P '--[^=]#='
    compset -P 'oci:'
    _files -/
  elif ! (( directive & 4 )); then
    compset -P '--[^=]#='
    compset -P '(file|oci-archive):'
    _files
  else
    return 1
  fi
}
if [[ $funcstack[1] == _sealwright ]]; then _sealwright "$@"; else compdef _sealwright sealwright nv2; fi
`,
  fish: script`
# fish completion of sealwright and nv2
function __sealwright_complete --argument-names program
    set -l words (commandline -opc)
    set -e words[1]
    set -l current (string replace --all --regex '[\\\\\'"]' '' -- (commandline -ct))
    set -l answer (command $program __complete $words "$current" 2>/dev/null)
    or return
    set -l directive $answer[-1]
    set -e answer[-1]
    if set -q answer[1]
        printf '%s\n' $answer
        return
    end
    set -l start (string match --regex '^(?:--[^=]+=)?(?:file:|oci:|oci-archive:)?' -- "$current")
    set -l path (string sub --start (math 1 + (string length -- "$start")) -- "$current")
    switch $directive
        case :0
            for file in (__fish_complete_path "$path")
                printf '%s%s\n' "$start" $file
            end
        case :16
            for file in (__fish_complete_directories "$path" '')
                printf '%s%s\n' "$start" $file
            end
    end
end
complete --command sealwright --no-files --arguments '(__sealwright_complete sealwright)'
complete --command nv2 --no-files --arguments '(__sealwright_complete nv2)'
`,
  powershell: script`
# PowerShell completion of sealwright and nv2
Register-ArgumentCompleter -Native -CommandName sealwright, nv2 -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $before = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition })
    $words = @($before | ForEach-Object { $_.Extent.Text -replace '[''"\`]', '' })
    $program = if ($words[0] -match '(?:^|[\\/])nv2(?:\.\w+)?$') { 'nv2' } else { 'sealwright' }
    $words = @($words | Select-Object -Skip 1) + ($wordToComplete -replace '[''"\`]', '')
    # Before 7.3, PowerShell drops an argument that is empty.
    if ($PSVersionTable.PSVersion -lt [version]'7.3' -and $words[-1] -eq '') { $words[-1] = '""' }
    $answer = @(& $program __complete @words 2>$null)
    if ($answer.Count -eq 0) { return }
    $directive = [int]$answer[-1].Substring(1)
    $lines = @($answer | Select-Object -SkipLast 1)
    # Where nothing is offered, PowerShell completes files; where none belong, an empty word keeps it from that.
    if ($lines.Count -eq 0 -and ($directive -band 4)) { return '' }
    foreach ($line in $lines) {
        $value, $about = $line -split "\`t", 2
        if (-not $about) { $about = $value }
        $text = $value
        if ($text -notmatch '^[\w./:=+-]+$') { $text = "'" + ($text -replace "['\u2018-\u201b]", '$0$0') + "'" }
        if (-not ($directive -band 2)) { $text += ' ' }
        [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $about)
    }
}
`,
}
