package engine_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
)

// lies are what a vendor may say and do of a file while it is on its way. In the end it brings the right one.
var lies = map[string]func(growing){
	"more than there is": func(g growing) {
		g.append([]byte("#!"))
		g.settle(1 << 40)
	},
	"nothing there": func(g growing) { g.settle(100) },
	"a link": func(g growing) {
		require.NoError(g.t, os.Symlink("/etc/passwd", g.path()))
		g.settle(100)
	},
	"a folder": func(g growing) {
		require.NoError(g.t, os.Mkdir(g.path(), 0o755))
		g.settle(100)
	},
	"overwritten": func(g growing) {
		g.append([]byte("#!/bin/XX\n"))
		require.NoError(g.t, os.WriteFile(g.path(), bytes.Repeat([]byte("x"), 10), 0o644))
	},
	"shrunk": func(g growing) {
		g.append([]byte("#!/bin/XX\n"))
		require.NoError(g.t, os.Truncate(g.path(), 3))
	},
	"taken back": func(g growing) {
		g.append([]byte("#!/bin/XX\n"))
		g.settle(2)
		g.settle(0)
		g.settle(10)
	},
	"swapped": func(g growing) {
		g.append([]byte("#!/bin/XX\n"))
		require.NoError(g.t, os.Rename(g.path(), g.path()+".old"))
		g.append([]byte("#!/bin/YY\n"))
	},
	"too long": func(g growing) { g.append(bytes.Repeat([]byte("#!/bin/sh\n"), 100_000)) },
	"other paths in turn": func(g growing) {
		g.append([]byte("#!/bin/XX\n"))
		for i := range 100 {
			g.report(provisioner.Progress{File: g.file.Name, Path: fmt.Sprint(i), Settled: 10})
		}
	},
	"a path out of the folder": func(g growing) {
		g.report(provisioner.Progress{File: g.file.Name, Path: "../../../../etc/passwd", Settled: 10})
		g.report(provisioner.Progress{File: g.file.Name, Path: "/etc/passwd", Settled: 10})
	},
	"no file": func(g growing) {
		g.append([]byte("#!/bin/XX\n"))
		g.report(provisioner.Progress{Path: filepath.Base(g.path()), Settled: 10})
	},
	"no path": func(g growing) { g.report(provisioner.Progress{File: g.file.Name, Settled: 10}) },
	"a file that is not of the release": func(g growing) {
		g.report(provisioner.Progress{File: "other", Path: filepath.Base(g.path()), Settled: 10})
	},
	"less than nothing": func(g growing) {
		g.report(provisioner.Progress{File: g.file.Name, Path: filepath.Base(g.path()), Done: -5, Total: -7, Settled: -1})
	},
}

func (g growing) report(p provisioner.Progress) {
	p.Phase = provisioner.Downloading
	g.req.Report(p)
}

func TestProvision_ignoresWrongProgressReports(t *testing.T) {
	for name, lie := range lies {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			v := &fakeVendor{}
			v.offer("1.0.0", "worker.tar.gz", tarGz(t, "cpu-llm-worker-rbee", "#!/bin/sh\n"))
			library := v.offer("0.0.0", "library", []byte("a library"))
			release := &v.releases[0]
			release.Files = append(release.Files, library.Files...)
			v.releases = v.releases[:1]
			h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
			v.onFetch = func(_ context.Context, req provisioner.FetchRequest) error {
				for _, file := range release.Files { // both at once
					lie(growing{t, req, file})
				}
				return nil
			}
			result, err := h.provision(linuxCPU)
			require.NoError(t, err)
			require.Equal(t, "#!/bin/sh\n", content(t, result.Worker.Path))
			require.Equal(t, "a library", content(t, filepath.Join(filepath.Dir(result.Worker.Path), "library")))
		})
	}
}

// stops are the moments of a Fetch at which it is cancelled, by the number of pieces that came before.
const stops = 6

func TestProvision_cancelledAtAnyMomentLeavesNothingBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	for stop := range stops {
		v := &fakeVendor{}
		release := v.offer("1.0.0", "worker.tar.gz", tarGz(t, "cpu-llm-worker-rbee", "#!/bin/sh\n", "data",
			strings.Repeat("x", 1<<20)))
		archive := v.contents["worker.tar.gz"]
		v.contents = nil
		h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
		ctx, cancel := context.WithCancel(t.Context())
		v.onFetch = func(ctx context.Context, req provisioner.FetchRequest) error {
			g := growing{t, req, release.Files[0]}
			for i := range stops {
				if i == stop {
					cancel()
				}
				g.append(archive[i*len(archive)/stops : (i+1)*len(archive)/stops])
			}
			<-ctx.Done()
			require.NoError(t, os.Remove(g.path()))
			return ctx.Err()
		}
		var ends []provisioner.Action
		req := linuxCPU
		req.OnEvent = func(e provisioner.Event) {
			if e.Action.IsTerminal() {
				ends = append(ends, e.Action)
			}
		}
		_, err := h.Provision(ctx, req)
		require.Equal(t, provisioner.Cancelled, provisioner.KindOf(err))
		require.Equal(t, []provisioner.Action{provisioner.ActionCancelled}, ends)
		h.requireUntouched(t)
	}
	const own = 1 // Eventually's
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+own }, 10*time.Second, time.Millisecond)
}
