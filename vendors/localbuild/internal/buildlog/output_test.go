package buildlog

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
)

func ignore(provisioner.Progress) {}

func TestOutput_reportsLines(t *testing.T) {
	var log bytes.Buffer
	var packages, lines []string
	o := &Output{Log: &log, hasPackages: true, Report: func(p provisioner.Progress) {
		packages, lines = append(packages, p.File), append(lines, p.Message)
	}}
	for _, part := range []string{"net/ht", "tp\n\n# worker\r\n./main.go:3:2:\tun", "defined: x"} {
		n, err := io.WriteString(o, part)
		require.NoError(t, err)
		require.Equal(t, len(part), n)
	}
	require.NoError(t, o.Flush())
	require.NoError(t, o.Flush())
	require.Equal(t, []string{"net/http", "", ""}, packages)
	require.Equal(t, []string{"", "# worker", "./main.go:3:2: undefined: x"}, lines)
	require.Equal(t, lines[1:], o.tail, "names of packages explain no failure")
	require.Equal(t, "net/http\n\n# worker\r\n./main.go:3:2:\tundefined: x\n", log.String())
}

func TestOutput_keepsOnlyTheLastLines(t *testing.T) {
	o := &Output{Log: io.Discard, Report: ignore}
	for i := range 100 {
		fmt.Fprintf(o, "line %d\n", i)
	}
	require.Len(t, o.tail, tailLines)
	require.Equal(t, "line 99", o.tail[tailLines-1])
}

func TestOutput_isBoundedAndPrintable(t *testing.T) {
	var log bytes.Buffer
	var told string
	o := &Output{Log: &log, Report: func(p provisioner.Progress) { told = p.Message }}
	line := "\x1b[31m\xff" + strings.Repeat("é", maxLine) + "\n"
	io.WriteString(o, line)
	require.LessOrEqual(t, len(told), maxLine+len("\ufffd"))
	require.True(t, strings.HasPrefix(told, "\ufffdéé"), told)
	require.Equal(t, line, log.String())
}

func TestOutput_hidesCredentialsInURLs(t *testing.T) {
	var log bytes.Buffer
	var told string
	o := &Output{Log: &log, Report: func(p provisioner.Progress) { told = p.Message }}
	o.Printf("fatal: unable to access 'https://user:hunter2@example.com/x/'")
	require.Equal(t, "fatal: unable to access 'https://example.com/x/'", told)
	require.NotContains(t, log.String(), "hunter2")
}

func TestKeepAlive_reportsASilentBuild(t *testing.T) {
	told := make(chan provisioner.Progress)
	o := &Output{Log: io.Discard, Report: func(p provisioner.Progress) { told <- p }}
	stop := o.KeepAlive(time.Millisecond)
	require.Equal(t, provisioner.Progress{Phase: provisioner.Building}, <-told)
	go func() {
		for range told {
		}
	}()
	stop()
	close(told)
}

func TestLog_isBoundedAndReplacesTheOldest(t *testing.T) {
	dir := t.TempDir()
	var first, last *Log
	for range maxLogs + 5 {
		log, err := New(dir, "1.0.0")
		require.NoError(t, err)
		require.NoError(t, log.Close())
		if first == nil {
			first = log
		}
		last = log
	}
	names, err := os.ReadDir(filepath.Join(dir, Folder))
	require.NoError(t, err)
	require.Len(t, names, maxLogs)
	require.NoFileExists(t, first.Path())
	require.FileExists(t, last.Path())

	log, err := New(dir, "1.0.0")
	require.NoError(t, err)
	defer log.Close()
	chunk := make([]byte, 1<<20)
	for range 2 * maxLog / len(chunk) {
		_, err := log.Write(chunk)
		require.NoError(t, err)
	}
	info, err := os.Stat(log.Path())
	require.NoError(t, err)
	require.InDelta(t, maxLog, info.Size(), float64(2*len(chunk)))
}
