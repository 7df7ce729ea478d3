package printable_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog/printable"
)

func TestName_quotesOnlyWhatATerminalHides(t *testing.T) {
	require.Equal(t, "größe 1", printable.Name("größe 1"))
	require.Equal(t, `"a\x1b[2Jb"`, printable.Name("a\x1b[2Jb"))
	require.Equal(t, `"a\xffb"`, printable.Name("a\xffb"))
	require.Equal(t, `"a\u202eb"`, printable.Name("a\u202eb"))
}

func TestLine_removesEscapeSequencesAndControlCharacters(t *testing.T) {
	require.Equal(t, "red text", printable.Line("\x1b[31mred\x1b[0m\ttext \r\n"))
	require.Equal(t, "title", printable.Line("\x1b]0;owned\x07ti\x00tle"))
	require.Equal(t, "a\uFFFDb", printable.Line("a\xffb"))
	require.Empty(t, printable.Line("\x1b[2J \t"))
}

func TestText_keepsLinesAndTabs(t *testing.T) {
	require.Equal(t, "a\n\tb", printable.Text("a\r\n\t\x1bb\u202e"))
	require.Equal(t, "a\uFFFDb", printable.Text("a\xffb"))
}
