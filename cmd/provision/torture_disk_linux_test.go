package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// mount makes dir a file system of its own of so many bytes, which is gone after the test.
func mount(t *testing.T, dir, options string) {
	t.Helper()
	err := unix.Mount("tmpfs", dir, "tmpfs", 0, options)
	if errors.Is(err, fs.ErrPermission) {
		t.Skip("only root may mount a file system")
	}
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, unix.Unmount(dir, unix.MNT_DETACH)) })
}

func TestFullDisk_isReportedAndHarmsNothing(t *testing.T) {
	home := t.TempDir()
	mount(t, home, "size=2m")
	c := torture(t, home)
	const library = 300 << 10
	var fitting []string
	for {
		version := c.publish(library)
		code, _, stderr := c.run(install(version)...)
		if code == 0 {
			fitting = append(fitting, version)
			require.Less(t, len(fitting), 10, "it is never full")
			continue
		}
		require.Equal(t, 1, code, stderr)
		require.Regexp(t, "no space left|not enough space|free space|disk", stderr)
		break
	}
	require.NotEmpty(t, fitting)
	c.requireAllVerify()
	list, err := c.workers.List()
	require.NoError(t, err)
	require.Len(t, list, len(fitting), "the old ones are there")
	for len(fitting) > 0 { // also with nothing left to write a word of state
		c.must(success, "remove", idOf(fitting[0]))
		fitting = fitting[1:]
	}
	c.must(success, install(c.newest())...)
	c.requireAllVerify()
}

func TestFullDisk_canBeReadAndFreed(t *testing.T) {
	home := t.TempDir()
	mount(t, home, "size=1m")
	c := torture(t, home)
	version := c.publish(1 << 10)
	path := c.must(success, install(version)...)
	filler := filepath.Join(home, "filler")
	f, err := os.Create(filler)
	require.NoError(t, err)
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	require.ErrorIs(t, err, unix.ENOSPC)
	require.NoError(t, f.Close())

	require.Equal(t, path, c.must(success, install(version)...))
	require.Equal(t, path, c.must(success, "which", "cpu-llm", "--platform", "linux/amd64"))
	c.must(success, "verify")
	newer := c.publish(100 << 10)
	code, _, stderr := c.run(install(newer)...)
	require.Equal(t, 1, code, stderr)
	c.requireAllVerify()
	require.NoError(t, os.Remove(filler))
	c.must(success, install(newer)...)
	c.requireAllVerify()
}

func TestReadOnlyCache_isRead(t *testing.T) {
	home := t.TempDir()
	mount(t, home, "size=4m")
	c := torture(t, home)
	version := c.publish(1 << 10)
	path := c.must(success, install(version)...)
	require.Eventually(t, func() bool { // the kernel forgets a moment later what a vendor's sandbox was about
		return unix.Mount("", home, "", unix.MS_REMOUNT|unix.MS_RDONLY, "") == nil
	}, 20*time.Second, 10*time.Millisecond)

	require.Contains(t, c.must(success, "list"), version)
	require.Equal(t, path, c.must(success, "which", "cpu-llm", "--platform", "linux/amd64"))
	require.Contains(t, c.must(success, "resolve", "cpu-llm", "--platform", "linux/amd64"), version)
	c.must(success, "verify")
	require.Equal(t, path, c.must(success, append(install(version), "--offline")...))
	require.Equal(t, path, c.must(success, install(version)...))

	for _, args := range [][]string{install(c.publish(1 << 10)), {"remove", idOf(version)}} {
		code, _, stderr := c.run(args...)
		require.Equal(t, 1, code)
		require.Contains(t, stderr, "read-only file system")
	}
}

func TestVerify_findsAndRepairsAllDamage(t *testing.T) {
	rounds := 1
	if isLong() {
		rounds = 10
	}
	c := torture(t, t.TempDir())
	version := c.publish(10 << 10)
	path := strings.TrimSpace(c.must(success, install(version)...))
	dir := filepath.Dir(path)
	damages := 0
	for range rounds {
		for _, name := range []string{"metadata.json", "provenance.json", "worker", "lib/lib.so"} {
			for _, damage := range []func([]byte) []byte{c.truncate, c.flip, func([]byte) []byte { return nil }} {
				file := filepath.Join(dir, name)
				whole, err := os.ReadFile(file)
				require.NoError(t, err)
				content := damage(append([]byte(nil), whole...))
				for name == "metadata.json" && len(content) == len(whole) && isFreeText(whole, content) {
					content = damage(append([]byte(nil), whole...))
				}
				info, err := os.Stat(file)
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(file, content, info.Mode().Perm()))
				code, stdout, stderr := c.run("verify")
				require.Equal(
					t,
					5,
					code,
					"%s of %d bytes, damaged to %d: %s%s",
					name,
					len(whole),
					len(content),
					stdout,
					stderr,
				)
				c.must(success, "verify", "--repair")
				c.must(success, "verify")
				c.requireAllVerify()
				damages++
			}
		}
	}
	t.Logf("%d damages were all found and repaired", damages)
}

// freeText is what in a record may be one thing as well as another: a time, and where the catalog was when it was
// written. The file's last byte may be a newline.
var freeText = regexp.MustCompile(`(?:_at|path|last_accessed)": "[^"]*"|\n$`)

// isFreeText reports whether two records differ in such a place.
func isFreeText(a, b []byte) bool {
	for _, span := range freeText.FindAllIndex(a, -1) {
		if !bytes.Equal(a[span[0]:span[1]], b[span[0]:span[1]]) {
			return true
		}
	}
	return false
}

// truncate takes at least two bytes: the last one may be a newline, without which a record is as good.
func (c *tortured) truncate(content []byte) []byte { return content[:1+c.random.IntN(len(content)-2)] }

func (c *tortured) flip(content []byte) []byte {
	content[c.random.IntN(len(content))] ^= 1 << c.random.IntN(8)
	return content
}
