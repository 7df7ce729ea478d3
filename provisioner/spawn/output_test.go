package spawn

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheTailHasNothingThatATerminalObeys(t *testing.T) {
	for printed, want := range map[string]string{
		"plain":                          "plain",
		"\x1b[1;31mred\x1b[0m":           "red",
		"\x1b]0;title\x07text":           "text",
		"\x1b]8;;http://x\x1b\\link":     "link",
		"a\x00b\x07c\x7fd\u009be\u202ef": "abcdef",
		"tab\there  ":                    "tab here",
		"bad \xff byte":                  "bad \uFFFD byte",
		"progress 1%\rprogress 2%\r\n":   "progress 1%|progress 2%",
		"\n\n  \n":                       "",
		strings.Repeat("ä", maxTailLine): strings.Repeat("ä", maxTailLine/2) + "…",
		"\x1bcreset\x1b(B charset\x1b":   "reset charset",
	} {
		var o output
		_, err := o.Write([]byte(printed))
		require.NoError(t, err)
		require.Equal(t, want, strings.Join(o.tail(), "|"), "%q", printed)
	}
}

func TestItIsKnownWhenSomethingWasPrinted(t *testing.T) {
	var o output
	require.Zero(t, o.printed())
	began := time.Now()
	fmt.Fprint(&o, ".") // no line yet
	require.False(t, o.printed().Before(began))
}

func TestTheTailIsBounded(t *testing.T) {
	var o output
	for i := range 10_000 {
		fmt.Fprintf(&o, "line %d\n", i)
		require.LessOrEqual(t, len(o.kept), 2*maxKept)
	}
	tail := o.tail()
	require.Len(t, tail, maxTailLines)
	require.Equal(t, "line 9999", tail[maxTailLines-1])
	fmt.Fprint(&o, strings.Repeat("x", 10*maxKept))
	require.LessOrEqual(t, len(o.kept), 2*maxKept)
	require.Len(t, o.tail(), 1)
}
