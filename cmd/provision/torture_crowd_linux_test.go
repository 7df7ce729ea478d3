package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// crowd is many processes at once on one catalog.
type crowd struct {
	*tortured
	kept      string // an entry that nobody removes
	installed atomic.Int64
	commands  atomic.Int64
}

func TestCatalog_manyProcessesLoseNoEntryAndFetchNothingTwice(t *testing.T) {
	processes, lasts := 8, 3*time.Second
	if isLong() {
		processes, lasts = 32, time.Minute
	}
	c := &crowd{tortured: torture(t, t.TempDir())}
	for range 4 {
		c.publish(1 << 10)
	}
	c.kept = strings.TrimSpace(c.must(success, "kept-llm", "--platform", "linux/amd64"))
	c.installed.Add(1)
	seeds := make([]uint64, processes)
	for i := range seeds {
		seeds[i] = c.random.Uint64()
	}
	end := time.Now().Add(lasts)
	var wg sync.WaitGroup
	for _, seed := range seeds {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(seed, 0))
			for time.Now().Before(end) && !t.Failed() {
				if err := c.act(random); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	c.requireAllVerify()
	require.FileExists(t, c.kept)
	require.EqualValues(
		t,
		c.installed.Load(),
		c.fetches(),
		"each installation fetched once, and nothing else was fetched",
	)
	t.Logf(
		"%d processes ran %d commands, which installed %d times by %d fetches",
		processes,
		c.commands.Load(),
		c.installed.Load(),
		c.fetches(),
	)
}

// act runs one command that a user may run at any moment.
func (c *crowd) act(random *rand.Rand) error {
	version := versionOf(1 + random.IntN(c.published))
	args := [][]string{
		append(install(version), "--json"), append(install(version), "--json"),
		append(install(version), "--json", "--force"),
		{"remove", idOf(version)}, {"prune", "cpu-llm", "--keep", "2"}, {"list", "--json"},
		{"which", "kept-llm", "--platform", "linux/amd64"}, {"verify"}, {"verify", "--repair"},
		{"resolve", "cpu-llm", "--platform", "linux/amd64"},
	}[random.IntN(10)]
	code, stdout, stderr := c.run(args...)
	c.commands.Add(1)
	if code != 0 && (code != 3 || args[0] != "remove") {
		return fmt.Errorf("exit code %d of provision %s: %s%s", code, strings.Join(args, " "), stdout, stderr)
	}
	switch {
	case strings.HasPrefix(args[0], "cpu-llm"):
		var result struct{ Installed bool }
		if err := json.Unmarshal([]byte(stdout), &result); err != nil {
			return err
		}
		if result.Installed {
			c.installed.Add(1)
		}
	case args[0] == "list" && !strings.Contains(stdout, c.kept):
		return fmt.Errorf("the entry that nobody removes is not listed: %s", stdout)
	case args[0] == "which" && strings.TrimSpace(stdout) != c.kept:
		return fmt.Errorf("the entry that nobody removes is not found: %s", stdout)
	}
	return nil
}

// fetches counts the downloads that were begun.
func (c *crowd) fetches() (n int) {
	for _, request := range c.server.Requests() {
		if strings.HasPrefix(request, "storage GET ") {
			n++
		}
	}
	return n
}
