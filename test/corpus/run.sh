#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The corpus check: real captures against what tshark and tcpdump said of them (corpus-differences.md explains what remains).
#
#   CORPUS=DIR test/corpus/run.sh       the corpus directory; ../shared/corpus beside the checkout by default
#   CORPUS_FULL=1                       every filter on every file instead of a sample (about a minute more)
. "$(dirname "$0")/../lib.sh"
CORPUS=${CORPUS:-$TOP/../shared/corpus}
[ -f "$CORPUS/check.sh" ] || { skip corpus "no corpus at $CORPUS"; exit 0; }
need python3

# Fields, and that nothing crashes or hangs on the malformed set.
if ! CORPUS=$CORPUS sh "$CORPUS/check.sh" --skip filters,bpf --report "$TMP/report.tsv" --report-limit 1000000 >"$TMP/fields" 2>&1; then
	not_ok "corpus fields" "$(tail -n 3 "$TMP/fields")"
fi
for group in captures derived malformed; do
	crashes=$(sed -n "s/^== fields, $group: .* crashes or timeouts \([0-9]*\)/\1/p" "$TMP/fields")
	same "corpus $group without a crash" "$crashes" 0
done
python3 test/corpus/score.py "$CORPUS" "$TMP/report.tsv" \
	$(nwexport --list-fields | awk '$2 == "protocol" { print $1 }') >"$TMP/score" || FAILED=1
cat "$TMP/score"
sed -n 's/^SCORE/# all frames, protocols of later issues too: SCORE/p' "$TMP/fields"

# Under the sanitizers a tenth of the expressions does: what they look for is not in the figures.
case $NWBOX in
*/san/*) sample=5 bpf='--sample 10' FILTERS_MIN=90 ;;
*) sample=20 bpf='' ;;
esac
[ -z "${CORPUS_FULL:-}" ] || sample=100 bpf=''

# Conversations and hierarchies, as --stats reports them.
python3 test/corpus/conv_vs_truth.py "$CORPUS" "$NWBOX" || FAILED=1
python3 test/corpus/phs_vs_truth.py "$CORPUS" "$NWBOX" || FAILED=1

# BPF: every expression of the truth must keep the same frames as libpcap does in tcpdump.
CORPUS=$CORPUS sh "$CORPUS/check.sh" --skip fields,filters $bpf >"$TMP/bpf" 2>&1
for group in captures derived; do
	line=$(grep "^== bpf, $group:" "$TMP/bpf")
	same "corpus bpf $group" "$(echo "$line" | sed -n 's/.* run, agree \([0-9.]*%\).*/\1/p')" 100.00%
done

# What is said of packets in the light of those before them. The sanitizers do not change what is said.
case $NWBOX in
*/san/*) ;;
*)
	if command -v tshark >/dev/null; then
		python3 "$TOP/test/corpus/findings_vs_tshark.py" "$NWBOX" "$CORPUS" || FAILED=1
	else
		skip "corpus findings" "tshark is not installed"
	fi
	;;
esac

# Display filters: of those that match some but not all frames of a file.
CORPUS=$CORPUS sh "$CORPUS/check.sh" --group captures --skip fields,bpf --nontrivial --sample $sample \
	--report "$TMP/filters.tsv" >"$TMP/filters" 2>&1
score=$(sed -n 's/^SCORE .* filters \([0-9.]*\) .*/\1/p' "$TMP/filters")
if [ "$(echo "${score:-0} ${FILTERS_MIN:-97}" | awk '{ print ($1 >= $2) }')" = 1 ]; then
	ok "corpus filters ($score % agree)"
else
	not_ok "corpus filters" "only ${score:-no} % agree: $(tail -n 5 "$TMP/filters")"
fi
exit $FAILED
