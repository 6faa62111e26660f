# Completion of octavo for bash: . contrib/completions/octavo.bash
#
# Every name comes from the program's own tables.

_octavo() {
	local program=$1 word=$2 before=$3 words

	case $before in
	-c)
		words=$("$program" --no-config --list commands |
			sed 's/^\[[A-Z]*\] //; s/[][! ].*//')
		;;
	-k)
		words=$("$program" -h | sed -n 's/.*keymap: //p' | tr -d ,)
		;;
	--recover)
		words="finish undo ignore"
		;;
	--list)
		words="commands keys options"
		;;
	*)
		[[ $word == -* ]] || return 0
		words=$("$program" -h | sed -n 's/^  -/-/p' |
			grep -oE -e '(^| )--?[A-Za-z][a-z-]*')
		;;
	esac 2>/dev/null
	COMPREPLY=($(compgen -W "$words" -- "$word"))
}

complete -o default -F _octavo octavo
