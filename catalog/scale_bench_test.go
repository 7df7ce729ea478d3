package catalog

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// many is how many entries a catalog has to be fast with; few is what adding and removing is compared with.
const many, few = 10_000, 100

// fill puts entries of one type and platform in a catalog.
func fill(b *testing.B, entries int) *WorkerCatalog {
	b.Helper()
	c := newWorkers(b)
	for i := range entries {
		put(b, c, worker(c, fmt.Sprintf("1.%d.%d", i/100, i%100)))
	}
	return c
}

// put makes an entry as another program would, which is quicker.
func put(b *testing.B, c *WorkerCatalog, w WorkerBinary) {
	b.Helper()
	data, err := encodeRecord(w, w.AddedAt)
	require.NoError(b, err)
	writeRecord(b, c, w.ID, string(data))
	require.NoError(b, os.WriteFile(filepath.Join(c.WorkerPath(w.ID), filepath.Base(w.Path)), nil, 0o755))
}

// compare does both in turn, as often as the benchmark is run, and reports the first one's time, and that in multiples
// of the other's. The least times count: other programs only ever add to a time.
func compare(b *testing.B, do, other func()) {
	b.Helper()
	least, leastOther := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
	for b.Loop() {
		least, leastOther = min(least, took(do)), min(leastOther, took(other))
	}
	b.ReportMetric(0, "ns/op") // which would be that of both
	b.ReportMetric(float64(least.Microseconds()), "µs")
	b.ReportMetric(float64(least)/float64(leastOther), "times")
}

func took(do func()) time.Duration {
	start := time.Now()
	do()
	return time.Since(start)
}

// readNames reads the names in the catalog's folder, as cheaply as Go can.
func readNames(b *testing.B, c *WorkerCatalog) []string {
	f, err := os.Open(c.dir())
	require.NoError(b, err)
	defer f.Close()
	names, err := f.Readdirnames(-1)
	require.NoError(b, err)
	return names
}

func readRecord(b *testing.B, c *WorkerCatalog, folder string) []byte {
	data, err := os.ReadFile(filepath.Join(c.dir(), folder, RecordFile))
	require.NoError(b, err)
	return data
}

// findNaively reads and parses all records and takes the newest, as a catalog does that trusts no names.
func findNaively(b *testing.B, c *WorkerCatalog) (best WorkerBinary) {
	for _, folder := range readNames(b, c) {
		var r struct {
			Artifact WorkerBinary `json:"artifact"`
		}
		require.NoError(b, json.Unmarshal(readRecord(b, c, folder), &r))
		w := r.Artifact
		if w.WorkerType == CpuLlm && w.Platform == Current() &&
			(best.ID == "" || MustVersion(w.Version).Compare(MustVersion(best.Version)) > 0) {
			best = w
		}
	}
	return best
}

// BenchmarkMany holds a catalog of many entries against what its work can't do without.
func BenchmarkMany(b *testing.B) {
	c := fill(b, many)
	newest := worker(c, fmt.Sprintf("1.%d.%d", (many-1)/100, (many-1)%100)).ID
	find := func() {
		w, err := c.FindByTypeAndPlatform(CpuLlm, Current())
		require.NoError(b, err)
		require.Equal(b, newest, w.ID)
	}
	b.Run("find/names+record", func(b *testing.B) {
		compare(b, find, func() { readNames(b, c); readRecord(b, c, newest) })
	})
	b.Run("naive/find", func(b *testing.B) {
		compare(b, func() { require.Equal(b, newest, findNaively(b, c).ID) }, find)
	})
	b.Run("list/records", func(b *testing.B) {
		compare(b, func() {
			workers, err := c.List()
			require.NoError(b, err)
			require.Len(b, workers, many)
		}, func() {
			for _, folder := range readNames(b, c) {
				readRecord(b, c, folder)
			}
		})
	})
}

// BenchmarkForeign holds finding among foreign IDs, of which names tell nothing, against reading their records too.
func BenchmarkForeign(b *testing.B) {
	c := fill(b, many-few)
	var records []string
	for i := range few {
		w := workerAs(c, fmt.Sprintf("llm-worker-rbee-cpu-0.1.%d", i), CpuLlm, Current(), fmt.Sprintf("0.1.%d", i))
		put(b, c, w)
		records = append(records, w.ID)
	}
	b.Run("find/names+records", func(b *testing.B) {
		compare(b, func() {
			_, err := c.FindByTypeAndPlatform(CpuLlm, Current())
			require.NoError(b, err)
		}, func() {
			readNames(b, c)
			for _, folder := range records {
				readRecord(b, c, folder)
			}
		})
	})
}

// BenchmarkChange holds adding, replacing and removing among many entries against the same among few.
func BenchmarkChange(b *testing.B) {
	big, small := fill(b, many), fill(b, few)
	for name, change := range map[string]func(*testing.B, *WorkerCatalog){
		"add+remove": func(b *testing.B, c *WorkerCatalog) {
			w := worker(c, "2.0.0")
			require.NoError(b, c.Add(b.Context(), w))
			require.NoError(b, c.Remove(b.Context(), w.ID, LockOptions{}))
		},
		"commit+remove": func(b *testing.B, c *WorkerCatalog) {
			w := worker(c, "2.0.0")
			require.NoError(b, c.replaceBy(w))
			require.NoError(b, c.replaceBy(w))
			require.NoError(b, c.Remove(b.Context(), w.ID, LockOptions{}))
		},
	} {
		b.Run(name+"/many/few", func(b *testing.B) {
			compare(b, func() { change(b, big) }, func() { change(b, small) })
		})
	}
}
