package dev.bulkhead.runtime.cli;

/**
 * A shell that completes command lines. Its script asks the program itself, by the hidden command
 * {@value #QUESTION}, so that what is offered is always what the installed program knows.
 */
public enum Shell {
  BASH,
  ZSH,
  FISH;

  /**
   * The command that scripts ask: behind it and "--" stand the words up to the cursor; it prints
   * {@link Completion#lines}.
   */
  public static final String QUESTION = "__complete";

  /** The name of the shell's program. */
  public String shellName() {
    return switch (this) {
      case BASH -> "bash";
      case ZSH -> "zsh";
      case FISH -> "fish";
    };
  }

  /** The script that a user loads, for a program of this name. */
  public String script(String program) {
    String template =
        switch (this) {
          case BASH -> BASH_SCRIPT;
          case ZSH -> ZSH_SCRIPT;
          case FISH -> FISH_SCRIPT;
        };
    String function = "_" + program.replace("-", "_") + "_complete";
    return template
        .replace("@FUNCTION@", function)
        .replace("@PROGRAM@", program)
        .replace("@QUESTION@", QUESTION);
  }

  // Readline breaks words at '=' and ':' too, so the words are taken from the line itself and what
  // readline has already behind it is cut from the answers.
  private static final String BASH_SCRIPT =
      """
      # Completion of @PROGRAM@ for bash. Load it by: source <(@PROGRAM@ completion bash)
      @FUNCTION@() {
        local line="${COMP_LINE:0:COMP_POINT}" kind candidate
        local -a words answers
        read -ra words <<<"$line"
        [[ $line == *[[:space:]] ]] && words+=("")
        local current="${words[-1]}"
        local done="${current%"${current##*[=:]}"}"
        COMPREPLY=()
        mapfile -t answers < <("${words[0]/#\\~/$HOME}" @QUESTION@ -- "${words[@]:1}" 2>/dev/null)
        kind="${answers[0]}"
        for candidate in "${answers[@]:1}"; do
          candidate="${candidate%%$'\\t'*}"
          COMPREPLY+=("${candidate#"$done"}")
        done
        local path="${current#-*=}"
        case "$kind" in
          file) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$path") ;;
          directory) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$path") ;;
          *) return ;;
        esac
        compopt -o filenames
      }
      complete -F @FUNCTION@ @PROGRAM@
      """;

  private static final String ZSH_SCRIPT =
      """
      #compdef @PROGRAM@
      # Completion of @PROGRAM@ for zsh. Load it by: source <(@PROGRAM@ completion zsh)
      @FUNCTION@() {
        local kind answer
        local -a answers candidates
        answers=("${(@f)$("${(Q)words[1]}" @QUESTION@ -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
        kind="$answers[1]"
        for answer in "${(@)answers[2,-1]}"; do
          candidates+=("${${answer%%$'\\t'*}//:/\\\\:}:${answer#*$'\\t'}")
        done
        (( $#candidates )) && _describe -V @PROGRAM@ candidates
        [[ $kind == none ]] && return
        compset -P '-*='
        case $kind in
          file) _files ;;
          directory) _files -/ ;;
        esac
      }
      if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
        @FUNCTION@ "$@"
      else
        compdef @FUNCTION@ @PROGRAM@
      fi
      """;

  private static final String FISH_SCRIPT =
      """
      # Completion of @PROGRAM@ for fish. Load it by: @PROGRAM@ completion fish | source
      function @FUNCTION@
        set -l words (commandline -opc)
        set -l current (commandline -ct)
        set -l answers ($words[1] @QUESTION@ -- $words[2..-1] "$current" 2>/dev/null)
        set -l kind $answers[1]
        printf '%s\\n' $answers[2..-1]
        set -l path (string replace -r -- '^-[^=]*=' '' "$current")
        set -l before (string sub -l (math (string length -- "$current") - (string length -- "$path")) -- "$current")
        switch $kind
          case file
            printf "$before%s\\n" (__fish_complete_path "$path")
          case directory
            printf "$before%s\\n" (__fish_complete_directories "$path" '')
        end
      end
      complete -c @PROGRAM@ -f -a '(@FUNCTION@)'
      """;
}
