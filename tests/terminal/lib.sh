# lib.sh: a real terminal for tests, which source this file from the folder
# above tests/ and end with `terminal_run TEST...`, the names of functions.
#
# Each TEST runs in a subshell with an empty folder, $scratch, and a tmux
# server of its own, and fails as soon as one of the functions below does not
# find what it waits for.  Nothing sleeps for a fixed time: the screen is
# looked at until it shows what is waited for, or PATIENCE (20) seconds went.
#
#	terminal_start COLUMNS ROWS COMMAND...	in $scratch
#	terminal_keys KEY...		named as in tmux: Enter F5 C-g M-x q
#	terminal_type TEXT		as it is
#	terminal_bytes HH...		raw input in hex, such as a mouse report
#	terminal_wait REGEX		until a line of the screen matches (ERE)
#	terminal_wait_gone REGEX	until none does
#	terminal_wait_until COMMAND...	until that succeeds
#	terminal_screen [-e]		the screen as text (with colours)
#	terminal_line N			its Nth line, from 1
#	terminal_cursor			COLUMN ROW, from 0
#	terminal_resize COLUMNS ROWS
#	terminal_process		the program's process
#	terminal_wait_exit STATUS	until it ended, with that status and with
#					the terminal as it was before
#	terminal_wait_ended		until it ended, however that was
#	terminal_wait_restored		until the terminal is as it was before
#	fail MESSAGE

: "${OCTAVO:=build/octavo}"
case $OCTAVO in /*) ;; *) OCTAVO=$PWD/$OCTAVO ;; esac
export OCTAVO LC_ALL=C.UTF-8 TZ=UTC
unset TMUX TMUX_PANE COLUMNS LINES
unset XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME XDG_DATA_HOME
: "${PATIENCE:=20}"

tmux_here() {
	tmux -u -f "$scratch/.conf" -S "$scratch/.tmux$server" "$@"
}

fail() {
	echo "# $*"
	[ ! -S "$scratch/.tmux$server" ] || terminal_screen | sed 's/^/# |/'
	exit 1
}

# The shell around the program keeps what it needs to tell how that ended, and
# holds the terminal open for a look at it.
terminal_start() {
	columns=$1 rows=$2
	shift 2
	# A server that was told to end may still be there: never its socket.
	server=$((server + 1))
	rm -f "$scratch/.ended" "$scratch/.status"
	cat >"$scratch/.around" <<-'END'
	stty -g >.modes-before
	sh -c 'echo $$ >.process; exec "$@"' - "$@"
	echo $? >.status
	stty -g >.modes-after
	: >.ended
	exec sleep 1000
	END
	term=tmux-256color
	infocmp $term >/dev/null 2>&1 || term=screen-256color
	cat >"$scratch/.conf" <<-END
	set -g default-terminal "${TERMINAL:-$term}"
	set -g status off
	set -sg escape-time 0
	set -g update-environment ""
	END
	tmux_here new-session -d -x "$columns" -y "$rows" -c "$scratch" \
		sh "$scratch/.around" "$@" || fail "tmux does not start"
}

terminal_keys() {
	tmux_here send-keys -- "$@"
}

# tmux takes a semicolon at the end of an argument for its own.
terminal_type() {
	case $1 in
	*\;) tmux_here send-keys -l -- "${1%;}\;" ;;
	*) tmux_here send-keys -l -- "$1" ;;
	esac
}

terminal_bytes() {
	tmux_here send-keys -H "$@"
}

terminal_screen() {
	tmux_here capture-pane -p "$@"
}

terminal_line() {
	terminal_screen | sed -n "${1}p"
}

terminal_cursor() {
	tmux_here display-message -p '#{cursor_x} #{cursor_y}'
}

terminal_resize() {
	tmux_here resize-window -x "$1" -y "$2"
}

terminal_process() {
	cat "$scratch/.process"
}

terminal_wait_until() {
	terminal_deadline=$(($(date +%s) + PATIENCE))
	until "$@"; do
		[ "$(date +%s)" -lt $terminal_deadline ] || fail "never came: $*"
		sleep 0.02
	done
}

terminal_shows() {
	terminal_screen | grep -qE -e "$1"
}

terminal_shows_no() {
	! terminal_shows "$1"
}

terminal_wait() {
	terminal_wait_until terminal_shows "$1"
}

terminal_wait_gone() {
	terminal_wait_until terminal_shows_no "$1"
}

terminal_wait_ended() {
	terminal_wait_until test -e "$scratch/.ended"
}

# Modes of the line, and what the program may have asked the terminal for.
terminal_restored() {
	cmp -s "$scratch/.modes-before" "$scratch/.modes-after" &&
		[ "$(tmux_here display-message -p '#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{keypad_flag} #{keypad_cursor_flag}')" = "0 1 0 0 0" ]
}

terminal_wait_restored() {
	terminal_wait_until terminal_restored
}

terminal_wait_exit() {
	terminal_wait_ended
	[ "$(cat "$scratch/.status")" = "$1" ] ||
		fail "ended with status $(cat "$scratch/.status"), not $1"
	terminal_wait_restored
}

terminal_run_one() {
	scratch=$(mktemp -d) server=0 || exit 2
	export HOME="$scratch"
	# Whatever a file looks like; those of text mode ask for it.
	mkdir -p "$scratch/.config/octavo"
	echo 'set mode=hex' >"$scratch/.config/octavo/config"
	trap 'tmux_here kill-server 2>/dev/null; rm -rf "$scratch"' EXIT
	trap 'exit 2' HUP INT TERM
	"$1" || fail "$1 failed"
}

terminal_run() {
	echo "1..$#"
	terminal_number=0 terminal_failed=0
	for terminal_test; do
		terminal_number=$((terminal_number + 1))
		if terminal_said=$(terminal_run_one "$terminal_test" 2>&1); then
			echo "ok $terminal_number - $terminal_test"
		else
			terminal_failed=1
			echo "not ok $terminal_number - $terminal_test"
			echo "$terminal_said"
		fi
	done
	exit $terminal_failed
}
