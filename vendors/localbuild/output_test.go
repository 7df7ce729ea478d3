package localbuild

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
)

func TestOutputIsToldLineByLine(t *testing.T) {
	var log bytes.Buffer
	var packages, lines []string
	o := &output{log: &log, tell: func(p provisioner.Progress) {
		packages, lines = append(packages, p.File), append(lines, p.Message)
	}}
	for _, part := range []string{"net/ht", "tp\n\n# worker\r\n./main.go:3:2:\tun", "defined: x"} {
		n, err := io.WriteString(o, part)
		require.NoError(t, err)
		require.Equal(t, len(part), n)
	}
	o.endLine()
	o.endLine()
	require.Equal(t, []string{"net/http", "", ""}, packages)
	require.Equal(t, []string{"", "# worker", "./main.go:3:2: undefined: x"}, lines)
	require.Equal(t, lines[1:], o.tail, "names of packages explain no failure")
	require.Equal(t, "net/http\n\n# worker\r\n./main.go:3:2:\tundefined: x", log.String())
}

func TestOutputRemembersTheLastLinesAlone(t *testing.T) {
	o := &output{log: io.Discard, tell: func(provisioner.Progress) {}}
	for i := range 100 {
		fmt.Fprintf(o, "line %d\n", i)
	}
	require.Len(t, o.tail, tailLines)
	require.Equal(t, "line 99", o.tail[tailLines-1])
}

func TestOutputIsBoundedAndPlain(t *testing.T) {
	var log bytes.Buffer
	var told string
	o := &output{log: &log, tell: func(p provisioner.Progress) { told = p.Message }}
	line := "\x1b[31m\xff" + strings.Repeat("é", maxLine) + "\n"
	io.WriteString(o, line)
	require.LessOrEqual(t, len(told), maxLine+len("\ufffd"))
	require.True(t, strings.HasPrefix(told, "[31m\ufffdéé"), told)
	require.Equal(t, line, log.String())
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestALogThatCanNotBeWrittenIsAnError(t *testing.T) {
	_, err := (&output{log: fullDisk{}, tell: func(provisioner.Progress) {}}).Write([]byte("x"))
	require.ErrorContains(t, err, "write build log: no space left")
}
