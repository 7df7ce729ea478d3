package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// deed is an operation that is killed at a random moment.
type deed struct {
	name    string
	prepare func(*tortured) []string // what is to be so before; returns the command
	codes   []int                    // of the command when it is repeated
	damaged func(*tortured) []string // entries that were so before, and still may be when it was killed
	after   func(*tortured)          // what has to be so once it was repeated
}

// base is the version that most deeds are done to.
const base = "0.0.1"

// deeds are all that changes the catalog.
var deeds = []deed{
	{
		name: "install",
		prepare: func(c *tortured) []string {
			c.must([]int{0, 3}, "remove", idOf(base))
			return install(base)
		},
		codes: success,
		after: func(c *tortured) { require.True(c, c.workers.Contains(idOf(base))) },
	},
	{
		name: "upgrade",
		prepare: func(c *tortured) []string {
			c.must(success, install(base)...)
			c.publish(libraryBytes)
			return []string{"cpu-llm", "--platform", "linux/amd64"}
		},
		codes: success,
		after: func(c *tortured) { require.True(c, c.workers.Contains(idOf(c.newest()))) },
	},
	{
		name: "replace",
		prepare: func(c *tortured) []string {
			c.must(success, install(base)...)
			return append(install(base), "--force")
		},
		codes: success,
		after: func(c *tortured) { require.True(c, c.workers.Contains(idOf(base))) },
	},
	{
		name: "remove",
		prepare: func(c *tortured) []string {
			c.must(success, install(base)...)
			return []string{"remove", idOf(base)}
		},
		codes: []int{0, 3}, // it may have been done when it was killed
		after: func(c *tortured) { require.False(c, c.workers.Contains(idOf(base))) },
	},
	{
		name: "prune",
		prepare: func(c *tortured) []string {
			c.must(success, install(base)...)
			c.must(success, install("0.0.2")...)
			c.must(success, install("0.0.3")...)
			return []string{"prune", "--keep", "1"}
		},
		codes: success,
		after: func(c *tortured) {
			list, err := c.workers.List()
			require.NoError(c, err)
			require.Len(c, list, 1)
		},
	},
	{
		name: "repair",
		prepare: func(c *tortured) []string {
			c.must(success, install(base)...)
			w, err := c.workers.Get(idOf(base))
			require.NoError(c, err)
			require.NoError(c, os.Truncate(w.Path, 3))
			return []string{"verify", "--repair"}
		},
		codes:   success,
		damaged: func(*tortured) []string { return []string{idOf(base)} },
		after:   func(c *tortured) { require.True(c, c.workers.Contains(idOf(base))) },
	},
	{
		name: "import",
		prepare: func(c *tortured) []string {
			archive := filepath.Join(c.TempDir(), "workers.tar.zst")
			c.must(success, install(base)...)
			c.must(success, "export", idOf(base), "-o", archive)
			c.must(success, "remove", idOf(base))
			return []string{"import", archive}
		},
		codes: success,
		after: func(c *tortured) { require.True(c, c.workers.Contains(idOf(base))) },
	},
	{
		name: "export",
		prepare: func(c *tortured) []string {
			c.must(success, install(base)...)
			return []string{"export", idOf(base), "-o", filepath.Join(c.TempDir(), "workers.tar.zst")}
		},
		codes: success,
		after: func(c *tortured) { require.True(c, c.workers.Contains(idOf(base))) },
	},
}

// libraryBytes is what makes an installation long enough to be killed anywhere in it.
const libraryBytes = 1 << 20

// newest is the version that was published last.
func (c *tortured) newest() string { return versionOf(c.published) }

func TestKill_atAnyMomentLeavesWholeEntries(t *testing.T) {
	kills := len(deeds)
	if isLong() {
		kills = 500
	}
	c := torture(t, t.TempDir())
	for range 3 {
		c.publish(libraryBytes)
	}
	lasted := map[string]time.Duration{}
	for _, d := range deeds { // undisturbed, to know how long each takes
		args := d.prepare(c)
		start := time.Now()
		c.must(d.codes, args...)
		lasted[d.name] = time.Since(start)
	}
	killed, total := map[string]int{}, 0
	tries := 0
	for ; total < kills; tries++ {
		d := deeds[tries%len(deeds)]
		after := time.Duration(c.random.Int64N(int64(lasted[d.name])))
		if took := c.kill(d, after); took == 0 {
			killed[d.name]++
			total++
		} else {
			lasted[d.name] = took // it was done before: it takes less than was thought
		}
	}
	t.Logf(
		"%d killed in %d tries (%v): every entry verified each time, and each operation succeeded when it was repeated",
		total,
		tries,
		killed,
	)
	require.NoError(t, c.workers.Sweep(0))
	entries, err := os.ReadDir(c.workers.Home() + "/staging")
	require.NoError(t, err)
	require.Empty(t, entries, "swept")
}

// kill does a deed, kills it after a while, checks every entry, and has the deed repeated. It returns 0, or how long
// the deed took if it was done before.
func (c *tortured) kill(d deed, after time.Duration) (took time.Duration) {
	c.Helper()
	args := d.prepare(c)
	cmd := c.command(context.Background(), args...)
	start := time.Now()
	require.NoError(c, cmd.Start())
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	_ = cmd.Wait()
	timer.Stop()
	if cmd.ProcessState.Exited() {
		took = time.Since(start)
	}

	var damaged []string
	if d.damaged != nil {
		damaged = d.damaged(c)
	}
	c.requireAllVerify(damaged...)
	c.must(d.codes, args...)
	c.requireAllVerify()
	d.after(c)
	return took
}
